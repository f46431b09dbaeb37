package failure

import (
	"testing"

	"github.com/slipway/slipway/internal/deploy"
)

// The fleet's own check is asked once, so its failure is counted against no hosts.
func TestTitle(t *testing.T) {
	t.Parallel()
	for want, f := range map[string]Failure{
		"verify Site failed on fleet":           {Step: "verify Site", Hosts: []string{deploy.FleetName}, Of: 3},
		"verify Content failed on web1":         {Step: "verify Content", Hosts: []string{"web1"}, Of: 1},
		"unwind: Start failed on web1 (1 of 3)": {Phase: deploy.Unwind, Step: "Start", Hosts: []string{"web1"}, Of: 3},
	} {
		if got := f.Title(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
