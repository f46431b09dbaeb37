package stage_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"slipway/internal/deploy"
	"slipway/internal/release"
	"slipway/internal/release/releasetest"
	"slipway/internal/release/stage"
)

// otherID is the release of the same content that another environment has on the host.
const otherID = deploy.ReleaseID("20261120-073000-1a2b3c4-9f3c51")

// elsewhere puts members into another deploy path of the host, as a deployment with another umask did, and gives the folder.
func elsewhere(t *testing.T, host *releasetest.Host, members []member) string {
	t.Helper()
	other := *host
	other.Site = release.Site{Root: filepath.Join(host.Home, `sta"ging`), Umask: "027"}
	open(t, &other)
	if err := release.Run(t.Context(), &other, stage.Upload(other.Site, otherID, pack(t, "gzip", members, nil), nil)); err != nil {
		t.Fatal(err)
	}
	return other.Site.Release(otherID)
}

// index is the payload of the manifest alone.
func index(t *testing.T, encoding string, members []member) *payload {
	t.Helper()
	return pack(t, encoding, members, func(files map[string]*member) {
		for name := range files {
			if strings.HasPrefix(name, "tree/") {
				files[name] = nil
			}
		}
	})
}

func TestCopy(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		members := append([]member{{name: "closed/", mode: 0o700}, {name: "closed/in", content: "x"}}, site...)
		for i := range 250 {
			members = append(members, member{name: "many" + strings.Repeat("y", i), content: "y"})
		}
		folder := elsewhere(t, host, members)
		put(t, folder+"/venv/bin/python", "made by a step")
		before := listing(t, folder)
		for _, encoding := range encodings(host) {
			host.Site.Root += "x"
			open(t, host)
			for range 2 {
				if err := release.Run(t.Context(), host, stage.Copy(host.Site, releaseID, index(t, encoding, members), folder)); err != nil {
					t.Fatal(err)
				}
			}
			got, records := listing(t, host.Site.Release(releaseID)), listing(t, host.Site.Records(releaseID))
			sent := *host
			sent.Site.Root += "-sent"
			open(t, &sent)
			if err := release.Run(t.Context(), &sent, stage.Upload(sent.Site, releaseID, pack(t, encoding, members, nil), nil)); err != nil {
				t.Fatal(err)
			}
			same(t, got, listing(t, sent.Site.Release(releaseID)))
			same(t, records, listing(t, sent.Site.Records(releaseID)))
			for _, path := range []string{"index.html", "bin/run me"} {
				ours, err := os.Stat(host.Site.Release(releaseID) + "/" + path)
				theirs, err2 := os.Stat(folder + "/" + path)
				if err != nil || err2 != nil || os.SameFile(ours, theirs) {
					t.Errorf("%s is shared: %v, %v", path, err, err2)
				}
			}
		}
		same(t, listing(t, folder), before)
	})
}

// same wants two listings to be the same.
func same(t *testing.T, got, want map[string]string) {
	t.Helper()
	for name, text := range want {
		if got[name] != text {
			t.Errorf("%s is %q, want %q", name, got[name], text)
		}
	}
	for name := range got {
		if _, ok := want[name]; !ok {
			t.Errorf("there is %s, too", name)
		}
	}
}

// Whatever is not as the manifest has it is not copied, nothing is left of it, and the release can be sent.
func TestCopyRefuses(t *testing.T) {
	aside := func(path string) error { return os.Rename(path, path+" aside") }
	for name, spoil := range map[string]func(folder string) error{
		"no such release": os.RemoveAll,
		"pruned meanwhile": func(folder string) error {
			return os.RemoveAll(folder + "/bin/run me")
		},
		"a file changed": func(folder string) error {
			return os.WriteFile(folder+"/index.html", []byte("<h1>HELLO</h1>\n"), 0o600)
		},
		"a file is a link to the same": func(folder string) error {
			return errors.Join(aside(folder+"/index.html"), os.Symlink("index.html aside", folder+"/index.html"))
		},
		"a folder is a link to the same": func(folder string) error {
			return errors.Join(aside(folder+"/media"), os.Symlink("media aside", folder+"/media"))
		},
		"a folder is a file": func(folder string) error {
			return errors.Join(aside(folder+"/media"), os.WriteFile(folder+"/media", nil, 0o600))
		},
	} {
		t.Run(name, func(t *testing.T) {
			releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
				folder := elsewhere(t, host, site)
				if err := spoil(folder); err != nil {
					t.Fatal(err)
				}
				open(t, host)
				err := release.Run(t.Context(), host, stage.Copy(host.Site, releaseID, index(t, "gzip", site), folder))
				if !errors.Is(err, stage.ErrNotCopied) {
					t.Errorf("got %v", err)
				}
				noRelease(t, host)
				uploadedAgain(t, host)
			})
		})
	}
}

// A release that the deploy user may not read, because another user made it, is not copied either, and says so.
func TestCopyOfAnothersRelease(t *testing.T) {
	for _, closed := range []string{"index.html", "media", "."} {
		t.Run(closed, func(t *testing.T) {
			releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
				folder := elsewhere(t, host, site)
				host.WithoutRoot(t)
				must(t, os.Chmod(filepath.Join(folder, closed), 0))
				t.Cleanup(func() { _ = os.Chmod(filepath.Join(folder, closed), 0o755) }) // it is to be deleted
				open(t, host)
				err := release.Run(t.Context(), host, stage.Copy(host.Site, releaseID, index(t, "gzip", site), folder))
				if !errors.Is(err, stage.ErrNotCopied) || !strings.Contains(err.Error(), folder) {
					t.Errorf("got %v", err)
				}
				noRelease(t, host)
				uploadedAgain(t, host)
			})
		})
	}
}

// A copy that is killed anywhere leaves nothing that could be taken for a release, and is not in the way of the next.
func TestCopyKilled(t *testing.T) {
	const kill = "kill -KILL $$; exit 1"
	for name, at := range map[string][2]string{
		"before anything":  {"copy_members \"$other\" \"$incoming\"\n", kill + "\n"},
		"between two":      {"&& copy_files &&", "&& copy_files && { " + kill + "; } &&"},
		"in the middle":    {"\tcp -P \"$@\"", "\tcp -P \"$1\" \"$into/\" && { " + kill + "; }\n\tcp -P \"$@\""},
		"before the place": {"mv \"$incoming/tree\"", kill + "\nmv \"$incoming/tree\""},
		"before the mark":  {"true >\"$records/staged\"", kill + "\ntrue >\"$records/staged\""},
	} {
		t.Run(name, func(t *testing.T) {
			releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
				folder := elsewhere(t, host, site)
				open(t, host)
				host.Plain = true
				host.Patch = func(script string) string {
					patched := strings.Replace(script, at[0], at[1], 1)
					if patched == script {
						t.Errorf("the script has no %q", at[0])
					}
					return patched
				}
				copied := stage.Copy(host.Site, releaseID, index(t, "gzip", site), folder)
				if err := release.Run(t.Context(), host, copied); err == nil {
					t.Error("it was not killed")
				}
				if _, err := os.Stat(host.Site.Records(releaseID) + "/staged"); err == nil {
					t.Error("it counts as a release")
				}
				host.Patch = nil
				if err := release.Run(t.Context(), host, copied); err != nil {
					t.Error(err)
				}
				if got := read(t, host.Site.Release(releaseID)+"/bin/run me"); got != "#!/bin/sh\n" {
					t.Errorf("it holds %q", got)
				}
			})
		})
	}
}

// A disk that fills up is no reason to send the same there.
func TestCopyDiskFull(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		members := []member{{name: "big", content: strings.Repeat("0123456789abcdef", 1<<16)}}
		folder := elsewhere(t, host, members)
		host.Site.Root = host.SmallDisk(t, 256<<10, 200) + "/site"
		open(t, host)
		err := release.Run(t.Context(), host, stage.Copy(host.Site, releaseID, index(t, "gzip", members), folder))
		if !errors.Is(err, release.ErrNoSpace) || errors.Is(err, stage.ErrNotCopied) {
			t.Errorf("got %v", err)
		}
		noRelease(t, host)
	})
}
