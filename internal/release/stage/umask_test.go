package stage_test

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/slipway/slipway/internal/needtest"
	"github.com/slipway/slipway/internal/release"
	"github.com/slipway/slipway/internal/release/releasetest"
	"github.com/slipway/slipway/internal/release/stage"
)

// modes are the modes of some paths of a site, in octal.
func modes(t *testing.T, host *releasetest.Host, paths ...string) string {
	t.Helper()
	var all []string
	for _, path := range paths {
		info, err := os.Stat(filepath.Join(host.Site.Root, path))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, strings.TrimPrefix(info.Mode().Perm().String(), "-"))
	}
	return strings.Join(all, " ")
}

func TestUmask(t *testing.T) {
	of := "releases/" + string(releaseID) + "/"
	paths := []string{".", "releases", "shared", of, of + "index.html", of + "bin/run me", of + "private", of + "empty", "shared/media", "shared/media/logo.png", "shared/made", ".slipway"}
	for mask, want := range map[string]string{
		"":     "rwxr-xr-x rwxr-xr-x rwxr-xr-x rwxr-xr-x rw-r--r-- rwxr-xr-x rw------- rwxr-xr-x rwxr-xr-x rw-r--r-- rwxr-xr-x rwx------",
		"0022": "rwxr-xr-x rwxr-xr-x rwxr-xr-x rwxr-xr-x rw-r--r-- rwxr-xr-x rw------- rwxr-xr-x rwxr-xr-x rw-r--r-- rwxr-xr-x rwx------",
		"002":  "rwxrwxr-x rwxrwxr-x rwxrwxr-x rwxrwxr-x rw-rw-r-- rwxrwxr-x rw------- rwxrwxr-x rwxrwxr-x rw-rw-r-- rwxrwxr-x rwx------",
		"007":  "rwxrwx--- rwxrwx--- rwxrwx--- rwxrwx--- rw-rw---- rwxrwx--- rw------- rwxrwx--- rwxrwx--- rw-rw---- rwxrwx--- rwx------",
		"027":  "rwxr-x--- rwxr-x--- rwxr-x--- rwxr-x--- rw-r----- rwxr-x--- rw------- rwxr-x--- rwxr-x--- rw-r----- rwxr-x--- rwx------",
		"077":  "rwx------ rwx------ rwx------ rwx------ rw------- rwx------ rw------- rwx------ rwx------ rw------- rwx------ rwx------",
	} {
		t.Run("umask "+mask, func(t *testing.T) {
			releasetest.Either(t, func(t *testing.T, host *releasetest.Host) {
				host.Site.Umask = mask
				uploaded(t, host)
				if err := release.Run(t.Context(), host, stage.Link(host.Site, releaseID, stage.Links{Dirs: []string{"media", "made"}})); err != nil {
					t.Fatal(err)
				}
				if got := modes(t, host, paths...); got != want {
					t.Errorf("the modes are\n%s\n%s", got, want)
				}
			})
		})
	}
}

// A folder keeps who may list and enter it, less what the umask takes, in the release and in the shared folder that is filled
// from it, whatever mode the payload's tar had for it.
func TestModesOfFolders(t *testing.T) {
	members := slices.Concat(site, []member{
		{name: "a/", mode: 0o700},
		{name: "a/in side/", mode: 0o750},
		{name: "a/in side/file", content: "x"},
		{name: "b/", mode: 0o750},
		{name: "b/c/", mode: 0o700, tarred: 0o755},
		{name: "b/d/", mode: 0o755, tarred: 0o700},
		{name: "g/", mode: 0o755, tarred: 0o2755},
		{name: "media/in/", mode: 0o700},
		{name: "media/all/", mode: 0o750},
		{name: "media/all/file", content: "x"},
	})
	of := "releases/" + string(releaseID) + "/"
	paths := []string{of, of + "a", of + "a/in side", of + "b", of + "b/c", of + "b/d", of + "g", "shared/media", "shared/media/in", "shared/media/all"}
	for mask, want := range map[string]string{
		"022": "rwxr-xr-x rwx------ rwxr-x--- rwxr-x--- rwx------ rwxr-xr-x rwxr-xr-x rwxr-xr-x rwx------ rwxr-x---",
		"002": "rwxrwxr-x rwx------ rwxrwx--- rwxrwx--- rwx------ rwxrwxr-x rwxrwxr-x rwxrwxr-x rwx------ rwxrwx---",
		"027": "rwxr-x--- rwx------ rwxr-x--- rwxr-x--- rwx------ rwxr-x--- rwxr-x--- rwxr-x--- rwx------ rwxr-x---",
		"077": "rwx------ rwx------ rwx------ rwx------ rwx------ rwx------ rwx------ rwx------ rwx------ rwx------",
	} {
		t.Run("umask "+mask, func(t *testing.T) {
			releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
				host.Site.Umask = mask
				open(t, host)
				if err := release.Run(t.Context(), host, stage.Upload(host.Site, releaseID, pack(t, "gzip", members, nil), nil)); err != nil {
					t.Fatal(err)
				}
				if err := release.Run(t.Context(), host, stage.Link(host.Site, releaseID, stage.Links{Dirs: []string{"media"}})); err != nil {
					t.Fatal(err)
				}
				if got := modes(t, host, paths...); strings.ReplaceAll(got, "d", "") != want {
					t.Errorf("the modes are\n%s\n%s", got, want)
				}
			})
		})
	}
}

// What the deploy path, or shared/ alone, hands down by a default ACL is what everything gets that is made there.
func TestDefaultACL(t *testing.T) {
	setfacl, getfacl := needtest.Program(t, "setfacl"), needtest.Program(t, "getfacl")
	for _, on := range []string{".", "shared"} {
		t.Run(on, func(t *testing.T) {
			releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
				folder := filepath.Join(host.Site.Root, on)
				if err := os.MkdirAll(folder, 0o755); err != nil {
					t.Fatal(err)
				}
				if out, err := exec.Command(setfacl, "-m", "d:u:1:rwx,d:g:2:rwx,u:1:rwx,g:2:rwx", folder).CombinedOutput(); err != nil {
					t.Fatalf("%v: %s", err, out)
				}
				uploaded(t, host)
				if err := release.Run(t.Context(), host, stage.Link(host.Site, releaseID, stage.Links{Dirs: []string{"media", "made"}})); err != nil {
					t.Fatal(err)
				}
				for _, path := range slices.Sorted(maps.Keys(listing(t, host.Site.Shared()))) {
					out, err := exec.Command(getfacl, "-cE", "--absolute-names", "-n", filepath.Join(host.Site.Shared(), path)).CombinedOutput()
					if err != nil {
						t.Fatalf("%v: %s", err, out)
					}
					for _, entry := range []string{"\nuser:1:rw", "\ngroup:2:rw", "\nmask::rw"} {
						if !strings.Contains("\n"+string(out), entry) {
							t.Errorf("%s has lost %s: %s", path, entry, out)
						}
					}
					if strings.HasSuffix(path, "/") && !strings.Contains(string(out), "default:user:1:rwx") {
						t.Errorf("%s hands nothing down: %s", path, out)
					}
				}
			})
		})
	}
}
