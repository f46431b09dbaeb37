package survey_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/needtest"
	"github.com/slipway/slipway/internal/release"
	"github.com/slipway/slipway/internal/release/journal"
	"github.com/slipway/slipway/internal/release/releasetest"
	"github.com/slipway/slipway/internal/release/survey"
)

// Records that no Slipway wrote: endless, never to be had, or of gigabytes. The host is refused by their name, and nothing
// waits for them.
func TestOddRecords(t *testing.T) {
	kinds := map[string]func(path string) error{
		"a device": func(path string) error { return os.Symlink("/dev/zero", path) },
		"a pipe":   func(path string) error { return syscall.Mkfifo(path, 0o600) },
		"a folder": func(path string) error { return os.Mkdir(path, 0o700) },
		"huge": func(path string) error {
			if err := os.WriteFile(path, nil, 0o600); err != nil {
				return err
			}
			return os.Truncate(path, 4<<30)
		},
	}
	try := "deployments/" + string(deployment) + "/steps/migrate-1-migrate/do-1/"
	for _, file := range []string{
		"id", "format", "app", "hold", "lock/3/owner.json", "lock/3/heartbeat", try + "status", try + "meta", try + "pid",
		"deployments/" + string(deployment) + "/plan.json", "deployments/" + string(deployment) + "/activation.jsonl", "deployments/411-deploy-abc/activation.jsonl",
	} {
		t.Run(strings.ReplaceAll(file, "/", " "), func(t *testing.T) {
			releasetest.Either(t, func(t *testing.T, host *releasetest.Host) {
				for name, kind := range kinds {
					path := filepath.Join(host.Site.Private(), file)
					if err := errors.Join(os.RemoveAll(path), os.MkdirAll(filepath.Dir(path), 0o700), kind(path)); err != nil {
						t.Fatal(err)
					}
					_, err := releasetest.Survey(t.Context(), host, host.Site, survey.Question{Deployment: deployment})
					var told *deploy.Error
					if !errors.As(err, &told) || told.Host != host.Name || !strings.Contains(err.Error(), path) || told.Hint == "" {
						t.Errorf("%s: %v", name, err)
					}
				}
			})
		})
	}
}

// A history of gigabytes gives its newest lines; one that is a pipe is refused.
func TestLongHistory(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		path := host.Site.History()
		put(t, path, "")
		if err := os.Truncate(path, 1<<30); err != nil {
			t.Fatal(err)
		}
		file, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
		if err != nil {
			t.Fatal(err)
		}
		for i := range 20_000 {
			entry := fmt.Sprintf(`{"at":"2026-11-20T07:30:00Z","release":"%s","outcome":"activated","actor":"%d %s"}`+"\n", first, i, strings.Repeat("a", 100))
			if _, err := file.WriteString(entry); err != nil {
				t.Fatal(err)
			}
		}
		if err := file.Close(); err != nil {
			t.Fatal(err)
		}
		facts, err := releasetest.Survey(t.Context(), host, host.Site, survey.Question{})
		if err != nil || len(facts.History) != 200 || !strings.HasPrefix(facts.History[199].Actor, "19999 ") {
			t.Errorf("%d entries, %v", len(facts.History), err)
		}
		if err := errors.Join(os.Remove(path), syscall.Mkfifo(path, 0o600)); err != nil {
			t.Fatal(err)
		}
		if _, err := releasetest.Survey(t.Context(), host, host.Site, survey.Question{}); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("of a pipe: %v", err)
		}
	})
}

// Thousands of folders in releases/, some ours: the answer has ours.
func TestManyReleases(t *testing.T) {
	host := releasetest.NewHost(t, "dash")
	for i := range 5000 {
		name := fmt.Sprintf("2025%010d", i) // Capistrano's
		if i%2 == 0 {
			name = fmt.Sprintf("20261121-%06d-1a2b3c4-9f3c51", i)
		}
		if err := os.MkdirAll(filepath.Join(host.Site.Root, "releases", name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	facts, err := releasetest.Survey(t.Context(), host, host.Site, survey.Question{})
	if err != nil || len(facts.Releases) != 2500 {
		t.Errorf("%d releases, %v", len(facts.Releases), err)
	}
}

func TestMachine(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
		if err != nil {
			t.Fatal(err)
		}
		name, err := os.Hostname()
		if err != nil {
			t.Fatal(err)
		}
		machine := take(t, host).Machine
		if words := strings.Fields(machine); len(words) != 4 || words[1] != strings.TrimSpace(string(boot)) || words[2] != name {
			t.Errorf("the machine is %q", machine)
		}
		// As a machine that was made from an image of this one.
		host.Patch = func(script string) string {
			return strings.ReplaceAll(script, "/proc/sys/kernel/random/boot_id", "/proc/sys/kernel/random/uuid")
		}
		if other := take(t, host).Machine; other == machine {
			t.Errorf("another boot gives %q as well", other)
		}
	})
}

func TestOwner(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		for _, owner := range []deploy.Owner{{App: "shop", Environment: "production"}, {App: "shop"}, {App: "blog", Environment: "the stage"}} {
			for range 2 {
				if err := release.Run(t.Context(), host, journal.Open(host.Site, deployment, []byte("{}"), owner)); err != nil {
					t.Fatal(err)
				}
			}
			if got := take(t, host).Owner; got != owner {
				t.Errorf("the deploy path belongs to %v, wanted %v", got, owner)
			}
			if err := release.Run(t.Context(), host, journal.Open(host.Site, deployment, []byte("{}"), deploy.Owner{})); err != nil {
				t.Fatal(err)
			}
		}
		if left, _ := filepath.Glob(host.Site.Private() + "/app.*"); len(left) > 0 {
			t.Errorf("left behind: %v", left)
		}
	})
}

func TestFolderForASharedFile(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		put(t, host.Site.Shared()+"/.env/x", "")
		facts := take(t, host, ".env", "gone")
		if fmt.Sprint(facts.SharedFolders, facts.MissingShared) != "[.env] [gone]" {
			t.Errorf("folders %v, missing %v", facts.SharedFolders, facts.MissingShared)
		}
	})
}

// The survey tells whether others than the deploy user have rights on .slipway, also where it is a link to another disk.
func TestExposed(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		private := host.Site.Private()
		put(t, host.Site.Root+"/elsewhere/format", "1\n")
		if facts := take(t, host); facts.Exposed || facts.Folder == "" {
			t.Errorf("without .slipway: %t, %q", facts.Exposed, facts.Folder)
		}
		if err := os.Symlink("elsewhere", private); err != nil {
			t.Fatal(err)
		}
		for mode, want := range map[os.FileMode]bool{0o700: false, 0o700 | os.ModeSetgid: false, 0o750: true, 0o755: true, 0o701: true, 0o770: true} {
			if err := os.Chmod(private, mode); err != nil {
				t.Fatal(err)
			}
			if facts := take(t, host); facts.Exposed != want || facts.Folder == "" || strings.Contains(facts.Folder, " ") {
				t.Errorf("%s: %t, %q", mode, facts.Exposed, facts.Folder)
			}
		}
	})
}

// A shell that runs a program for printf shows a secret to all users of the host: it is refused before it is given one.
func TestShellWithoutPrintf(t *testing.T) {
	t.Parallel()
	host := releasetest.NewHost(t, "bash") // which has programs for all that shells do
	take(t, host)
	host.Shell = needtest.Program(t, "mksh")
	if _, err := releasetest.Survey(t.Context(), host, host.Site, survey.Question{}); err == nil || !strings.Contains(err.Error(), "its sh has no printf of its own") {
		t.Error(err)
	}
}

// The journal of a balancer has the drains of a whole fleet, and is read.
func TestLongJournal(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		path := filepath.Join(host.Site.Private(), "deployments", string(deployment), "activation.jsonl")
		line := fmt.Sprintf(`{"at":"2026-11-20T07:30:00Z","what":"on","state":"intent","toggle":{"name":"Drain","vars":{"A":"%s"}}}`, strings.Repeat("a", 10_000)) + "\n"
		put(t, path, strings.Repeat(line, 350))
		facts, err := releasetest.Survey(t.Context(), host, host.Site, survey.Question{Deployment: deployment})
		if err != nil || facts.Own == nil || len(facts.Own.Live) != 350 {
			t.Fatal(err)
		}
		put(t, path, strings.Repeat(line, 450))
		if _, err := releasetest.Survey(t.Context(), host, host.Site, survey.Question{Deployment: deployment}); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("of more: %v", err)
		}
	})
}
