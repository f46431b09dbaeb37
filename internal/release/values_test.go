package release_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/release"
	"github.com/slipway/slipway/internal/release/activate"
	"github.com/slipway/slipway/internal/release/hold"
	"github.com/slipway/slipway/internal/release/journal"
	"github.com/slipway/slipway/internal/release/lock"
	"github.com/slipway/slipway/internal/release/prune"
	"github.com/slipway/slipway/internal/release/stage"
	"github.com/slipway/slipway/internal/release/step"
	"github.com/slipway/slipway/internal/release/survey"
	"github.com/slipway/slipway/internal/secret"
)

// Operations are made without a host: what they will send is known then.
func TestOperationsAsValues(t *testing.T) {
	t.Parallel()
	site := release.Site{Root: "/srv/shop", Umask: "002"}
	const (
		id = deploy.ReleaseID("20261121-073000-1a2b3c4-9f3c51")
		of = deploy.DeploymentID("412-deploy-abc")
	)
	inst := step.Instance{Deployment: of, Release: id, Try: 2, Step: deploy.Step{Phase: deploy.Migrate, Number: 1, Name: "Migrate"}}
	links := stage.Links{
		Dirs: []string{"media"}, Files: []string{"etc/local.ini"}, Secrets: map[string]secret.Secret{".env": secret.New("A=1")},
	}
	for name, c := range map[string]struct {
		op   release.Operation
		args []string
		once bool
	}{
		"unhold":       {op: hold.Clear(site), args: []string{"/srv/shop"}},
		"end journal":  {op: journal.End(site, of, "activated", nil), args: []string{"/srv/shop", string(of), "activated", release.Unique, ""}},
		"mark":         {op: activate.Mark(site, id, "bad"), args: []string{"/srv/shop", string(id), "bad"}},
		"prune":        {op: prune.Prune(site, []deploy.ReleaseID{id}, "sudo rm -rf --", new(prune.Result)), args: []string{"/srv/shop", "sudo rm -rf --", string(id)}},
		"unlock":       {op: lock.Release(site, 3), args: []string{"/srv/shop", "3"}},
		"read lock":    {op: lock.Read(site, new(deploy.LockState)), args: []string{"/srv/shop"}},
		"stop Migrate": {op: step.Stop(site, inst), args: []string{"/srv/shop", inst.Folder()}},
		"resolve":      {op: step.Resolve(site, inst, "done"), args: []string{"/srv/shop", inst.Folder(), "done"}},
		"lock": {
			op: lock.Take(site, deploy.LockState{Generation: 2}, deploy.LockOwner{Token: "t"}, new(lock.Taken)), once: true,
			args: []string{"/srv/shop", release.Unique, "2", `{"token":"t"}`, release.Unique, "", "002"},
		},
		"open journal": {
			op:   journal.Open(site, of, []byte("{}"), deploy.Owner{App: "shop", Environment: "production"}),
			args: []string{"/srv/shop", "1", release.Unique, string(of), "{}", "shop production", release.Unique, "002"},
		},
		"link": {
			op: stage.Link(site, id, links),
			args: []string{
				"/srv/shop", string(id), "002", "", "dir", "media", "../../shared/media", ".slipway-new-media",
				"file", "etc/local.ini", "../../../shared/etc/local.ini", "", "secret", ".env", "../../.slipway/secrets/" + string(id) + "/.env", "A=1",
			},
		},
	} {
		if c.op.Name != name || c.op.Script == "" || c.op.Invalid != nil || c.op.Once != c.once {
			t.Errorf("%s is %q, once %v, %v", name, c.op.Name, c.op.Once, c.op.Invalid)
		}
		args := c.op.Args
		if name == "lock" { // less the owner's times and names, which are empty
			args = append([]string{}, args...)
			if args[3] == "" {
				t.Error("the lock has no owner")
			}
			args[3] = c.args[3]
		}
		if diff := cmp.Diff(c.args, args); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	for name, op := range map[string]release.Operation{
		"an odd mark":          activate.Mark(site, id, "splendid"),
		"an odd release":       activate.Mark(site, "../..", "bad"),
		"another target":       activate.Switch(site, activate.Change{Release: id, Target: "releases/other"}),
		"an odd decision":      step.Resolve(site, inst, "perhaps"),
		"a path that leads up": stage.Link(site, id, stage.Links{Dirs: []string{"../x"}}),
	} {
		if op.Invalid == nil || op.Script != "" {
			t.Errorf("%s can be done: %v", name, op.Invalid)
		}
	}
	if survey.Take(site, survey.Question{}, new(deploy.Facts)).Read == nil {
		t.Error("nobody reads what a survey says")
	}
}
