package journal_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/release"
	"github.com/slipway/slipway/internal/release/journal"
	"github.com/slipway/slipway/internal/release/releasetest"
)

const deployment = deploy.DeploymentID("412-deploy-abc")

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Error(err)
	}
	return string(text)
}

func TestOpen(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		var ids []string
		for _, plan := range []string{`{"release": "it's \\n $HOME"}`, "{}"} {
			if err := release.Run(t.Context(), host, journal.Open(host.Site, deployment, []byte(plan), deploy.Owner{})); err != nil {
				t.Fatal(err)
			}
			if got := read(t, host.Site.Journal(deployment)+"/plan.json"); got != plan+"\n" {
				t.Errorf("the plan is %q", got)
			}
			ids = append(ids, read(t, host.Site.Private()+"/id"))
		}
		if ids[0] != ids[1] || len(strings.TrimSpace(ids[0])) < 20 {
			t.Errorf("the host's ID is %q", ids)
		}
		if got := read(t, host.Site.Private()+"/format"); got != "1\n" {
			t.Errorf("format %q", got)
		}
		for path, mode := range map[string]os.FileMode{
			"": 0o755, "releases": 0o755, "shared": 0o755, ".slipway": 0o700, ".slipway/id": 0o600, ".slipway/releases": 0o700,
			".slipway/secrets": 0o700, ".slipway/deployments/" + string(deployment): 0o700,
			".slipway/deployments/" + string(deployment) + "/plan.json": 0o600, ".slipway/reserve": 0o600,
		} {
			if info, err := os.Stat(filepath.Join(host.Site.Root, path)); err != nil || info.Mode().Perm() != mode {
				t.Errorf("%q: %v, %v", path, info, err)
			}
		}
		if files, _ := os.ReadDir(host.Site.Private()); len(files) != 6 {
			t.Errorf("left behind among %v", files)
		}
	})
}

// The deploy path becomes the owner's; an owner without a name leaves it as it is.
func TestOpenSaysWhoseItIs(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		for _, step := range []struct {
			owner deploy.Owner
			want  string
		}{
			{deploy.Owner{App: "shop", Environment: "production"}, "shop production\n"},
			{deploy.Owner{}, "shop production\n"},
			{deploy.Owner{App: "blog"}, "blog\n"},
		} {
			if err := release.Run(t.Context(), host, journal.Open(host.Site, deployment, []byte("{}"), step.owner)); err != nil {
				t.Fatal(err)
			}
			if got := read(t, host.Site.Private()+"/app"); got != step.want {
				t.Errorf("after %v it is %q's, want %q", step.owner, got, step.want)
			}
		}
	})
}

func TestOpenUnderAPrivateUmask(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		host.Patch = func(script string) string { return "umask 077\n" + script }
		if err := release.Run(t.Context(), host, journal.Open(host.Site, deployment, []byte("{}"), deploy.Owner{})); err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(host.Site.Root + "/releases"); err != nil || info.Mode().Perm() != 0o755 {
			t.Errorf("%v, %v: a web server could not read the releases", info.Mode(), err)
		}
	})
}

func TestOpenRefusesANewerLayout(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		if err := errors.Join(os.MkdirAll(host.Site.Private(), 0o755), os.WriteFile(host.Site.Private()+"/format", []byte("2\n"), 0o600)); err != nil {
			t.Fatal(err)
		}
		err := release.Run(t.Context(), host, journal.Open(host.Site, deployment, []byte("{}"), deploy.Owner{}))
		if err == nil || !strings.Contains(err.Error(), "has version 2, this Slipway knows 1") {
			t.Error(err)
		}
	})
}

func TestOpenSaysWhy(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		if err := errors.Join(os.MkdirAll(filepath.Dir(host.Site.Root), 0o755), os.WriteFile(host.Site.Root, nil, 0o600)); err != nil {
			t.Fatal(err)
		}
		err := release.Run(t.Context(), host, journal.Open(host.Site, deployment, []byte("{}"), deploy.Owner{}))
		if err == nil || !strings.Contains(err.Error(), "File exists") {
			t.Error(err)
		}
	})
}

// Two deployments that meet on a new host agree on its ID.
func TestOpenAtTheSameTime(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				if err := release.Run(t.Context(), host, journal.Open(host.Site, deployment, []byte("{}"), deploy.Owner{})); err != nil {
					t.Log(err) // one may find a file of the other's gone: it is not this that is tested
				}
			})
		}
		all.Wait()
		id := read(t, host.Site.Private()+"/id")
		if err := release.Run(t.Context(), host, journal.Open(host.Site, deployment, []byte("{}"), deploy.Owner{})); err != nil || read(t, host.Site.Private()+"/id") != id || id == "" {
			t.Errorf("%q became %q, %v", id, read(t, host.Site.Private()+"/id"), err)
		}
	})
}

func TestAppend(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		if err := release.Run(t.Context(), host, journal.Open(host.Site, deployment, []byte("{}"), deploy.Owner{})); err != nil {
			t.Fatal(err)
		}
		opened, _ := os.ReadDir(host.Site.Private())
		for _, actor := range []string{"anna", `it's "ben" \n %s`, "zoë"} {
			entry := deploy.HistoryEntry{At: time.Unix(1, 0).UTC(), Release: "r", Deployment: deployment, Command: "deploy", Actor: actor, Outcome: "activated"}
			if err := release.Run(t.Context(), host, journal.Append(host.Site, entry)); err != nil {
				t.Fatal(err)
			}
		}
		lines := strings.SplitAfter(read(t, host.Site.History()), "\n")
		if len(lines) != 4 || !strings.Contains(lines[1], `"actor":"it's \"ben\" \\n %s"`) {
			t.Errorf("the history is %q", lines)
		}
		files, _ := os.ReadDir(host.Site.Private())
		if !slices.ContainsFunc(files, func(f os.DirEntry) bool { return f.Name() == "history.jsonl" }) || len(files) != len(opened)+1 {
			t.Errorf("left behind among %v", files)
		}

		// A write that fails leaves the history as it is.
		before := read(t, host.Site.History())
		host.Patch = func(script string) string {
			return "printf() { command printf '{\"at'; return 1; }\n" + script
		}
		if err := release.Run(t.Context(), host, journal.Append(host.Site, deploy.HistoryEntry{})); err == nil {
			t.Error("a failed write went unnoticed")
		}
		if after := read(t, host.Site.History()); after != before {
			t.Errorf("the history became %q", after)
		}
	})
}

// A deployment that ended says how, until an attempt opens its journal again.
func TestEnd(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		outcome := host.Site.Journal(deployment) + "/outcome"
		if err := release.Run(t.Context(), host, journal.End(host.Site, deployment, "activated", nil)); err != nil {
			t.Errorf("without a journal: %v", err)
		}
		for _, word := range []string{"failed", "activated"} {
			if err := release.Run(t.Context(), host, journal.Open(host.Site, deployment, []byte("{}"), deploy.Owner{})); err != nil {
				t.Fatal(err)
			}
			if _, err := os.Stat(outcome); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("a deployment that goes on has an outcome: %v", err)
			}
			if err := os.WriteFile(outcome, nil, 0o600); err != nil { // of one that was killed
				t.Fatal(err)
			}
			for range 2 {
				if err := release.Run(t.Context(), host, journal.End(host.Site, deployment, word, nil)); err != nil {
					t.Fatal(err)
				}
			}
			if got := read(t, outcome); got != word+"\n" {
				t.Errorf("the outcome is %q", got)
			}
		}
		if files, _ := os.ReadDir(host.Site.Journal(deployment)); len(files) != 3 {
			t.Errorf("left behind among %v", files)
		}
	})
}
