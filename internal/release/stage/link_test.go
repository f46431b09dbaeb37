package stage_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/release"
	"github.com/slipway/slipway/internal/release/releasetest"
	"github.com/slipway/slipway/internal/release/stage"
	"github.com/slipway/slipway/internal/secret"
)

// uploaded is a host with the release of payload_test.go, not linked yet.
func uploaded(t *testing.T, host *releasetest.Host) {
	t.Helper()
	open(t, host)
	if err := release.Run(t.Context(), host, stage.Upload(host.Site, releaseID, pack(t, "gzip", site, nil), nil)); err != nil {
		t.Fatal(err)
	}
}

func put(t *testing.T, path, text string) {
	t.Helper()
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o600)); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Error(err)
	}
	return string(text)
}

func TestLink(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		uploaded(t, host)
		folder := host.Site.Release(releaseID)
		put(t, host.Site.Shared()+"/config/local.ini", "shared")
		put(t, host.Site.Shared()+"/index.html", "over the artifact's own")
		value := "A=\"it's\"\nB=$HOME `x`\n\n"
		links := stage.Links{
			Dirs:    []string{"media", "var/log/the app", "empty"},
			Files:   []string{"config/local.ini", "index.html"},
			Secrets: map[string]secret.Secret{".env": secret.New(value), "etc/deep/key": secret.New("")},
		}
		for range 2 {
			if err := release.Run(t.Context(), host, stage.Link(host.Site, releaseID, links)); err != nil {
				t.Fatal(err)
			}
			for path, target := range map[string]string{
				"media": "../../shared/media", "var/log/the app": "../../../../shared/var/log/the app", "config/local.ini": "../../../shared/config/local.ini",
				".env": "../../.slipway/secrets/" + string(releaseID) + "/.env",
			} {
				if got, err := os.Readlink(folder + "/" + path); got != target {
					t.Errorf("%s leads to %q, %v", path, got, err)
				}
			}
			for path, content := range map[string]string{
				"media/logo.png": "png", "config/local.ini": "shared", "index.html": "over the artifact's own", ".env": value, "etc/deep/key": "",
			} {
				if got := read(t, folder+"/"+path); got != content {
					t.Errorf("%s holds %q", path, got)
				}
			}
			put(t, folder+"/var/log/the app/log", "written through the link")
			if got := read(t, host.Site.Shared()+"/var/log/the app/log"); got == "" {
				t.Error("the folder is not shared")
			}
		}
		for _, path := range []string{".env", "etc/deep/key"} {
			if info, err := os.Stat(folder + "/" + path); err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("%s: %v, %v", path, info, err)
			}
		}
		if info, err := os.Stat(host.Site.Private()); err != nil || info.Mode().Perm() != 0o700 {
			t.Errorf("%v, %v", info, err)
		}
		for name := range listing(t, host.Site.Root) {
			if strings.Contains(name, "new") {
				t.Errorf("left behind: %s", name)
			}
		}

		// The deploy path may be moved.
		moved := host.Home + "/moved"
		if err := os.Rename(host.Site.Root, moved); err != nil {
			t.Fatal(err)
		}
		if got := read(t, moved+"/releases/"+string(releaseID)+"/media/logo.png"); got != "png" {
			t.Errorf("after a move: %q", got)
		}
	})
}

// A secret file that the live release has is copied from there, and its content is not sent; where that is not what was said of it, all are.
func TestLinkKeepsSecrets(t *testing.T) {
	const live = deploy.ReleaseID("20261120-073000-77aa001-02be44")
	same, other := "A=\"it's\"\n", "k2"
	for name, change := range map[string]func(t *testing.T, file string){
		"as it was": func(*testing.T, string) {},
		"changed":   func(t *testing.T, file string) { put(t, file, "B=2") },
		"gone":      func(t *testing.T, file string) { must(t, os.Remove(file)) },
		"a link": func(t *testing.T, file string) {
			must(t, errors.Join(os.Rename(file, file+"x"), os.Symlink(file+"x", file)))
		},
	} {
		t.Run(name, func(t *testing.T) {
			releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
				uploaded(t, host)
				before := host.Site.Secrets(live)
				put(t, before+"/etc/.env", same)
				must(t, os.Chmod(before+"/etc/.env", 0o644))
				links := stage.Links{
					Secrets: map[string]secret.Secret{"etc/.env": secret.New(same), "key": secret.New(other)},
					Live:    live, LiveSecrets: deploy.SecretSums{"etc/.env": deploy.SecretSumOf(same), "key": deploy.SecretSumOf("k1")},
				}
				op := stage.Link(host.Site, releaseID, links)
				if text := strings.Join(op.Args, "\n"); strings.Contains(text, same) || !strings.Contains(text, other) {
					t.Errorf("the host is sent %q", text)
				}
				change(t, before+"/etc/.env")
				for range 2 {
					must(t, release.Do(t.Context(), host, op, 0))
				}
				own := host.Site.Secrets(releaseID)
				if got := listing(t, own); len(got) != 3 || got["etc/.env"] != "-rw------- "+same || got["key"] != "-rw------- "+other {
					t.Errorf("%q", got)
				}
				if got := read(t, host.Site.Release(releaseID)+"/etc/.env"); got != same {
					t.Errorf("through the link: %q", got)
				}
			})
		})
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Only the first release fills a shared directory: what people put there afterwards stays.
func TestLinkKeepsWhatIsShared(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		uploaded(t, host)
		put(t, host.Site.Shared()+"/media/upload.jpg", "jpg")
		put(t, host.Site.Shared()+"/.slipway-new-empty/half", "of an attempt that died")
		if err := release.Run(t.Context(), host, stage.Link(host.Site, releaseID, stage.Links{Dirs: []string{"media", "empty"}})); err != nil {
			t.Fatal(err)
		}
		got := listing(t, host.Site.Shared())
		if len(got) != 3 || got["media/upload.jpg"] == "" {
			t.Errorf("shared has %v", got)
		}
	})
}

func TestLinkRefuses(t *testing.T) {
	for name, test := range map[string]struct {
		links   stage.Links
		prepare string // a file below shared/ that is there
		cause   string
	}{
		"missing files":       {stage.Links{Dirs: []string{"media"}, Files: []string{".env", "b c"}}, "x", "missing: shared/.env shared/b c"},
		"file for a dir":      {stage.Links{Dirs: []string{"media"}}, "media", "shared/media is not a directory"},
		"a folder for a file": {stage.Links{Files: []string{"media"}}, "media/x", "shared/media is a folder, and a file belongs there"},
		"below a file":        {stage.Links{Dirs: []string{"index.html/x"}}, "x", "index.html is a file"},
		"below a link":        {stage.Links{Dirs: []string{"media"}, Files: []string{"media/x"}}, "y/x", "missing"},
		"escapes":             {stage.Links{Dirs: []string{"../x"}}, "x", "is no path inside a release"},
		"absolute":            {stage.Links{Files: []string{"/etc/passwd"}}, "x", "is no path inside a release"},
		"the whole":           {stage.Links{Dirs: []string{"."}}, "x", "is no path inside a release"},
		"not clean":           {stage.Links{Dirs: []string{"a//b/"}}, "x", "is no path inside a release"},
		"empty":               {stage.Links{Secrets: map[string]secret.Secret{"": secret.New("x")}}, "x", "is no path inside a release"},
		"NUL in a secret":     {stage.Links{Secrets: map[string]secret.Secret{"a": secret.New("x\x00y")}}, "x", "NUL"},
		"below a link out":    {stage.Links{Secrets: map[string]secret.Secret{"out/x": secret.New("x")}}, "x", "out is a link"},
	} {
		t.Run(name, func(t *testing.T) {
			releasetest.Either(t, func(t *testing.T, host *releasetest.Host) {
				uploaded(t, host)
				put(t, host.Site.Shared()+"/"+test.prepare, "")
				if err := os.Symlink(host.Home, host.Site.Release(releaseID)+"/out"); err != nil {
					t.Fatal(err)
				}
				err := release.Run(t.Context(), host, stage.Link(host.Site, releaseID, test.links))
				if err == nil || !strings.Contains(err.Error(), test.cause) {
					t.Errorf("got %v, want %q", err, test.cause)
				}
				if _, err := os.Lstat(host.Home + "/x"); err == nil {
					t.Error("something was written outside of the release")
				}
				if info, err := os.Lstat(host.Site.Release(releaseID) + "/media"); err != nil || !info.IsDir() {
					t.Errorf("the release was changed before it was refused: %v", err)
				}
			})
		})
	}
}

func TestLinkNothing(t *testing.T) {
	host := releasetest.NewHost(t, "dash")
	if err := release.Run(t.Context(), host, stage.Link(host.Site, releaseID, stage.Links{})); err != nil {
		t.Error(err)
	}
}
