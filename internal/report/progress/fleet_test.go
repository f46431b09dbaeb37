package progress

import (
	"slices"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/deploy"
)

// Once every host is through, the fleet alone is under way: a balancer has no turn of its own that could end.
func TestFleetHasItsTurn(t *testing.T) {
	t.Parallel()
	tracker := New(func() time.Time { return time.Unix(0, 0) })
	tracker.Enter(deploy.Activate, []string{"web1", "lb1"})
	tracker.HostOver(deploy.Activate, "web1")
	tracker.Start(deploy.StepStarted{Phase: deploy.Activate, Hosts: []string{deploy.FleetName}})
	if steps := tracker.Steps(); len(steps) != 1 || !slices.Equal(steps[0].Hosts, []string{deploy.FleetName}) {
		t.Errorf("%+v", steps)
	}
	tracker.HostOver(deploy.Activate, deploy.FleetName)
	if steps := tracker.Steps(); len(steps) != 0 {
		t.Errorf("%+v", steps)
	}
}
