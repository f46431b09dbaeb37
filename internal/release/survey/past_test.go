package survey_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/plan"
	"github.com/slipway/slipway/internal/release"
	"github.com/slipway/slipway/internal/release/journal"
	"github.com/slipway/slipway/internal/release/releasetest"
	"github.com/slipway/slipway/internal/release/survey"
)

// asked carries a question out, and fails where it changes anything on the host.
func asked(t *testing.T, host *releasetest.Host, op release.Operation) error {
	t.Helper()
	before := tree(t, host)
	err := release.Run(t.Context(), host, op)
	if after := tree(t, host); !slices.Equal(before, after) {
		t.Errorf("%s changed the host: %q became %q", op.Name, before, after)
	}
	return err
}

func TestPast(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		var past survey.Past
		if err := asked(t, host, survey.TakePast(host.Site, &past)); err != nil || len(past.Journals) > 0 || len(past.History) > 0 {
			t.Fatalf("a new host has %+v, %v", past, err)
		}
		for _, id := range []deploy.DeploymentID{"411-old", "412-new"} {
			if err := release.Run(t.Context(), host, journal.Open(host.Site, id, []byte("{}"), deploy.Owner{})); err != nil {
				t.Fatal(err)
			}
		}
		folder := host.Site.Journal("411-old")
		put(t, folder+"/activation.jsonl", `{"at":"2026-11-21T07:30:00Z","what":"verify","state":"ok"}`+"\n"+`{"at":"2026-11-21T07:31:00Z","what":"verify","state":"failed"}`+"\n")
		put(t, folder+"/steps/prepare-1-build/do-1/status", "exit 3   \n")
		put(t, folder+"/steps/prepare-1-build/do-1/meta", "abc 1\n")
		put(t, folder+"/steps/prepare-1-build/do-2/meta", "abc 2\n")
		if err := release.Run(t.Context(), host, journal.End(host.Site, "411-old", "unwound", nil)); err != nil {
			t.Fatal(err)
		}
		hour := time.Now().Add(-time.Hour)
		if err := os.Chtimes(folder, hour, hour); err != nil {
			t.Fatal(err)
		}
		put(t, host.Site.History(), `{"at":"2026-11-20T07:30:00Z","release":"`+string(first)+`","outcome":"activated"}`+"\nnot JSON\n")
		if err := asked(t, host, survey.TakePast(host.Site, &past)); err != nil {
			t.Fatal(err)
		}
		if len(past.Journals) != 2 || past.Journals[0].ID != "412-new" || past.Journals[0].Outcome != "" || !past.Journals[0].Ended.IsZero() {
			t.Fatalf("the newest journal comes first: %+v", past.Journals)
		}
		old := past.Journals[1]
		if old.Outcome != "unwound" || old.Ended.IsZero() || old.Begun.IsZero() || len(old.Failed) != 1 || old.Failed[0].What != deploy.LiveVerify {
			t.Errorf("a journal that ended: %+v", old)
		}
		if len(old.Steps) != 2 || old.Steps[0].Status != "exit 3" || old.Steps[1].Status != "" || old.Steps[1].Try != 2 {
			t.Errorf("its steps: %+v", old.Steps)
		}
		if len(past.History) != 1 || past.History[0].Release != first || past.Damaged != 1 {
			t.Errorf("a history with a damaged line: %+v, %d", past.History, past.Damaged)
		}
	})
}

// Of a fleet's plan most is what each step is on each host: that is left out on the host.
func TestPlans(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		text := `{
  "format": 1,
  "deployment": "412-new",
  "release": "` + string(first) + `",
  "command": "deploy",
  "hosts": [
    "web1",
    "web2"
  ],
  "steps": [
    {
      "phase": "prepare",
      "name": "Build {it}",
      "hosts": [
        "web1",
        "web2"
      ],
      "fingerprints": {
        "web1": "aaa",
        "web2": "bbb"
      }
    },
    {
      "phase": "migrate",
      "name": "Migrate",
      "once": true,
      "hosts": [
        "web1"
      ],
      "fingerprints": {}
    }
  ]
}`
		if err := release.Run(t.Context(), host, journal.Open(host.Site, "412-new", []byte(text), deploy.Owner{})); err != nil {
			t.Fatal(err)
		}
		plans := map[deploy.DeploymentID][]byte{}
		if err := asked(t, host, survey.TakePlans(host.Site, []deploy.DeploymentID{"411-gone", "412-new"}, plans)); err != nil {
			t.Fatal(err)
		}
		record := plan.Read(plans["412-new"])
		if len(plans) != 1 || record.Release != first || !slices.Equal(record.Hosts, []string{"web1", "web2"}) || len(record.Steps) != 2 ||
			record.Steps[0].Name != "Build {it}" || record.Steps[1].Name != "Migrate" {
			t.Errorf("%+v of %q", record, plans)
		}
		if got := string(plans["412-new"]); strings.Contains(got, "aaa") || strings.Count(got, "web1") != 1 {
			t.Errorf("what is each host's was sent: %s", got)
		}
	})
}

func TestLogs(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		steps := host.Site.Journal("412-new") + "/steps/"
		put(t, steps+"prepare-1-build/do-1/meta", "abc 1\n")
		put(t, steps+"prepare-1-build/do-1/status", "exit 0\n")
		put(t, steps+"prepare-1-build/do-1/log", "one\x00two\nno end")
		put(t, steps+"prepare-2-long/undo-3/log", strings.Repeat("old\n", 100))
		put(t, steps+"prepare-2-long/undo-3/log.9", "older\n")
		put(t, steps+"prepare-2-long/undo-3/log.400", strings.Repeat("newer\n", 5))
		put(t, steps+"prepare-2-long/undo-3/log.1000", "newest\n")
		tries := []deploy.StepFacts{
			{Folder: "prepare-1-build", Try: 1}, {Folder: "prepare-2-long", Undo: true, Try: 3}, {Folder: "prepare-3-gone", Try: 1},
		}
		logs := map[int]survey.Log{}
		take := func(try int, log survey.Log) { logs[try] = log }
		if err := asked(t, host, survey.TakeLogs(host.Site, "412-new", tries, 20, take)); err != nil {
			t.Fatal(err)
		}
		if len(logs) != 2 || string(logs[0].Text) != "one?two\nno end" || logs[0].Cut || logs[0].Begun.IsZero() || logs[0].Ended.IsZero() {
			t.Errorf("a short log: %+v", logs[0])
		}
		if got := logs[1]; string(got.Text) != "r\nnewer\nnewer\nnewest\n"[1:] || !got.Cut || !got.Ended.IsZero() {
			t.Errorf("the end of a long log: %q, %+v", got.Text, got)
		}
	})
}

// deployed is the folder of a release whose manifest is that of files, as an upload leaves it, with a folder and a link.
func deployed(t *testing.T, host *releasetest.Host, files map[string]string) string {
	t.Helper()
	folder := host.Site.Release(first)
	var sums, entries []string
	for name, text := range files {
		put(t, folder+"/"+name, text)
		if err := os.Chmod(folder+"/"+name, 0o644); err != nil {
			t.Fatal(err)
		}
		sums = append(sums, fmt.Sprintf("%x  ./%s\n", sha256.Sum256([]byte(text)), name))
		entries = append(entries, "f 644 ./"+name+"\n")
	}
	entries = append(entries, "d 755 ./config\n", "l 777 ./link -> index.html\n")
	if err := errors.Join(os.MkdirAll(folder+"/config", 0o755), os.Symlink("index.html", folder+"/link")); err != nil {
		t.Fatal(err)
	}
	slices.Sort(sums)
	slices.Sort(entries)
	put(t, host.Site.Records(first)+"/manifest/sha256", strings.Join(sums, ""))
	put(t, host.Site.Records(first)+"/manifest/entries", strings.Join(entries, ""))
	return folder
}

// none ignores no path.
func none(string) bool { return false }

func TestDrift(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		var found survey.Differences
		if err := asked(t, host, survey.Drift(host.Site, first, none, &found)); !errors.Is(err, survey.ErrNoManifest) {
			t.Errorf("no manifest: %v", err)
		}
		folder := deployed(t, host, map[string]string{
			"index.html": "v1", "config/a b": "one", "config/it's": "two", "gone": "", "open": "", "media/upload": "first", ".env": "of the artifact", "file": "",
		})
		want := []survey.Difference{}
		check := func(what string) {
			t.Helper()
			if err := asked(t, host, survey.Drift(host.Site, first, none, &found)); err != nil || found.Compared != 10 || found.Count != len(want) || !slices.Equal(found.List, want) {
				t.Errorf("%s: %+v, %v, want %+v", what, found, err, want)
			}
		}
		if err := errors.Join(
			os.RemoveAll(folder+"/media"), os.Remove(folder+"/.env"),
			os.MkdirAll(host.Site.Shared()+"/media", 0o755), os.MkdirAll(host.Site.Secrets(first), 0o700),
			os.Symlink("../../shared/media", folder+"/media"), os.Symlink("../../.slipway/secrets/"+string(first)+"/.env", folder+"/.env"),
		); err != nil {
			t.Fatal(err)
		}
		put(t, host.Site.Shared()+"/media/upload", "changed by the site")
		put(t, host.Site.Secrets(first)+"/.env", "SECRET")
		put(t, folder+"/made/by-a-step", "")
		check("as it was deployed")

		put(t, folder+"/config/a b", "changed")
		if err := errors.Join(
			os.Remove(folder+"/gone"), os.Chmod(folder+"/open", 0o666), os.Chmod(folder+"/index.html", os.ModeSetuid|os.ModeSetgid|0o644), os.Chmod(folder+"/config/it's", 0o644), os.Chmod(folder+"/config/a b", 0o644),
			os.Remove(folder+"/link"), os.Symlink("config", folder+"/link"), os.Remove(folder+"/file"), os.Mkdir(folder+"/file", 0o755),
		); err != nil {
			t.Fatal(err)
		}
		want = []survey.Difference{
			{Path: "config/a b", What: "changed"},
			{Path: "file", What: "kind"},
			{Path: "gone", What: "missing"},
			{Path: "index.html", What: "rights"},
			{Path: "link", What: "target"},
			{Path: "open", What: "rights"},
		}
		check("changed by hand")

		// Another umask took rights away and gave some: what the owner may counts, and setuid.
		host.Site.Umask = "002"
		want = slices.DeleteFunc(want, func(d survey.Difference) bool { return d.Path == "open" })
		check("under another umask")
	})
}

// However many files differ, the answer has a bound, and the count is whole.
func TestManyDifferences(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		folder := deployed(t, host, map[string]string{"index.html": "v1"})
		var entries strings.Builder
		for i := range 2500 {
			fmt.Fprintf(&entries, "f 644 ./gone/%d\n", i)
		}
		put(t, host.Site.Records(first)+"/manifest/entries", entries.String())
		if err := os.Remove(folder + "/link"); err != nil {
			t.Fatal(err)
		}
		var found survey.Differences
		if err := asked(t, host, survey.Drift(host.Site, first, none, &found)); err != nil || found.Count != 2500 || len(found.List) != 2000 {
			t.Errorf("%d of %d, %v", len(found.List), found.Count, err)
		}
	})
}
