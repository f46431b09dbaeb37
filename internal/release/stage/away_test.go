package stage_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/slipway/slipway/internal/release"
	"github.com/slipway/slipway/internal/release/releasetest"
	"github.com/slipway/slipway/internal/release/stage"
	"github.com/slipway/slipway/internal/secret"
)

// links are one of each kind, also some levels down.
var links = stage.Links{
	Dirs: []string{"media", "var/log/the app"}, Files: []string{"config/local.ini"},
	Secrets: map[string]secret.Secret{".env": secret.New("A=1\n"), "etc/deep/key": secret.New("k")},
}

// Folders of the layout that are links to another place, as to a bigger disk: every link leads where it should, and can be
// read through, by the deploy path and by the place itself.
func TestFoldersElsewhere(t *testing.T) {
	for name, folders := range map[string][]string{
		"releases": {"releases"}, "shared": {"shared"}, ".slipway": {".slipway"}, "all": {"releases", "shared", ".slipway"},
		"the deploy path": {""},
	} {
		t.Run(name, func(t *testing.T) {
			releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
				for _, folder := range folders {
					elsewhere := filepath.Join(host.Home, "disk", "deep", "er", folder)
					put(t, elsewhere+"/.keep", "")
					if err := os.MkdirAll(filepath.Dir(filepath.Join(host.Site.Root, folder)), 0o755); err != nil {
						t.Fatal(err)
					}
					if err := os.Symlink(elsewhere, filepath.Join(host.Site.Root, folder)); err != nil {
						t.Fatal(err)
					}
				}
				uploaded(t, host)
				put(t, host.Site.Shared()+"/config/local.ini", "shared")
				for range 2 {
					if err := release.Run(t.Context(), host, stage.Link(host.Site, releaseID, links)); err != nil {
						t.Fatal(err)
					}
				}
				folder := host.Site.Release(releaseID)
				put(t, folder+"/media/new", "through the link")
				for path, want := range map[string]string{
					folder + "/config/local.ini": "shared", folder + "/.env": "A=1\n", folder + "/etc/deep/key": "k", folder + "/media/logo.png": "png",
					host.Site.Shared() + "/media/new": "through the link",
				} {
					if got := read(t, path); got != want {
						t.Errorf("%s has %q", path, got)
					}
				}
				if text, _ := os.Readlink(folder + "/media"); filepath.IsAbs(text) != strings.Contains(strings.Join(folders, " "), "releases") {
					t.Errorf("the link reads %q", text)
				}
			})
		})
	}
}

// A disk of its own for releases/: what died half way leaves nothing there that could be taken for a release.
func TestReleasesOnAnotherDisk(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		disk := host.SmallDisk(t, 1<<20, 200)
		open(t, host)
		if err := os.Remove(host.Site.Root + "/releases"); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(disk, host.Site.Root+"/releases"); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			uploadedAgain(t, host)
		}
		if err := release.Run(t.Context(), host, stage.Link(host.Site, releaseID, stage.Links{Dirs: []string{"media"}})); err != nil {
			t.Fatal(err)
		}
		if left, _ := filepath.Glob(disk + "/.*"); len(left) > 0 {
			t.Errorf("left behind: %v", left)
		}
		if got := read(t, host.Site.Release(releaseID)+"/media/logo.png"); got != "png" {
			t.Errorf("media has %q", got)
		}
	})
}

func uploadedAgain(t *testing.T, host *releasetest.Host) {
	t.Helper()
	if err := release.Run(t.Context(), host, stage.Upload(host.Site, releaseID, pack(t, "gzip", site, nil), nil)); err != nil {
		t.Fatal(err)
	}
}

// A shared folder whose disk is not mounted is not made anew in its place.
func TestSharedFolderIsAway(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		uploaded(t, host)
		if err := os.Symlink("/nonexistent/disk/media", host.Site.Shared()+"/media"); err != nil {
			t.Fatal(err)
		}
		err := release.Run(t.Context(), host, stage.Link(host.Site, releaseID, stage.Links{Dirs: []string{"media"}}))
		if err == nil || !strings.Contains(err.Error(), "shared/media leads to /nonexistent/disk/media, which is not there (is the disk there") {
			t.Errorf("got %v", err)
		}
	})
}
