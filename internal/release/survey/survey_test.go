package survey_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/needtest"
	"github.com/slipway/slipway/internal/release"
	"github.com/slipway/slipway/internal/release/activate"
	"github.com/slipway/slipway/internal/release/journal"
	"github.com/slipway/slipway/internal/release/releasetest"
	"github.com/slipway/slipway/internal/release/survey"
)

const (
	deployment = deploy.DeploymentID("412-deploy-abc")
	first      = deploy.ReleaseID("20261121-073000-1a2b3c4-9f3c51")
	second     = deploy.ReleaseID("20261121-083000-77aa001-02be44")
)

func take(t *testing.T, host *releasetest.Host, files ...string) deploy.Facts {
	t.Helper()
	before := tree(t, host)
	facts, err := releasetest.Survey(t.Context(), host, host.Site, survey.Question{SharedFiles: files})
	if err != nil {
		t.Fatal(err)
	}
	if after := tree(t, host); !slices.Equal(before, after) {
		t.Errorf("a survey changed the host: %q became %q", before, after)
	}
	return facts
}

// tree are all paths below a host's home, with their times.
func tree(t *testing.T, host *releasetest.Host) (all []string) {
	t.Helper()
	_ = filepath.WalkDir(host.Home, func(path string, entry fs.DirEntry, err error) error {
		if err == nil {
			info, _ := entry.Info()
			all = append(all, path+info.ModTime().String())
		}
		return nil
	})
	return all
}

func put(t *testing.T, path, text string) {
	t.Helper()
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o600)); err != nil {
		t.Fatal(err)
	}
}

func TestNewHost(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		host.Env = append(host.Env, "LC_ALL=de_DE.UTF-8", "LANG=de_DE.UTF-8")
		facts := take(t, host, ".env", "it's \"a\" file")
		if facts.Host != host.Name || facts.User == "" {
			t.Errorf("host %q user %q", facts.Host, facts.User)
		}
		if facts.FreeBytes < 1<<20 || facts.FreeInodes < 100 {
			t.Errorf("free: %d bytes, %d inodes", facts.FreeBytes, facts.FreeInodes)
		}
		if facts.ClockSkew.Abs() > 3*time.Second {
			t.Errorf("clock skew %s", facts.ClockSkew)
		}
		if facts.LayoutFormat != 0 || facts.ID != "" || facts.Current != deploy.CurrentNone || facts.Releases != nil || facts.History != nil || facts.Unwritable != nil {
			t.Errorf("a new host has %+v", facts)
		}
		if want := []string{".env", "it's \"a\" file"}; !slices.Equal(facts.MissingShared, want) {
			t.Errorf("missing %q", facts.MissingShared)
		}
		for _, program := range append(slices.Clone(release.Required), "setsid", "gzip") {
			if facts.Tools[program] == "" {
				t.Errorf("%s is missing in %v", program, facts.Tools)
			}
		}
		if _, has := facts.Tools["zstd"]; has != host.Zstd || facts.Patches != host.Zstd {
			t.Errorf("zstd %t", has)
		}
		if _, has := facts.Tools["python3"]; has && host.Name != "bash" {
			t.Error("python3 is found where there is none")
		}
	})
}

// Only a zstd of today decodes against what the host has.
func TestVersionOfZstd(t *testing.T) {
	for says, want := range map[string]bool{
		"*** Zstandard CLI (64-bit) v1.5.4, by Yann Collet ***":                        true,
		"*** zstd command line interface 64-bits v1.5.0, by Yann Collet ***":           true,
		"*** zstd command line interface 64-bits v1.4.8, by Yann Collet ***":           false,
		"*** Zstandard CLI (64-bit) v2.0.1, by Yann Collet ***":                        true,
		"*** Zstandard CLI (64-bit) v10.0.1, by Yann Collet ***\nwith a second line 1": true,
		"something else of 1.5.4": false,
		"":                        false,
	} {
		host := releasetest.NewHost(t, "dash")
		path := filepath.Join(host.Path, "zstd")
		script := "#!/bin/sh\necho '" + says + "'\n"
		if err := errors.Join(os.Remove(path), os.WriteFile(path, []byte(script), 0o700)); err != nil {
			t.Fatal(err)
		}
		facts, err := releasetest.Survey(t.Context(), host, host.Site, survey.Question{})
		if err != nil || facts.Patches != want || facts.Tools["zstd"] == "" {
			t.Errorf("%q: %t, %v", says, facts.Patches, err)
		}
	}
}

func TestUsedHost(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		if err := release.Run(t.Context(), host, journal.Open(host.Site, deployment, []byte(`{"a": 1}`), deploy.Owner{})); err != nil {
			t.Fatal(err)
		}
		put(t, host.Site.Release(first)+"/x", "")
		put(t, host.Site.Release(second)+"/x", "")
		put(t, host.Site.Records(first)+"/staged", "")
		put(t, host.Site.Root+"/releases/20191231235959/x", "")
		put(t, host.Site.Root+"/releases/it's \"odd\"\n/x", "")
		put(t, host.Site.Shared()+"/config/.env", "")
		change := activate.Change{Deployment: deployment, Release: first, Target: "releases/" + string(first)}
		if err := errors.Join(
			release.Run(t.Context(), host, activate.Mark(host.Site, first, "verified")),
			release.Run(t.Context(), host, activate.Switch(host.Site, change)),
		); err != nil {
			t.Fatal(err)
		}
		want := []deploy.HistoryEntry{
			{At: time.Date(2026, 11, 20, 7, 30, 0, 0, time.UTC), Release: second, Deployment: "a", Command: "deploy", Actor: "anna \"o'neill\" \\n", Outcome: "activated"},
			{At: time.Date(2026, 11, 21, 7, 30, 0, 0, time.UTC), Release: first, Before: second, Deployment: deployment, Command: "rollback", Outcome: "unwound"},
		}
		for _, entry := range want {
			if err := release.Run(t.Context(), host, journal.Append(host.Site, entry)); err != nil {
				t.Fatal(err)
			}
		}
		facts := take(t, host, "config/.env", "b")
		if facts.LayoutFormat != release.Format || len(facts.ID) < 20 {
			t.Errorf("format %d, ID %q", facts.LayoutFormat, facts.ID)
		}
		var folder syscall.Stat_t
		if err := syscall.Stat(host.Site.Root, &folder); err != nil || facts.Folder != fmt.Sprintf("%d:%d", folder.Dev, folder.Ino) {
			t.Errorf("folder %q, want %d:%d (%v)", facts.Folder, folder.Dev, folder.Ino, err)
		}
		if facts.Current != deploy.CurrentRelease || facts.CurrentID != first || facts.CurrentTarget != "releases/"+string(first) {
			t.Errorf("current is %s %q %q", facts.Current, facts.CurrentID, facts.CurrentTarget)
		}
		if releases := []deploy.ReleaseFacts{{ID: first, Staged: true, Verified: true}, {ID: second}}; !slices.Equal(facts.Releases, releases) {
			t.Errorf("releases %+v", facts.Releases)
		}
		if !reflect.DeepEqual(facts.History, want) {
			t.Errorf("history %+v", facts.History)
		}
		if !slices.Equal(facts.MissingShared, []string{"b"}) || facts.Unwritable != nil {
			t.Errorf("missing %q, unwritable %q", facts.MissingShared, facts.Unwritable)
		}
	})
}

func TestHistoryIsTheLast200(t *testing.T) {
	host := releasetest.NewHost(t, "ash")
	var lines strings.Builder
	for i := range 250 {
		at := time.Unix(int64(i), 0).UTC().Format(time.RFC3339)
		lines.WriteString(`{"at": "` + at + `", "release": "` + string(first) + `", "deployment": "d", "command": "deploy", "outcome": "activated"}` + "\n")
	}
	put(t, host.Site.History(), lines.String())
	if facts := take(t, host); len(facts.History) != 200 || facts.History[199].At.Unix() != 249 {
		t.Errorf("%d entries", len(facts.History))
	}
}

func TestCurrent(t *testing.T) {
	for name, test := range map[string]struct {
		link string // "" is a directory
		kind deploy.CurrentKind
		id   deploy.ReleaseID
	}{
		"release":                {"releases/" + string(first), deploy.CurrentRelease, first},
		"a release that is gone": {"releases/" + string(second), deploy.CurrentLost, ""},
		"a file":                 {"releases/" + string(first) + "/x", deploy.CurrentLost, ""},
		"itself":                 {"current", deploy.CurrentLost, ""},
		"capistrano":             {"capistrano/20191231235959", deploy.CurrentForeign, ""},
		"capistrano, gone":       {"/srv/www/releases/20191231235959", deploy.CurrentLost, ""},
		"odd":                    {"it's \"a\"\nlink", deploy.CurrentForeign, ""},
		"odd, gone":              {"it's \"no\"\nlink", deploy.CurrentLost, ""},
		"inside a release":       {"releases/" + string(first) + "/public", deploy.CurrentForeign, ""},
		"directory":              {"", deploy.CurrentDirectory, ""},
	} {
		t.Run(name, func(t *testing.T) {
			releasetest.Either(t, func(t *testing.T, host *releasetest.Host) {
				put(t, host.Site.Release(first)+"/x", "")
				for _, folder := range []string{"releases/" + string(first) + "/public", "capistrano/20191231235959", "it's \"a\"\nlink"} {
					if err := os.MkdirAll(filepath.Join(host.Site.Root, folder), 0o755); err != nil {
						t.Fatal(err)
					}
				}
				var err error
				if test.link == "" {
					err = os.Mkdir(host.Site.Current(), 0o755)
				} else {
					err = os.Symlink(test.link, host.Site.Current())
				}
				if err != nil {
					t.Fatal(err)
				}
				facts := take(t, host)
				if facts.Current != test.kind || facts.CurrentTarget != test.link || facts.CurrentID != test.id {
					t.Errorf("%s %q %q", facts.Current, facts.CurrentTarget, facts.CurrentID)
				}
			})
		})
	}
	t.Run("regular file", func(t *testing.T) {
		releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
			put(t, host.Site.Current(), "")
			if facts := take(t, host); facts.Current != deploy.CurrentFile {
				t.Errorf("%s", facts.Current)
			}
		})
	})
	t.Run("absolute link to a release", func(t *testing.T) {
		host := releasetest.NewHost(t, "dash")
		put(t, host.Site.Release(first)+"/x", "")
		if err := os.Symlink(host.Site.Release(first), host.Site.Current()); err != nil {
			t.Fatal(err)
		}
		if facts := take(t, host); facts.Current != deploy.CurrentRelease || facts.CurrentID != first {
			t.Errorf("%s %q", facts.Current, facts.CurrentID)
		}
	})
}

func TestDeployPathIsALink(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		elsewhere := filepath.Join(host.Home, "data", "site")
		put(t, elsewhere+"/releases/"+string(first)+"/x", "")
		if err := errors.Join(os.MkdirAll(filepath.Dir(host.Site.Root), 0o755), os.Symlink(elsewhere, host.Site.Root)); err != nil {
			t.Fatal(err)
		}
		if facts := take(t, host); len(facts.Releases) != 1 || facts.Unwritable != nil || facts.FreeBytes < 1 {
			t.Errorf("%+v", facts)
		}
		if err := os.RemoveAll(elsewhere); err != nil {
			t.Fatal(err)
		}
		wantNoDirectory(t, host, host.Site.Root)
	})
}

// An older bash puts what a script gives to a loop into a temporary file. What is told of a host does not hang on that.
func TestTemporaryFolderIsFull(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		folder := host.SmallDisk(t, 64<<10, 2)
		put(t, filepath.Join(folder, "fill"), "")
		host.Env = append(host.Env, "TMPDIR="+folder, "BASH_COMPAT=5.0")
		facts, err := releasetest.Survey(t.Context(), host, host.Site, survey.Question{Programs: []string{"no-such-program", "cat", "/no such/program"}})
		if want := []string{"no-such-program", "/no such/program"}; err != nil || !slices.Equal(facts.Lacking, want) {
			t.Errorf("lacks %q, %v", facts.Lacking, err)
		}
	})
}

func TestDeployPathIsAFile(t *testing.T) {
	host := releasetest.NewHost(t, "dash")
	put(t, filepath.Dir(host.Site.Root), "")
	wantNoDirectory(t, host, filepath.Dir(host.Site.Root))
}

func TestFolderIsALinkThatLeadsNowhere(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		put(t, host.Site.Root+"/x", "")
		if err := os.Symlink("/mnt/gone", host.Site.Root+"/releases"); err != nil {
			t.Fatal(err)
		}
		wantNoDirectory(t, host, host.Site.Root+"/releases")
	})
}

func wantNoDirectory(t *testing.T, host *releasetest.Host, path string) {
	t.Helper()
	_, err := releasetest.Survey(t.Context(), host, host.Site, survey.Question{})
	var told *deploy.Error
	if !errors.As(err, &told) || !strings.Contains(told.Cause.Error(), path+" is no directory") || told.Hint == "" {
		t.Errorf("got %v, want that %s is no directory", err, path)
	}
}

func TestMounted(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		disk := host.SmallDisk(t, 1<<20, 100)
		for _, site := range []release.Site{{Root: disk}, {Root: disk + "/not/made/yet"}} {
			for options, want := range map[string]deploy.Facts{
				"rw,exec": {}, "ro,exec": {ReadOnly: true}, "rw,noexec": {NoExec: true}, "ro,noexec": {ReadOnly: true, NoExec: true},
			} {
				if err := needtest.Remount(disk, options); err != nil {
					t.Fatal(err)
				}
				facts, err := releasetest.Survey(t.Context(), host, site, survey.Question{})
				if err != nil || facts.ReadOnly != want.ReadOnly || facts.NoExec != want.NoExec {
					t.Errorf("%s, mounted %s: read-only %v, noexec %v, %v", site.Root, options, facts.ReadOnly, facts.NoExec, err)
				}
			}
		}
	})
}

// The superuser may write everywhere, so the script's test for it is made to say what it says to anybody else.
func TestUnwritable(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		put(t, host.Site.Shared()+"/x", "")
		if os.Getuid() == 0 {
			host.Patch = func(script string) string { return strings.ReplaceAll(script, "[ -w ", "[ shared != ") }
		} else if err := os.Chmod(host.Site.Shared(), 0o500); err != nil {
			t.Fatal(err)
		}
		if facts := take(t, host); !slices.Equal(facts.Unwritable, []string{host.Site.Shared()}) {
			t.Errorf("unwritable %q", facts.Unwritable)
		}
	})
}

func TestDamagedRecords(t *testing.T) {
	for name, test := range map[string]struct{ file, text, cause string }{
		"format":                  {"format", "two\n", "wanted a number"},
		"empty format":            {"format", "", "wanted a number"},
		"empty ID":                {"id", "", "id is empty"},
		"history is cut":          {"history.jsonl", `{"at": "2026-11-20T07:30:00Z", "rel`, "is damaged"},
		"history without a time":  {"history.jsonl", "{}\n", "it has no time"},
		"history with a NUL byte": {"history.jsonl", "{\"at\"\x00: 1}\n", "is damaged"},
	} {
		t.Run(name, func(t *testing.T) {
			host := releasetest.NewHost(t, "dash")
			put(t, filepath.Join(host.Site.Private(), test.file), test.text)
			_, err := releasetest.Survey(t.Context(), host, host.Site, survey.Question{})
			var told *deploy.Error
			if !errors.As(err, &told) || told.Host != "dash" || !strings.Contains(err.Error(), test.cause) {
				t.Errorf("got %v, want %q", err, test.cause)
			}
		})
	}
}

func BenchmarkSurvey(b *testing.B) {
	host := releasetest.NewHost(b, "dash")
	if err := release.Run(b.Context(), host, journal.Open(host.Site, deployment, []byte("{}"), deploy.Owner{})); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := releasetest.Survey(b.Context(), host, host.Site, survey.Question{}); err != nil {
			b.Fatal(err)
		}
	}
}
