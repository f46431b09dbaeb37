package rollout

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/plan"
	"github.com/slipway/slipway/internal/transport"
)

// The way back of a fleet does not wait for a host that was lost while it was activated.
func TestLostHostsGoBackLast(t *testing.T) {
	t.Parallel()
	went := func(host string, cause error) activated {
		a := activated{host: plan.Host{Host: deploy.Host{Name: host}}, switched: true}
		if cause != nil {
			a.err = &deploy.Error{Host: host, Cause: cause}
		}
		return a
	}
	batches := [][]activated{
		{went("web1", nil), went("web2", nil)},
		{went("web3", transport.ErrUnreachable), went("web4", errors.New("exit 1"))},
	}
	var order [][]string
	for _, batch := range backwards(batches) {
		var names []string
		for _, a := range batch {
			names = append(names, a.host.Name)
		}
		order = append(order, names)
	}
	if diff := cmp.Diff([][]string{{"web4"}, {"web1", "web2"}, {"web3"}}, order); diff != "" {
		t.Error(diff)
	}
}
