package activation

import (
	"testing"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/plan"
)

func TestByHand(t *testing.T) {
	t.Parallel()
	host := deploy.Host{DeployPath: "/srv/site", Address: deploy.Address{User: "deploy", Host: "10.0.0.1", Port: 22}}
	other := deploy.Host{DeployPath: "/srv/my site", Address: deploy.Address{User: "deploy", Host: "2001:db8::1", Port: 2222}}
	tests := map[string]struct {
		host deploy.Host
		to   plan.Link
		want string
	}{
		"a release": {
			host, plan.To("20261119-101500-77aa001-02be44"),
			"by hand: `ssh deploy@10.0.0.1 'cd /srv/site && ln -sfn releases/20261119-101500-77aa001-02be44 .slipway/back" +
				" && mv -fT .slipway/back current'`, then restart and check it",
		},
		"nothing, with a port": {
			other,
			plan.Link{},
			"by hand: `ssh -p 2222 deploy@2001:db8::1 'cd '\"'\"'/srv/my site'\"'\"' && rm current'`, then restart and check it",
		},
	}
	for name, test := range tests {
		if got := ByHand(test.host, test.to); got != test.want {
			t.Errorf("%s:\n got %s\nwant %s", name, got, test.want)
		}
	}
}
