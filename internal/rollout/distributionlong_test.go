//go:build long

package rollout_test

import (
	"testing"

	"github.com/slipway/slipway/internal/deploy"
)

// A host that joins gets what the others have, and nothing is made again: not even where it is the one that would make it.
func TestProducedFilesAreThereForWhoJoins(t *testing.T) {
	t.Parallel()
	for name, primary := range map[string]string{"a receiver": "web1", "the primary": "web3"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFleet(t, 2)
			f.cfg.Prepare = number(collect(f, ""), script(deploy.Prepare, "Use", `cp static/big used`))
			result, _ := f.deploy(t.Context(), good)
			wantEnd(t, result, deploy.ExitDone, deploy.OutcomeActivated)
			f.add("web3", f.authorized).Primary = primary == "web3"
			joined, _ := f.join(t.Context(), good)
			wantEnd(t, joined, deploy.ExitDone, deploy.OutcomeActivated)
			f.wantCurrent(result.Release)
			f.wantAlike("static/css/main.css", "static/link", "static/big", "used")
			f.wantSpans(joined, "Collect", "web3 succeeded from web1")
			if made := f.made(); made != "web1 made" {
				t.Errorf("made on the hosts: %s", made)
			}
		})
	}
}

// Only hosts of the step's roles get it, and the pinned primary goes on being the one that gives it.
func TestProducedFilesGoToTheirRoles(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 3)
	f.cfg.Hosts[0].Roles = []string{"worker"}
	step := collect(f, "")
	step.Roles = []string{"web"}
	f.cfg.Prepare = number(step)
	result, _ := f.deploy(t.Context(), good)
	wantEnd(t, result, deploy.ExitDone, deploy.OutcomeActivated)
	f.wantSpans(result, "Collect", "web2 succeeded", "web3 succeeded from web2")
	if f.read("web1", "current/static/big") != "" {
		t.Error("a host without the role has the files")
	}
	f.cfg.Hosts[2].Primary = true
	f.cfg.Hosts[2].DeployPath += "-new"
	again, _ := f.again(2).deploy(t.Context(), good)
	wantEnd(t, again, deploy.ExitDone, deploy.OutcomeActivated)
	f.wantSpans(again, "Collect", "web2 succeeded kept", "web3 succeeded from web2")
}
