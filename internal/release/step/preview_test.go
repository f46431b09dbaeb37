package step_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/release"
	"github.com/slipway/slipway/internal/release/releasetest"
	"github.com/slipway/slipway/internal/release/step"
	"github.com/slipway/slipway/internal/secret"
)

// A preview runs in what is live, sees what the step would see and the names of the new files, and writes nothing of its own.
func TestPreview(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		live := filepath.Join(host.Site.Root, "releases", "live", "src")
		if err := os.MkdirAll(live, 0o700); err != nil {
			t.Fatal(err)
		}
		limit := time.Minute
		ask := func(script, dir, files string) step.Told {
			t.Helper()
			var told step.Told
			inst := step.Instance{
				Step:    deploy.Step{Name: "Migrate", Preview: script, Dir: dir, Timeout: limit},
				Vars:    map[string]string{"SLIPWAY_HOST": "web1", "PORT": "80"},
				Secrets: map[string]secret.Secret{"TOKEN": secret.New("it's $secret")},
			}
			if err := release.Run(t.Context(), host, step.Preview(host.Site, inst, files, &told)); err != nil {
				t.Fatal(err)
			}
			return told
		}
		if told := ask("echo there", "", "a\n"); !told.Nothing || len(told.Lines) > 0 {
			t.Errorf("where nothing is live: %+v", told)
		}
		if err := os.Symlink("releases/live", filepath.Join(host.Site.Root, "current")); err != nil {
			t.Fatal(err)
		}
		before := releasetest.Tree(t, host.Site.Root, func(os.FileInfo) string { return "" })
		told := ask("cat\necho \"$PORT $TOKEN ${LC_ALL-none}\"\nls -d src\necho aside >&2\n", "", "a\nb/c\n")
		if got := strings.Join(told.Lines, "|"); got != "a|b/c|80 it's $secret none|src|aside" || !told.Status.OK() || told.Nothing {
			t.Errorf("%q, %+v", got, told)
		}
		if told = ask("pwd\nexit 3", "src", strings.Repeat("a name of a file\n", 100_000)); told.Status.Exit != 3 || !strings.HasSuffix(told.Lines[0], "/src") {
			t.Errorf("one that fails, and reads nothing: %+v", told)
		}
		if told = ask("false\necho on", "", ""); told.Status.Exit != 1 || len(told.Lines) > 0 {
			t.Errorf("it goes on after a failure: %+v", told)
		}
		if told = ask("i=0; while [ $i -lt 3000 ]; do echo a line of what it prints; i=$((i + 1)); done; echo last", "", ""); len(told.Lines) > 1000 || told.Lines[len(told.Lines)-1] != "last" {
			t.Errorf("of much that is printed there are %d lines", len(told.Lines))
		}
		limit = time.Second
		if told = ask("echo begun; sleep 600 & sleep 600", "", ""); !told.Status.TimedOut || told.Status.Limit != limit || told.Lines[0] != "begun" {
			t.Errorf("one that does not end: %+v", told)
		}
		if after := releasetest.Tree(t, host.Site.Root, func(os.FileInfo) string { return "" }); len(after) != len(before) {
			t.Errorf("there was %v, and is %v", before, after)
		}
	})
}
