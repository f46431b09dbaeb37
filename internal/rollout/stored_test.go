package rollout

import (
	"maps"
	"strings"
	"testing"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/plan"
	"github.com/slipway/slipway/internal/release/activate"
)

// A block of another host becomes a host's own where its checks say nothing that was the other one's alone.
func TestMovedTo(t *testing.T) {
	t.Parallel()
	vars := func(host, path string) map[string]string {
		return map[string]string{"SLIPWAY_HOST": host, "SLIPWAY_DEPLOY_PATH": path, "SLIPWAY_RELEASE": "r1", "PORT": "8001"}
	}
	for url, names := range map[string]string{
		"http://127.0.0.1:8001/healthz": "", "http://web1.example.com/": "web1", "http://web10/": "", "http://my-web1/": "", "http://127.0.0.1/?path=/srv/one": "/srv/one",
	} {
		theirs := vars("web1", "/srv/one")
		block := activate.Block{Activation: deploy.Activation{Verify: []deploy.Check{{Name: "Health", HTTP: &deploy.HTTPCheck{URL: url}}}}, Vars: theirs}
		err := movedTo(&block, plan.Host{Host: deploy.Host{Name: "web2"}, Like: "web1"}, map[string]string{"SLIPWAY_HOST": "web2", "SLIPWAY_DEPLOY_PATH": "/srv/two", "SLIPWAY_RELEASE": "r2", "PORT": "9"})
		switch {
		case names != "" && (err == nil || !strings.Contains(err.Error(), "went live with on web1 name "+names)):
			t.Errorf("%s: %v", url, err)
		case names == "" && (err != nil || !maps.Equal(block.Vars, vars("web2", "/srv/two"))):
			t.Errorf("%s: %v, %v", url, err, block.Vars)
		}
		if !maps.Equal(theirs, vars("web1", "/srv/one")) {
			t.Error("the other host's block was changed")
		}
	}
}
