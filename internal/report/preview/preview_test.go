package preview_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/golden"
	"github.com/slipway/slipway/internal/report/preview"
)

// fleet is a preview with something of everything.
func fleet() deploy.Preview {
	var many []string
	for i := range 30 {
		many = append(many, fmt.Sprintf("static/%02d.css", i))
	}
	return deploy.Preview{
		Header: deploy.Header{
			Command: "deploy", App: "shop", Environment: "production", Revision: "1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d",
			Release: "20261121-073000-1a2b3c4-9f3c51", ArtifactSize: 38_200_000, Hosts: []string{"web1", "web2", "jobs1"},
		},
		Live: []deploy.LiveRelease{
			{Host: "web1", Release: "20261119-101500-77aa001-02be44"}, {Host: "web2", Release: "20261119-101500-77aa001-02be44"}, {Host: "jobs1", Foreign: "releases/7"},
		},
		Upload: []string{"web1", "web2", "jobs1"},
		Deltas: []deploy.Delta{{Hosts: []string{"web1", "web2"}, Traffic: deploy.Traffic{Sent: 1_100_000, Reused: 36_900_000}}},
		Steps: []deploy.PreviewStep{
			{Phase: deploy.Prepare, Name: "Install dependencies", Uses: "python/venv", Hosts: []string{"web1", "web2", "jobs1"}},
			{Phase: deploy.Prepare, Name: "Build", Hosts: []string{"web1"}, Receivers: []string{"web2"}, Unknown: "exit 1: no <module>"},
			{Phase: deploy.Migrate, Name: "Migrate | all", Hosts: []string{"web1"}, Outlook: "pending shop.0042, shop.0043"},
			{Phase: deploy.Finish, Name: "Purge CDN", Hosts: []string{"web1"}},
		},
		Batches: []deploy.PreviewBatch{{Hosts: []string{"jobs1"}, Canary: true, Wait: 2 * time.Minute}, {Hosts: []string{"web1", "web2"}}},
		Fleet:   []string{"Public", "Errors"}, Watch: 5 * time.Minute,
		Files: []deploy.FileChanges{
			{
				Hosts: []string{"web1", "web2"}, Live: "20261119-101500-77aa001-02be44", Added: many, Changed: []string{"a ` b.txt"}, Removed: []string{"old"},
				Diffs: []deploy.FileDiff{{Path: "a ` b.txt", Text: "--- a/a ` b.txt\n+++ b/a ` b.txt\n@@ -1 +1 @@\n-```\n+<b>"}},
			},
			{Hosts: []string{"jobs1"}, Unknown: "another tool made what is live: releases/7"},
		},
		Secrets: []deploy.SecretChanges{
			{Hosts: []string{"web1", "web2"}, Changed: []string{".env"}, Unchanged: []string{"key.pem"}, Removed: []string{"old.key"}},
			{Hosts: []string{"jobs1"}, Changed: []string{".env"}, Unknown: []string{"key.pem"}},
		},
		Ahead:    []string{"waits for web1: locked by run 412 by ben, 3m (deploy)"},
		Warnings: []string{"web2: its clock is 7m ahead of this runner's"},
		Refusals: deploy.Errors{
			{Host: "web1", Cause: errors.New("deploys are on hold"), Hint: "`slipway unhold`"},
			{Host: "web2", Cause: errors.New("deploys are on hold"), Hint: "`slipway unhold`"},
			{Host: "jobs1", Own: []string{"deploy@10.0.0.3:22"}, Cause: errors.New("deploy@10.0.0.3:22 refuses the key"), Hint: "is the user right?"},
			{Host: "jobs2", Own: []string{"deploy@10.0.0.4:22"}, Cause: errors.New("deploy@10.0.0.4:22 refuses the key"), Hint: "is the user right?"},
		},
	}
}

// What people and programs see is as it was written down.
func TestGolden(t *testing.T) {
	t.Parallel()
	view := fleet()
	document, err := preview.JSON(view)
	if err != nil {
		t.Fatal(err)
	}
	lines := append(preview.FileLines(view.Files[0]), preview.Lines(view)...)
	for name, got := range map[string]string{
		"fleet.log": strings.Join(lines, "\n") + "\n", "fleet.md": preview.Markdown(view), "fleet.json": string(document),
	} {
		golden.Check(t, "testdata/"+name, got)
	}
}

// A page that grows too large for a summary loses its diffs first, then the names of files, and stays a page.
func TestMarkdownIsBounded(t *testing.T) {
	t.Parallel()
	view := fleet()
	view.Files[0].Diffs[0].Text = strings.Repeat("+ long\n", 300_000)
	page := preview.Markdown(view)
	if len(page) > 1<<20 || !strings.Contains(page, "static/00.css") || strings.Contains(page, "+ long") {
		t.Errorf("%d bytes", len(page))
	}
	view.Warnings = []string{strings.Repeat("word ", 20_000)}
	if page = preview.Page(view, 65_536); len(page) > 4096 || !strings.HasPrefix(page, "## ❌ Plan: ") {
		t.Errorf("%d bytes: %.80s", len(page), page)
	}
}

// A smaller page keeps as many diffs as fit, and says how many it has not.
func TestPageKeepsWhatFits(t *testing.T) {
	t.Parallel()
	view := fleet()
	view.Files[0].Diffs = nil
	for i := range 8 {
		view.Files[0].Diffs = append(view.Files[0].Diffs, deploy.FileDiff{Path: "a", Text: fmt.Sprintf("+diff %d%s", i, strings.Repeat(".", 10_000))})
	}
	for most, want := range map[int]int{100_000: 8, 65_536: 4, 30_000: 2, 15_000: 1, 5_000: 0} {
		page := preview.Page(view, most)
		kept := strings.Count(page, "+diff ")
		if kept != want || len(page) > most || !strings.Contains(page, "static/00.css") {
			t.Errorf("%d bytes: %d diffs in %d bytes, wanted %d", most, kept, len(page), want)
		}
		if said := strings.Contains(page, fmt.Sprintf("(the log has %d diffs more)", 8-want)); said != (want < 8) {
			t.Errorf("%d bytes: the rest is not told rightly", most)
		}
	}
}
