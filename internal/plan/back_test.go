package plan_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway/slipway/internal/deploy"
)

// A rollback takes back what went live after its target, and names where else it may go; a release that failed its checks is neither.
func TestBetween(t *testing.T) {
	t.Parallel()
	type releases = []deploy.ReleaseID
	bad := verified(v2)
	bad.Bad = true
	for _, c := range []struct {
		command, to      string
		second           deploy.ReleaseFacts
		between, instead releases
	}{
		{command: "rollback", second: verified(v2), between: releases{v3}, instead: releases{v1}},
		{command: "rollback", to: string(v1), second: verified(v2), between: releases{v3, v2}, instead: releases{v2}},
		{command: "rollback", second: bad, between: releases{v3, v2}},
		{command: "deploy", second: verified(v2)},
	} {
		cfg := shop()
		cfg.To = c.to
		p, facts := keeping(t, cfg, c.command, verified(v1), c.second, verified(v3))
		s, view := p.Against(facts, nil)
		if s == nil {
			t.Fatal(view.Refusals)
		}
		if diff := cmp.Diff([]releases{c.between, c.instead}, []releases{view.Back.Over, view.Back.Instead}); diff != "" {
			t.Errorf("%s to %q: %s", c.command, c.to, diff)
		}
	}
}
