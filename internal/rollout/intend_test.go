package rollout_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/slipway/slipway/internal/deploy"
)

// half is a deployment that fails in migrate and ends while it writes down what is to be undone: the journal of a host cannot be written.
// mend makes it writable again.
func (f *fleet) half(host string) (result deploy.Result, mend func()) {
	f.t.Helper()
	quiet := undoable("Quiet", `test "$SLIPWAY_HOST" != `+host+` || mkdir "$SLIPWAY_DEPLOY_PATH/.slipway/deployments/$SLIPWAY_DEPLOYMENT/activation.jsonl" || true`)
	quiet.Once = false
	f.cfg.Migrate = number(quiet, undoable("Migrate", "false"))
	result, _ = f.deploy(f.t.Context(), good)
	wantEnd(f.t, result, deploy.ExitPerson, deploy.OutcomePerson)
	return result, func() {
		if err := os.Remove(filepath.Join(f.path(host), ".slipway/deployments", string(result.Deployment), "activation.jsonl")); err != nil {
			f.t.Fatal(err)
		}
	}
}

// What is to be undone is known to all hosts or to none: where the run ended in between, who goes on with it tells the others first.
func TestUndoThatSomeHostsDoNotKnowOf(t *testing.T) {
	t.Parallel()
	for host, rerun := range map[string]bool{"web2": false, "web1": true} {
		t.Run(host, func(t *testing.T) {
			t.Parallel()
			testUndoThatSomeDoNotKnowOf(t, rerun, host)
		})
	}
}

// testUndoThatSomeDoNotKnowOf: the journal of one host could not be written. The re-run goes on, or else the next deployment.
func testUndoThatSomeDoNotKnowOf(t *testing.T, rerun bool, host string) {
	t.Helper()
	f := newFleet(t, 2)
	failed, mend := f.half(host)
	f.wantWritten("web1", "do:Quiet", "do:Migrate")
	f.wantWritten("web2", "do:Quiet")
	if want := "nothing is undone yet, since that could not be written down: Migrate (on web1), Quiet (on web1, web2)"; !slices.Contains(failed.Warnings, want) {
		t.Errorf("warnings: %q", failed.Warnings)
	}
	mend()
	web1, web2 := []string{"undo:Migrate", "undo:Quiet", "restart"}, []string{"undo:Quiet", "restart"}
	if rerun {
		f.cfg.Migrate = f.cfg.Migrate[:1]
		web1, web2 = slices.Insert(web1, 2, "do:Quiet"), slices.Insert(web2, 1, "do:Quiet")
		f.again(2)
	} else {
		f.cfg.Migrate = nil
	}
	after, _ := f.deploy(t.Context(), good)
	wantEnd(t, after, deploy.ExitDone, deploy.OutcomeActivated)
	f.wantWritten("web1", web1...)
	f.wantWritten("web2", web2...)
	f.cfg.Migrate = nil
	third, _ := f.deploy(t.Context(), good)
	wantEnd(t, third, deploy.ExitDone, deploy.OutcomeActivated)
}

// Before a host has its part, nothing is undone on the others, also where that host is not asked. One that has left the deploy file is
// not waited for.
func TestUndoWaitsForHostsThatDoNotKnowOfIt(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 2)
	_, mend := f.half("web2")
	mend()
	f.written("web1")
	f.cfg.Migrate = nil
	all := f.cfg.Hosts
	f.cfg.Hosts, f.cfg.Unlimited = all[:1], all
	limited, _ := f.deploy(t.Context(), good)
	wantEnd(t, limited, deploy.ExitPerson, deploy.OutcomePerson)
	f.wantWritten("web1")
	if text := deploy.Errors(limited.Errors).Error(); !strings.Contains(text, "web2: Quiet: it is to be undone there, which is not written down yet") {
		t.Error(text)
	}
	f.cfg.Unlimited = nil // web2 has left the deploy file
	after, _ := f.deploy(t.Context(), good)
	wantEnd(t, after, deploy.ExitDone, deploy.OutcomeActivated)
	f.wantWritten("web1", "undo:Migrate", "undo:Quiet", "restart")
}

// A host that has its part does not know who else has one. Where it was never said that all do, the host is waited for that knows.
func TestUndoWaitsForTheHostThatKnowsOfAll(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 3)
	_, mend := f.half("web2")
	mend()
	f.written("web1")
	f.written("web3")
	f.cfg.Migrate = nil
	all := f.cfg.Hosts
	f.cfg.Hosts, f.cfg.Unlimited = all[2:], all
	limited, _ := f.deploy(t.Context(), good)
	wantEnd(t, limited, deploy.ExitPerson, deploy.OutcomePerson)
	f.wantWritten("web3")
	if text := deploy.Errors(limited.Errors).Error(); !strings.Contains(text, "web1: Quiet: it is to be undone, this host alone knows where else") {
		t.Error(text)
	}
	f.cfg.Hosts, f.cfg.Unlimited = all, nil
	after, _ := f.deploy(t.Context(), good)
	wantEnd(t, after, deploy.ExitDone, deploy.OutcomeActivated)
	f.wantWritten("web1", "undo:Migrate", "undo:Quiet", "restart")
	f.wantWritten("web3", "undo:Quiet", "restart")
}
