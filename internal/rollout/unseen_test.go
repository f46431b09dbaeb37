package rollout_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/sshtest"
)

// when calls do once a file of a host is there, from a goroutine that ends with the test.
func (f *fleet) when(host, name string, do func()) {
	f.t.Helper()
	stop := make(chan struct{})
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			if _, err := os.Stat(filepath.Join(f.path(host), name)); err == nil {
				do()
				return
			}
			select {
			case <-time.After(5 * time.Millisecond):
			case <-stop:
				return
			}
		}
	}()
	f.t.Cleanup(func() {
		close(stop)
		<-done
	})
}

// A host that never comes back as itself while a step runs on it: the step was begun, and may be running still.
func TestStepWhoseHostIsLostForGood(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 1)
	once := counted(deploy.Migrate, "Migrate", untilMended)
	once.Once, once.Retries = true, 3
	f.cfg.Migrate = number(once)
	t.Cleanup(func() { f.touch("web1", "mended") })
	f.when("web1", "shared/run/Migrate", func() { f.impersonate("web1") })
	result, _ := f.deploy(t.Context(), good)
	wantEnd(t, result, deploy.ExitMigrate, deploy.OutcomeFailed)
	span := result.Steps[len(result.Steps)-1].Spans[0]
	if span.Outcome != deploy.Unknown || span.Status != "end not seen" {
		t.Errorf("the step is %s, %q", span.Outcome, span.Status)
	}
	hint := result.Errors[0].Hint
	for _, word := range []string{"reinstalled", "re-run the job"} {
		if !strings.Contains(hint, word) {
			t.Errorf("the hint lacks %q: %s", word, hint)
		}
	}
	if n := f.ran("web1", "Migrate"); n != 1 {
		t.Errorf("migrated %d times", n)
	}
}

// impersonate has another machine answer at a host's address.
func (f *fleet) impersonate(host string) {
	addr, port := f.server[host].Addr()
	_, authorized := sshtest.ClientKey()
	err := f.server[host].Close()
	other, again := sshtest.Start(sshtest.Options{
		Root: f.t.TempDir(), AuthorizedKey: authorized, Listen: addr + ":" + strconv.Itoa(port),
	})
	if err = errors.Join(err, again); err != nil {
		f.t.Error(err)
		return
	}
	f.t.Cleanup(func() { _ = other.Close() })
}

// The kernel kills the keeper of a step and not the step. There are never two of it: the first is ended before it is run again.
func TestStepWhoseWrapperIsKilled(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 1)
	step := script(deploy.Migrate, "Index", `
		state="$SLIPWAY_SHARED_PATH/run"
		if test -e "$state/first"; then
			read -r first < "$state/first"
			echo "second, beside: $(sed 's/.*) //; s/ .*//' "/proc/$first/stat" 2>/dev/null)"
			exit
		fi
		echo $$ > "$state/first.new"; mv "$state/first.new" "$state/first"
		exec sleep 60`)
	step.Idempotent = true
	f.cfg.Migrate = number(step)
	f.when("web1", "shared/run/first", func() { f.killWrapper("web1", "migrate-1-index/do-1") })
	result, log := f.deploy(t.Context(), good)
	wantEnd(t, result, deploy.ExitDone, deploy.OutcomeActivated)
	lines := log.outputs("Index", "web1")
	switch last := lines[len(lines)-1]; last {
	case "second, beside: ", "second, beside: Z", "second, beside: X":
	default:
		t.Errorf("the second try said %q", last)
	}
}

// Where the deploy file says that a step of prepare may not run twice, it does not, though nothing live is touched.
func TestPrepareStepThatMayNotRunTwice(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 1)
	f.cfg.Prepare = number(counted(deploy.Prepare, "Register", "exec sleep 60"))
	f.cfg.Prepare[0].Idempotent = false
	f.when("web1", "shared/run/Register", func() { f.killWrapper("web1", "prepare-1-register/do-1") })
	result, _ := f.deploy(t.Context(), good)
	wantEnd(t, result, deploy.ExitPerson, deploy.OutcomePerson)
	command := fmt.Sprintf("slipway resolve --deployment %s --host web1 --step \"Register\" done", result.Deployment)
	if next := result.Next; next.Command != command || !strings.Contains(next.Text, "Re-run failed jobs") || strings.Contains(result.Errors[0].Hint, "slipway") {
		t.Errorf("next is %q, the hint %q", next, result.Errors[0].Hint)
	}
	if n := f.ran("web1", "Register"); n != 1 {
		t.Errorf("it ran %d times", n)
	}
}

// A check that was killed has answered nothing.
func TestCheckThatCannotAsk(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 1)
	step := counted(deploy.Migrate, "Charge", "exec sleep 60")
	step.Check, step.Retries = "kill $$", 1
	f.cfg.Migrate = number(step)
	f.when("web1", "shared/run/Charge", func() { f.killWrapper("web1", "migrate-1-charge/do-1") })
	result, _ := f.deploy(t.Context(), good)
	wantEnd(t, result, deploy.ExitPerson, deploy.OutcomePerson)
	if n := f.ran("web1", "Charge"); n != 1 {
		t.Errorf("it ran %d times", n)
	}
}

// killWrapper kills the wrapper of a running try, and nothing else.
func (f *fleet) killWrapper(host, try string) {
	found, err := filepath.Glob(filepath.Join(f.path(host), ".slipway/deployments/*/steps", try, "pid"))
	if err != nil || len(found) != 1 {
		f.t.Errorf("pid files %v, %v", found, err)
		return
	}
	text, err := os.ReadFile(found[0])
	if err != nil {
		f.t.Error(err)
		return
	}
	pid, err := strconv.Atoi(strings.Fields(string(text))[2])
	if err == nil {
		err = syscall.Kill(pid, syscall.SIGKILL)
	}
	if err != nil {
		f.t.Error(err)
	}
}
