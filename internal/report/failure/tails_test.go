package failure

import (
	"testing"

	"github.com/slipway/slipway/internal/deploy"
)

// What went well leaves nothing behind; what failed keeps its last words until the end.
func TestTailsAreDropped(t *testing.T) {
	t.Parallel()
	var tails Tails
	for _, h := range []string{"web1", "web2"} {
		tails.Add(deploy.Output{Phase: deploy.Prepare, Step: "One", Host: h, Line: "words"})
		tails.Add(deploy.Output{Phase: deploy.Activate, Step: "Restart", Host: h, Line: "up"})
	}
	tails.Forget([]deploy.Span{
		{Phase: deploy.Prepare, Step: "One", Host: "web1", Outcome: deploy.Succeeded},
		{Phase: deploy.Prepare, Step: "One", Host: "web2", Outcome: deploy.Failed},
	})
	tails.ForgetHost("web1")
	want := map[tailKey]bool{{deploy.Prepare, "One", "web2"}: true, {deploy.Activate, "Restart", "web2"}: true}
	for key := range tails.lines {
		if !want[key] {
			t.Errorf("left: %+v", key)
		}
		delete(want, key)
	}
	if len(want) > 0 {
		t.Errorf("gone: %+v", want)
	}
}
