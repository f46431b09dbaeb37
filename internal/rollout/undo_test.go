package rollout_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/slipway/slipway/internal/deploy"
	hosts "github.com/slipway/slipway/internal/fleet"
	"github.com/slipway/slipway/internal/release/survey"
	"github.com/slipway/slipway/internal/stepper"
	"github.com/slipway/slipway/internal/transport/pool"
	"github.com/slipway/slipway/internal/transport/ssh"
)

// undoable is a step of migrate that writes into a book what is done, and what is taken back, and asks for its undo.
func undoable(name, then string) deploy.Step {
	s := script(deploy.Migrate, name, `echo "do `+name+`" >> "$SLIPWAY_SHARED_PATH/run/log"; `+then)
	s.Undo = `echo "undo ` + name + `" >> "$SLIPWAY_SHARED_PATH/run/log"`
	s.Once, s.UndoneOnFailure = true, true
	return s
}

// written is what the steps wrote down on a host since it was asked last.
func (f *fleet) written(host string) []string {
	f.t.Helper()
	lines := strings.Fields(strings.ReplaceAll(f.read(host, "shared/run/log"), " ", ":"))
	if err := os.Remove(filepath.Join(f.path(host), "shared/run/log")); err != nil && !os.IsNotExist(err) {
		f.t.Fatal(err)
	}
	return lines
}

func (f *fleet) wantWritten(host string, want ...string) {
	f.t.Helper()
	if diff := cmp.Diff(want, f.written(host), cmpopts.EquateEmpty()); diff != "" {
		f.t.Errorf("%s: %s", host, diff)
	}
}

// triesWith are the files of tries of migrate on a host that a pattern names.
func (f *fleet) triesWith(host, pattern string) (names []string) {
	f.t.Helper()
	found, err := filepath.Glob(filepath.Join(f.path(host), ".slipway/deployments/*/steps/migrate-*", pattern))
	if err != nil {
		f.t.Fatal(err)
	}
	for _, path := range found {
		name, _ := filepath.Rel(filepath.Join(f.path(host), ".slipway/deployments"), path)
		_, name, _ = strings.Cut(name, "/steps/")
		names = append(names, name)
	}
	return names
}

// A failure in migrate takes back what asks for it, in reverse order, on the hosts on which it ran; the re-run does that again, and
// keeps the rest.
func TestUndoAfterMigrateFailed(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 2)
	first, _ := f.deploy(t.Context(), good)
	quiet := undoable("Quiet", "true")
	quiet.Once = false
	backUp := undoable("BackUp", "true")
	backUp.UndoneOnFailure = false
	migrate := undoable("Migrate", `test -e "$SLIPWAY_SHARED_PATH/run/mended"`)
	migrate.Undo += `; echo "$SLIPWAY_FAILED_PHASE/$SLIPWAY_FAILED_STEP/$SLIPWAY_FAILED_HOST" >> "$SLIPWAY_SHARED_PATH/run/log"; pwd -P`
	f.cfg.Migrate = number(quiet, backUp, migrate, undoable("Later", "true"))
	f.cfg.OnFailure = number(script(deploy.OnFailure, "Tell", `echo "tell $SLIPWAY_FAILED_STEP" >> "$SLIPWAY_SHARED_PATH/run/log"`))
	f.cfg.OnFailure[0].Always = true
	f.written("web1")
	f.written("web2")

	result, log := f.deploy(t.Context(), next)
	wantEnd(t, result, deploy.ExitMigrate, deploy.OutcomeFailed)
	f.wantCurrent(first.Release)
	f.wantWritten("web1", "do:Quiet", "do:BackUp", "do:Migrate", "undo:Migrate", "migrate/Migrate/web1", "undo:Quiet", "tell:Migrate")
	f.wantWritten("web2", "do:Quiet", "undo:Quiet", "tell:Migrate")
	if diff := cmp.Diff([]string{"BackUp ran and stays as it is; the live code was not switched"}, result.Warnings); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{filepath.Join(f.path("web1"), "releases", string(result.Release))}, log.outputs("Migrate", "web1")); diff != "" {
		t.Errorf("the undo runs elsewhere: %s", diff)
	}
	if diff := cmp.Diff([]string{"migrate-1-quiet/do-1/void", "migrate-3-migrate/do-1/void"}, f.triesWith("web1", "do-*/void")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"migrate: Quiet web1 web2", "migrate: BackUp web1", "migrate: Migrate web1", "undo: Migrate web1", "undo: Quiet web1 web2", "on_failure: Tell web1 web2"}, told(result)); diff != "" {
		t.Error(diff)
	}

	f.touch("web1", "mended")
	again, _ := f.again(2).deploy(t.Context(), next)
	wantEnd(t, again, deploy.ExitDone, deploy.OutcomeActivated)
	f.wantWritten("web1", "do:Quiet", "do:Migrate", "do:Later", "restart")
	f.wantWritten("web2", "do:Quiet", "restart")
	if again.Header.Earlier.Phase != deploy.Migrate {
		t.Errorf("the re-run goes on in %s", again.Header.Earlier.Phase)
	}
}

// told are the steps of a result, less what every deployment does.
func told(r deploy.Result) (steps []string) {
	for _, s := range r.Steps {
		if !slices.Contains([]deploy.Phase{deploy.Preflight, deploy.Prepare, deploy.Finish}, s.Phase) {
			text := string(s.Phase) + ": " + s.Step
			for _, span := range s.Spans {
				text += " " + span.Host
			}
			steps = append(steps, text)
		}
	}
	return steps
}

// A failure in activate takes back what migrate did once every host is back, and not before.
func TestUndoAfterUnwinding(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 2)
	first, _ := f.deploy(t.Context(), good)
	f.cfg.Migrate = number(undoable("Quiet", `echo "slipway-note: 1 applied: shop.0042"`), undoable("Migrate", `echo "slipway-note: 1 applied: shop.0043"`))
	f.cfg.Migrate[1].UndoneOnFailure = false
	f.written("web1")
	result, _ := f.deploy(t.Context(), bad)
	wantEnd(t, result, deploy.ExitUnwound, deploy.OutcomeUnwound)
	f.wantCurrent(first.Release)
	f.wantWritten("web1", "do:Quiet", "do:Migrate", "restart", "restart", "undo:Quiet")
	if diff := cmp.Diff([]string{"shop.0043 stays applied; old code runs on the new schema"}, result.Warnings); diff != "" {
		t.Error(diff)
	}
	// A re-run that keeps what was done takes it back as well.
	f.cfg.Migrate[1].UndoneOnFailure = true
	again, _ := f.again(2).deploy(t.Context(), bad)
	wantEnd(t, again, deploy.ExitUnwound, deploy.OutcomeUnwound)
	f.wantWritten("web1", "do:Quiet", "restart", "restart", "undo:Migrate", "undo:Quiet")
	if len(again.Warnings) != 0 {
		t.Errorf("warnings: %q", again.Warnings)
	}
}

// While a host may run the new code nothing is taken back from below it.
func TestNoUndoWhereUnwindingFails(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 2)
	f.cfg.Activation[""].Restart[0].Run = `test ! -e "$SLIPWAY_SHARED_PATH/run/stuck"`
	first, _ := f.deploy(t.Context(), good)
	wantEnd(t, first, deploy.ExitDone, deploy.OutcomeActivated)
	f.cfg.Activation[""].Restart[0].Run = `test "$SLIPWAY_HOST" = web1 || touch "$SLIPWAY_SHARED_PATH/run/stuck"`
	f.cfg.Migrate = number(undoable("Quiet", "true"))
	result, _ := f.deploy(t.Context(), bad)
	wantEnd(t, result, deploy.ExitPerson, deploy.OutcomePerson)
	f.wantWritten("web1", "do:Quiet")
	if !slices.ContainsFunc(result.Warnings, func(w string) bool {
		return strings.HasPrefix(w, "not undone: Quiet (on web1), since old and new code may both run: web2 could not be brought back")
	}) {
		t.Errorf("warnings: %q", result.Warnings)
	}
}

// An undo that fails needs a person, and the steps before it stay until it is decided. The next deployment does nothing until then, and
// afterwards goes on with the undo before anything else.
func TestUndoThatFails(t *testing.T) {
	t.Parallel()
	for _, decision := range []string{"done", "idempotent"} {
		t.Run(decision, func(t *testing.T) {
			t.Parallel()
			testUndoThatFails(t, decision)
		})
	}
}

// testUndoThatFails: a person decides, or the undo is idempotent and nobody has to.
func testUndoThatFails(t *testing.T, decision string) {
	t.Helper()
	f := newFleet(t, 2)
	migrate := undoable("Migrate", "false")
	migrate.Undo += `; test -e "$SLIPWAY_SHARED_PATH/run/mended"`
	migrate.Idempotent = decision == "idempotent"
	f.cfg.Migrate = number(undoable("Quiet", "true"), migrate)
	result, _ := f.deploy(t.Context(), good)
	wantEnd(t, result, deploy.ExitPerson, deploy.OutcomePerson)
	f.wantWritten("web1", "do:Quiet", "do:Migrate", "undo:Migrate")
	last := result.Errors[len(result.Errors)-1]
	command := "slipway resolve --deployment " + string(result.Deployment) + ` --host web1 --step "undo Migrate"`
	if last.Phase != deploy.Undo || last.Step != "Migrate" || !strings.Contains(last.Hint, command+" done") {
		t.Errorf("%+v", last)
	}
	if !slices.Contains(result.Warnings, "not undone yet: Quiet (on web1), since the undo of Migrate comes first") {
		t.Errorf("warnings: %q", result.Warnings)
	}

	f.touch("web1", "mended")
	f.cfg.Migrate = nil
	if decision != "idempotent" {
		refused, _ := f.deploy(t.Context(), good)
		wantEnd(t, refused, deploy.ExitPerson, deploy.OutcomePerson)
		f.wantWritten("web1")
		if len(refused.Errors) != 1 || !strings.Contains(refused.Errors[0].Hint, command+" done") {
			t.Errorf("%v", refused.Errors)
		}
		f.decide("web1", result.Deployment, "undo Migrate", decision)
	}
	after, _ := f.deploy(t.Context(), good)
	wantEnd(t, after, deploy.ExitDone, deploy.OutcomeActivated)
	want := []string{"undo:Quiet", "restart"}
	if decision != "done" {
		want = slices.Insert(want, 0, "undo:Migrate")
	}
	f.wantWritten("web1", want...)
	if !slices.ContainsFunc(after.Warnings, func(w string) bool { return strings.Contains(w, "died half way: undone: Migrate, Quiet") }) {
		t.Errorf("warnings: %q", after.Warnings)
	}
	third, _ := f.deploy(t.Context(), good)
	wantEnd(t, third, deploy.ExitDone, deploy.OutcomeActivated)
	f.wantWritten("web1", "restart")
}

// decide is what `slipway resolve` does.
func (f *fleet) decide(host string, id deploy.DeploymentID, step, decision string) {
	f.t.Helper()
	dialer, err := ssh.NewDialer(ssh.Config{Key: f.key, KnownHosts: strings.Join(f.known, "\n")})
	if err != nil {
		f.t.Fatal(err)
	}
	defer func() { _ = dialer.Close() }()
	crew := hosts.Gather(f.t.Context(), pool.New(dialer, 0), f.cfg.Hosts, survey.Question{Deployment: id}, nil)
	defer func() { _ = crew.Close() }()
	if _, err := stepper.Decide(f.t.Context(), crew, host, id, step, decision); err != nil {
		f.t.Fatal(err)
	}
}

// finished deploys a release to all hosts, one after the other, whose step of finish fails: a re-run finds it live everywhere.
func (f *fleet) finished(files map[string]string) deploy.Result {
	f.t.Helper()
	f.cfg.Rollout.Batch.Count = 1
	f.cfg.Finish = number(script(deploy.Finish, "Warm up", "false"))
	result, _ := f.deploy(f.t.Context(), files)
	wantEnd(f.t, result, deploy.ExitFinish, deploy.OutcomeActivated)
	f.cfg.Finish = nil
	return result
}

// A re-run that fails in activate brings back the hosts, too, that an earlier attempt switched and it did not come to; only then it undoes.
func TestUndoWaitsForHostsOfAnEarlierAttempt(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 2)
	first, _ := f.deploy(t.Context(), good)
	f.cfg.Migrate = number(undoable("Quiet", "true"))
	f.cfg.Activation[""].Verify[0].Run.Run = `test ! -e "$SLIPWAY_SHARED_PATH/run/sick"`
	f.finished(next)
	f.written("web1")
	f.written("web2")
	f.touch("web1", "sick")
	again, _ := f.again(2).deploy(t.Context(), next)
	wantEnd(t, again, deploy.ExitUnwound, deploy.OutcomeUnwound)
	f.wantCurrent(first.Release)
	f.wantWritten("web1", "restart", "restart", "undo:Quiet")
	f.wantWritten("web2", "restart")
}

// A re-run that fails in migrate takes nothing back from below the code that an earlier attempt switched to.
func TestNoUndoBelowAnEarlierAttempt(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 2)
	f.cfg.Migrate = number(undoable("Quiet", "true"))
	live := f.finished(good)
	f.written("web1")
	f.cfg.Migrate = number(undoable("Quiet", "true"), script(deploy.Migrate, "Look", "false"))
	again, _ := f.again(2).deploy(t.Context(), good)
	wantEnd(t, again, deploy.ExitMigrate, deploy.OutcomeFailed)
	f.wantCurrent(live.Release)
	f.wantWritten("web1")
	if want := "not undone: Quiet (on web1), since an earlier attempt switched web1, web2 to the new code"; !slices.Contains(again.Warnings, want) {
		t.Errorf("warnings: %q", again.Warnings)
	}
}
