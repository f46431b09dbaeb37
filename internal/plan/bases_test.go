package plan_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway/slipway/internal/config"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/plan"
)

// A release may be made of what is live, and of the newest others that are whole and stay.
func TestBases(t *testing.T) {
	t.Parallel()
	release := func(id deploy.ReleaseID, change func(*deploy.ReleaseFacts)) deploy.ReleaseFacts {
		r := deploy.ReleaseFacts{ID: id, Staged: true, Verified: true, Content: "c"}
		if change != nil {
			change(&r)
		}
		return r
	}
	facts := deploy.Facts{CurrentID: v1, FreeBytes: -1, FreeInodes: -1, Releases: []deploy.ReleaseFacts{
		release(v1, nil), release(v2, nil), release(v3, func(r *deploy.ReleaseFacts) { r.Verified = false }),
		release("20261031-000000-0000007-000007", func(r *deploy.ReleaseFacts) { r.Bad = true }),
		release("20261031-000000-0000008-000008", func(r *deploy.ReleaseFacts) { r.Staged = false }),
		release("20261031-000000-0000009-000009", func(r *deploy.ReleaseFacts) { r.Content = "" }),
		release("20261031-000000-000000a-00000a", func(r *deploy.ReleaseFacts) { r.Adopted = "old" }),
		release("20261031-000000-000000b-00000b", func(r *deploy.ReleaseFacts) { r.Verified, r.Failed = false, true }),
		release(f1, nil), release(f2, nil), release(f3, nil),
	}}
	s := &plan.Schedule{Plan: &plan.Plan{Header: deploy.Header{Release: f3}, KeepReleases: 9}, Hosts: []plan.Host{{Facts: facts}}}
	ids := func() (ids []deploy.ReleaseID) {
		for _, r := range s.Bases(s.Hosts[0]) {
			ids = append(ids, r.ID)
		}
		return ids
	}
	if diff := cmp.Diff([]deploy.ReleaseID{v1, f2, f1, v3}, ids()); diff != "" {
		t.Error(diff)
	}
	s.KeepReleases = 1 // the others are deleted before the release is brought
	if diff := cmp.Diff([]deploy.ReleaseID{v1, v3}, ids()); diff != "" {
		t.Error(diff)
	}
}

func TestLinked(t *testing.T) {
	t.Parallel()
	s := &plan.Schedule{Plan: &plan.Plan{SharedDirs: []string{"media"}, SharedFiles: []string{"etc/local.ini"}, SecretFiles: []config.SecretFile{{Path: ".env"}}}}
	for path, want := range map[string]bool{"media": true, "media/a/b": true, "mediatheque": false, "etc": false, "etc/local.ini": true, ".env": true, ".env.example": false} {
		if s.Linked(path) != want {
			t.Errorf("%s: %v", path, !want)
		}
	}
}
