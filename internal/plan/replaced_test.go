package plan_test

import (
	"testing"

	"github.com/slipway/slipway/internal/deploy"
)

// What a deployment replaces is what its first host that ran a release ran before it, with the commit that the history knows, else the
// release's ID.
func TestReplaced(t *testing.T) {
	t.Parallel()
	const commit = "1a2b3c4d5e6f7a8b9c0d1e2f3a4b5c6d7e8f9a0b"
	for _, known := range []bool{true, false} {
		p, facts := keeping(t, shop(), "deploy", verified(v2), verified(v3))
		want := deploy.Replaced{Release: v3, Commit: v3.Revision()}
		if known {
			want.Commit = commit
			for name, f := range facts {
				f.History = append(f.History, deploy.HistoryEntry{Release: v3, Outcome: "activated", Revision: commit})
				facts[name] = f
			}
		}
		s, view := p.Against(facts, nil)
		if s == nil {
			t.Fatal(view.Refusals)
		}
		if s.Replaced != want {
			t.Errorf("%+v, wanted %+v", s.Replaced, want)
		}
	}
	p, _ := keeping(t, shop(), "deploy")
	facts := fleet()
	if s, view := p.Against(facts, nil); s == nil || s.Replaced != (deploy.Replaced{}) {
		t.Errorf("%+v, %v", s, view.Refusals)
	}
}
