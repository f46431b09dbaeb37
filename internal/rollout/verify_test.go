package rollout_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/sshtest/loopback"
)

// stopSite ends what a restart started, whose process group is that of the pid in the file.
func stopSite(t *testing.T, file string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		return
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil || pid <= 1 {
		t.Errorf("pid %q", text)
		return
	}
	if err := syscall.Kill(-pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
		t.Error(err)
	}
}

// asks makes a check the only one of the fleet; it is asked often.
func (f *fleet) asks(c deploy.Check) {
	c.Name, c.Interval, c.Successes = "Health", 20*time.Millisecond, max(1, c.Successes)
	if c.Within == 0 {
		c.Within = 400 * time.Millisecond
	}
	usual := f.cfg.Activation[""]
	usual.Verify = []deploy.Check{c}
	f.cfg.Activation[""] = usual
}

// restarts makes a script the only restart.
func (f *fleet) restarts(run string) { f.cfg.Activation[""].Restart[0].Run = run }

func (f *fleet) stableFor(d time.Duration) {
	usual := f.cfg.Activation[""]
	usual.StableFor = d
	f.cfg.Activation[""] = usual
}

// workers is a site in this process with workers that serve the releases they are told; each connection meets the next one.
type workers struct {
	*httptest.Server
	asked   atomic.Int64
	release []atomic.Pointer[string]
}

func newWorkers(t *testing.T, n int) *workers {
	t.Helper()
	w := &workers{release: make([]atomic.Pointer[string], n)}
	w.Server = httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, _ *http.Request) {
		if id := w.release[int(w.asked.Add(1))%n].Load(); id != nil {
			out.Header().Set("X-Release", *id)
			_, _ = fmt.Fprintf(out, "shop %s\n", *id)
		}
	}))
	t.Cleanup(w.Close)
	return w
}

// serve lets workers, counted from the first, serve what a host's current names.
func (w *workers) serve(f *fleet, n int) {
	id := strings.TrimPrefix(f.current("web1"), "releases/")
	for i := range n {
		w.release[i].Store(&id)
	}
}

// reload is a restart that tells the workers, as many as answer to it, to serve the new release.
func (w *workers) reload(t *testing.T, f *fleet, n int) string {
	t.Helper()
	reload := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { w.serve(f, n) }))
	t.Cleanup(reload.Close)
	address, port, err := net.SplitHostPort(reload.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("bash -c 'exec 3<>/dev/tcp/%s/%s; printf \"GET / HTTP/1.0\\r\\n\\r\\n\" >&3; cat <&3 >/dev/null'", address, port)
}

// A worker that the restart left behind fails the release; what it answered is told. The kinds of demand are healthcheck's tests'.
func TestOldWorkersAreNoSuccess(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 1)
	site := newWorkers(t, 2)
	f.asks(deploy.Check{
		Successes: 3, Within: 2 * time.Second,
		HTTP: &deploy.HTTPCheck{URL: site.URL + "/?token=s3cr3t", Header: []string{"X-Release: ${SLIPWAY_RELEASE}"}},
	})
	f.restarts(site.reload(t, f, 2))
	first, _ := f.deploy(t.Context(), good)
	wantEnd(t, first, deploy.ExitDone, deploy.OutcomeActivated)

	f.restarts(site.reload(t, f, 1)) // the other worker goes on
	second, _ := f.deploy(t.Context(), next)
	wantEnd(t, second, deploy.ExitUnwound, deploy.OutcomeUnwound)
	failure := second.Errors[0]
	if !strings.Contains(failure.Cause.Error(), "old release still answers: got ") || !strings.Contains(failure.Hint, "old workers") {
		t.Errorf("%v", failure)
	}
	if !strings.Contains(failure.Cause.Error(), "got X-Release: "+string(first.Release)+", wanted X-Release: "+string(second.Release)) {
		t.Errorf("%v", failure)
	}
	want := fmt.Sprintf("GET %s/ 200 %q", site.URL, "shop "+string(first.Release))
	if len(failure.Tail) != 1 || failure.Tail[0] != want || failure.Times < 2 {
		t.Errorf("tail %q, %d times; wanted %q", failure.Tail, failure.Times, want)
	}
}

func TestFlappingProcess(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 1)
	site := loopback.Free(t).String()
	f.restarts(supervised(t, site))
	f.asks(deploy.Check{Within: 10 * time.Second, HTTP: &deploy.HTTPCheck{URL: "http://" + site, Header: []string{"X-Release: ${SLIPWAY_RELEASE}"}}})
	flaps := map[string]string{"dies": "soon"}
	lucky, _ := f.deploy(t.Context(), flaps)
	wantEnd(t, lucky, deploy.ExitDone, deploy.OutcomeActivated) // asked once, it was up

	f.stableFor(time.Second)
	first, _ := f.deploy(t.Context(), good)
	wantEnd(t, first, deploy.ExitDone, deploy.OutcomeActivated)
	if parts := partNames(first.Parts[0]); parts != "switch restart verify Health stable" {
		t.Errorf("parts: %s", parts)
	}
	if span := first.Parts[0].Spans[3]; span.Duration < time.Second {
		t.Errorf("stable for %s", span.Duration)
	}

	f.stableFor(50 * time.Second)
	second, _ := f.deploy(t.Context(), flaps)
	wantEnd(t, second, deploy.ExitUnwound, deploy.OutcomeUnwound)
	f.wantCurrent(first.Release)
	failure := second.Errors[0]
	if failure.Step != "verify Health" || !strings.HasPrefix(failure.Cause.Error(), "was up after ") ||
		!strings.Contains(failure.Cause.Error(), "s and down again after ") {
		t.Errorf("%v", failure)
	}
	// The way back does not wait: the first release stood its second when it was activated.
	if parts := partNames(second.Parts[1]); parts != "switch restart verify Health" {
		t.Errorf("parts of unwinding: %s", parts)
	}
	if !strings.Contains(f.read("web1", ".slipway/releases/"+string(first.Release)+"/activate.json"), `"StableFor":1000000000`) {
		t.Error("the first release's block does not keep its stable_for")
	}
}

func partNames(done deploy.HostDone) string {
	var names []string
	for _, span := range done.Spans {
		names = append(names, span.Step)
	}
	return strings.Join(names, " ")
}

// A rollback takes the release into service in its own way, and so for its own time.
func TestRollbackIsStable(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 1)
	f.stableFor(100 * time.Millisecond)
	for _, files := range []map[string]string{good, next} {
		result, _ := f.deploy(t.Context(), files)
		wantEnd(t, result, deploy.ExitDone, deploy.OutcomeActivated)
		f.stableFor(0)
	}
	back, _ := f.rollback(t.Context(), "previous")
	wantEnd(t, back, deploy.ExitDone, deploy.OutcomeActivated)
	if parts := partNames(back.Parts[0]); !strings.HasSuffix(parts, "stable") {
		t.Errorf("parts: %s", parts)
	}
}

// A link that drops while the checks soak is no site that went down.
func TestDroppedLinkIsNoFlap(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 1)
	var asked atomic.Int32
	site := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		if asked.Add(1) == 5 {
			f.server["web1"].Cut()
		}
	}))
	t.Cleanup(site.Close)
	f.asks(deploy.Check{HTTP: &deploy.HTTPCheck{URL: site.URL}})
	f.stableFor(2 * time.Second)
	result, _ := f.deploy(t.Context(), good)
	wantEnd(t, result, deploy.ExitDone, deploy.OutcomeActivated)
	if asked.Load() < 6 {
		t.Errorf("asked %d times", asked.Load())
	}
}

// A link that drops while the last check runs hides nothing: what becomes of the host is written down, and current is looked at.
func TestDroppedLinkInTheLastCheck(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		then    string
		exit    int
		outcome deploy.Outcome
	}{
		"alone":                 {":", deploy.ExitDone, deploy.OutcomeActivated},
		"and current is others": {`ln -sfn releases/other "$SLIPWAY_SHARED_PATH/../current"`, deploy.ExitPerson, deploy.OutcomePerson},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFleet(t, 1)
			f.asks(deploy.Check{Within: 30 * time.Second, Run: check(test.then + `; touch "$SLIPWAY_SHARED_PATH/run/asked"; sleep 1`)})
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			go func() {
				tick := time.NewTicker(20 * time.Millisecond)
				defer tick.Stop()
				for ctx.Err() == nil {
					<-tick.C
					if _, err := os.Stat(filepath.Join(f.path("web1"), "shared/run/asked")); err == nil {
						f.server["web1"].Cut()
						return
					}
				}
			}()
			result, _ := f.deploy(t.Context(), good)
			wantEnd(t, result, test.exit, test.outcome)
			if said := f.read("web1", ".slipway/history.jsonl"); strings.Contains(said, `"activated"`) != (test.exit == deploy.ExitDone) {
				t.Errorf("the history says %q", said)
			}
		})
	}
}

// What a check's script leaves in the background is not waited for, and lives on.
func TestCheckLeavesAProcess(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 1)
	f.asks(deploy.Check{Within: time.Second, Run: check(`sleep 300 & echo $! > "$SLIPWAY_SHARED_PATH/run/left"; echo up`)})
	result, _ := f.deploy(t.Context(), good)
	left := strings.TrimSpace(f.read("web1", "shared/run/left"))
	pid, err := strconv.Atoi(left)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Kill(pid, syscall.SIGKILL) })
	wantEnd(t, result, deploy.ExitDone, deploy.OutcomeActivated)
	if _, err := os.Stat("/proc/" + left); err != nil {
		t.Error("what it left is gone")
	}
}

// All checks soak, scripts too: each is asked once more when the time is over, whatever its interval.
func TestScriptsSoak(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 1)
	f.asks(deploy.Check{Run: check(`echo asked >> "$SLIPWAY_SHARED_PATH/run/asked"`), Within: 5 * time.Second})
	usual := f.cfg.Activation[""]
	usual.Verify = append(usual.Verify, deploy.Check{
		Name: "Ping", Within: 5 * time.Second, Interval: time.Minute, Successes: 1,
		Run: check(`if test -e "$SLIPWAY_SHARED_PATH/run/pinged"; then echo gone; exit 3; fi; touch "$SLIPWAY_SHARED_PATH/run/pinged"`),
	})
	f.cfg.Activation[""] = usual
	f.stableFor(300 * time.Millisecond)
	result, _ := f.deploy(t.Context(), good)
	wantEnd(t, result, deploy.ExitUnwound, deploy.OutcomeUnwound)
	failure := result.Errors[0]
	if failure.Step != "verify Ping" || !strings.HasSuffix(failure.Cause.Error(), "s, exit 3") || !slices.Equal(failure.Tail, []string{"gone"}) {
		t.Errorf("%v %q", failure, failure.Tail)
	}
	if asked := strings.Count(f.read("web1", "shared/run/asked"), "asked"); asked < 1 || asked > 2 {
		t.Errorf("the one that passed was asked %d times", asked)
	}
}

// The fleet's check is asked from here, and knows an old release too.
func TestFleetIsAskedFromTheRunner(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 2)
	site := newWorkers(t, 1)
	f.cfg.Fleet = []deploy.Check{{
		Name: "Public", Runner: true, Within: 300 * time.Millisecond, Interval: 20 * time.Millisecond, Successes: 2,
		HTTP: &deploy.HTTPCheck{URL: site.URL, Header: []string{"X-Release: ${SLIPWAY_RELEASE}"}},
	}}
	f.restarts(site.reload(t, f, 1))
	first, _ := f.deploy(t.Context(), good)
	wantEnd(t, first, deploy.ExitDone, deploy.OutcomeActivated)
	f.restarts("true")
	second, _ := f.deploy(t.Context(), next)
	wantEnd(t, second, deploy.ExitUnwound, deploy.OutcomeUnwound)
	if failure := second.Errors[0]; failure.Host != "fleet" || !strings.Contains(failure.Cause.Error(), "old release still answers") {
		t.Errorf("%v", failure)
	}
	f.wantCurrent(first.Release)
}

// A script that hangs is ended with everything it started, when its time is over.
func TestCheckHangs(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 1)
	f.asks(deploy.Check{Within: time.Second, Run: check(`echo $$ > "$SLIPWAY_SHARED_PATH/run/pid"; echo waiting; sleep 300; true`)})
	result, _ := f.deploy(t.Context(), good)
	wantEnd(t, result, deploy.ExitUnwound, deploy.OutcomeUnwound)
	failure := result.Errors[0]
	if failure.Cause.Error() != "1s, timed out after 10s" || !slices.Equal(failure.Tail, []string{"waiting"}) {
		t.Errorf("%v %q", failure, failure.Tail)
	}
	if _, err := os.Stat("/proc/" + strings.TrimSpace(f.read("web1", "shared/run/pid"))); err == nil {
		t.Error("it still runs")
	}
}
