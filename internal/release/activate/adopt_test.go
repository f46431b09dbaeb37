package activate_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/release"
	"github.com/slipway/slipway/internal/release/activate"
	"github.com/slipway/slipway/internal/release/releasetest"
	"github.com/slipway/slipway/internal/release/survey"
)

// Whatever another tool's link looks like, what it leads to becomes a release that is switched to, known by its folder's name, and
// whose files nothing deletes.
func TestAdopt(t *testing.T) {
	const adopted = deploy.ReleaseID("20260101-000000-0000000-abcdef")
	for name, c := range map[string]struct{ current, folder, want string }{
		"Capistrano":              {"$ROOT/releases/20240131120000", "releases/20240131120000", "20240131120000"},
		"Deployer":                {"releases/12", "releases/12", "12"},
		"Ansistrano":              {"./releases/20240131120000Z", "releases/20240131120000Z", "20240131120000Z"},
		"beside releases":         {"it's old", "it's old", "../it's old"},
		"outside":                 {"$HOME/old site", "../../old site", "$HOME/old site"},
		"by a link":               {"live", "releases/3", "3"},
		"a folder in one of ours": {"releases/" + string(first) + "/public", "releases/" + string(first) + "/public", string(first) + "/public"},
	} {
		t.Run(name, func(t *testing.T) {
			releasetest.Either(t, func(t *testing.T, host *releasetest.Host) {
				staged(t, host)
				root, err := filepath.EvalSymlinks(host.Site.Root)
				if err != nil {
					t.Fatal(err)
				}
				expand := func(text string) string {
					return os.Expand(text, func(name string) string {
						return map[string]string{"ROOT": root, "HOME": filepath.Dir(filepath.Dir(root))}[name]
					})
				}
				folder := filepath.Join(root, c.folder)
				write(t, filepath.Join(folder, "version"), "old")
				if c.current == "live" {
					if err := os.Symlink(c.folder, filepath.Join(root, "live")); err != nil {
						t.Fatal(err)
					}
				}
				if err := os.Symlink(expand(c.current), host.Site.Current()); err != nil {
					t.Fatal(err)
				}
				block := activate.Block{Vars: map[string]string{"A": "1"}}
				for range 2 { // also a second time
					if err := release.Run(t.Context(), host, activate.Adopt(host.Site, adopted, block)); err != nil {
						t.Fatal(err)
					}
				}
				if got := link(t, host, "releases/"+string(adopted)); got != expand(c.want) {
					t.Errorf("the release is a link to %q, wanted %q", got, expand(c.want))
				}
				facts, err := releasetest.Survey(t.Context(), host, host.Site, survey.Question{})
				known, _ := facts.Release(adopted)
				if err != nil || !known.Staged || !known.Good() || known.Adopted != filepath.Base(folder) || !known.Live {
					t.Errorf("it is known as %+v, %v", known, err)
				}
				if loaded, err := releasetest.LoadBlock(t.Context(), host, host.Site, adopted); err != nil || loaded.Vars["A"] != "1" {
					t.Errorf("its block is %+v, %v", loaded, err)
				}
				for _, id := range []deploy.ReleaseID{second, adopted} {
					if err := release.Run(t.Context(), host, activate.Switch(host.Site, to(id, ""))); err != nil {
						t.Fatal(err)
					}
				}
				if version, err := os.ReadFile(filepath.Join(host.Site.Current(), "version")); string(version) != "old" {
					t.Errorf("current holds %q, %v", version, err)
				}
				if err := release.Run(t.Context(), host, activate.Switch(host.Site, to(second, ""))); err != nil {
					t.Fatal(err)
				}
				if _, err := releasetest.Prune(t.Context(), host, host.Site, []deploy.ReleaseID{adopted}); err != nil || link(t, host, "releases/"+string(adopted)) == "" {
					t.Errorf("a way back was pruned, %v", err)
				}
				if _, err := os.Stat(filepath.Join(folder, "version")); err != nil {
					t.Error(err)
				}
				removed, err := releasetest.Prune(t.Context(), host, host.Site, nil)
				if err != nil || link(t, host, "releases/"+string(adopted)) != "" || len(removed) == 0 {
					t.Errorf("pruned %q, %v", removed, err)
				}
				if _, err := os.Stat(filepath.Join(folder, "version")); err != nil && c.current != "releases/"+string(first)+"/public" {
					t.Errorf("another tool's files went with it: %v", err)
				}
			})
		})
	}
}

// Where current leads to no folder there is nothing to adopt.
func TestAdoptNothing(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		staged(t, host)
		if err := os.Symlink("releases/gone", host.Site.Current()); err != nil {
			t.Fatal(err)
		}
		const adopted = deploy.ReleaseID("20260101-000000-0000000-abcdef")
		if err := release.Run(t.Context(), host, activate.Adopt(host.Site, adopted, activate.Block{})); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Lstat(host.Site.Release(adopted)); err == nil {
			t.Error("a release leads nowhere")
		}
	})
}
