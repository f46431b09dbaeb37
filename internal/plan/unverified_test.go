package plan_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/plan"
)

func TestUnverified(t *testing.T) {
	t.Parallel()
	checks := []deploy.Check{{Name: "Health"}}
	for name, test := range map[string]struct {
		command  string
		fleet    []deploy.Check
		hosts    int
		verified int // of the hosts, the first ones
		where    string
		silent   bool
	}{
		"all verified":       {"deploy", nil, 3, 3, "", false},
		"one is not":         {"deploy", nil, 3, 2, " on web3", true},
		"none is":            {"deploy", nil, 3, 0, "", true},
		"the fleet is":       {"deploy", checks, 3, 0, "", false},
		"a rollback":         {"rollback", nil, 3, 0, "", false},
		"as many as named":   {"deploy", nil, 9, 1, " on web2, web3, web4, web5, web6, web7, web8, web9", true},
		"more than is named": {"deploy", nil, 10, 1, " on 9 of 10 hosts", true},
	} {
		p := &plan.Plan{Header: deploy.Header{Command: test.command}, Fleet: test.fleet, Activations: map[string]deploy.Activation{}}
		var hosts []plan.Host
		for i := range test.hosts {
			h := plan.Host{Host: deploy.Host{Name: fmt.Sprintf("web%d", i+1)}}
			hosts = append(hosts, h)
			if i < test.verified {
				p.Activations[h.Name] = deploy.Activation{Verify: checks}
			}
		}
		got := (&plan.Schedule{Plan: p, Hosts: hosts}).Unverified()
		if (got != "") != test.silent || test.silent && !strings.HasPrefix(got, "nothing verifies this release"+test.where+": ") {
			t.Errorf("%s: %q, wanted %q %v", name, got, test.where, test.silent)
		}
	}
}
