package survey_test

import (
	"errors"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/release"
	"github.com/slipway/slipway/internal/release/releasetest"
	"github.com/slipway/slipway/internal/release/stage"
	"github.com/slipway/slipway/internal/release/survey"
)

// prepared writes down what the release holds; its artifact lay there complete at a time from now.
func prepared(t *testing.T, host *releasetest.Host, staged time.Duration) {
	t.Helper()
	mark := host.Site.Records(first) + "/staged"
	put(t, mark, "")
	at := time.Now().Add(staged)
	must(t, os.Chtimes(mark, at, at))
	must(t, release.Run(t.Context(), host, stage.Prepared(host.Site, first)))
}

func wantDrift(t *testing.T, host *releasetest.Host, what string, want ...survey.Difference) {
	t.Helper()
	var found survey.Differences
	ignored := func(path string) bool { return strings.HasPrefix(path, "cache/") }
	if err := asked(t, host, survey.Drift(host.Site, first, ignored, &found)); err != nil || found.ArtifactOnly || found.Count != len(want) || !slices.Equal(found.List, want) {
		t.Errorf("%s: %+v, %v, want %+v", what, found, err, want)
	}
}

// What steps did is no drift, nor what programs make while they run. What was changed since is, of the artifact and of what steps made.
func TestDriftSincePrepared(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		folder := deployed(t, host, map[string]string{
			"index.html": "v1", "config/a b": "one", "config/it's": "two", "gone": "", "open": "", "media/upload": "first", `back\slash`: "three", "end ": "", "version": "?",
		})
		put(t, folder+"/version", "42")
		put(t, folder+"/index.html", "made smaller by a step")
		put(t, folder+"/made/by-a-step", "1")
		put(t, folder+"/made/same size", "1")
		put(t, folder+"/made/gone", "")
		put(t, folder+"/made/tool", "")
		put(t, folder+"/made/kind/x", "")
		put(t, host.Site.Shared()+"/media/upload", "of the site")
		must(t, errors.Join(
			os.Remove(folder+"/gone"), os.Chmod(folder+"/open", 0o600), os.RemoveAll(folder+"/media"), os.Symlink("../../shared/media", folder+"/media"),
			os.Symlink("tool", folder+"/made/link"),
		))
		prepared(t, host, -time.Hour)
		wantDrift(t, host, "as it was prepared")

		put(t, folder+"/config/__pycache__/a.pyc", "")
		put(t, folder+"/b.pyc", "")
		put(t, folder+"/run/web.pid", "1")
		put(t, folder+"/cache/x", "")
		put(t, folder+"/odd\nname", "")
		put(t, host.Site.Shared()+"/media/upload", "changed by the site")
		later := time.Now().Add(time.Minute)
		must(t, errors.Join(
			syscall.Mkfifo(folder+"/fifo", 0o600), syscall.Mknod(folder+"/socket", syscall.S_IFSOCK|0o600, 0), os.Chtimes(folder+"/config/it's", later, later),
			os.Chtimes(folder+`/back\slash`, later, later),
		))
		wantDrift(t, host, "while it runs")

		put(t, folder+"/config/a b", "won")
		put(t, folder+`/back\slash`, "4")
		put(t, folder+"/index.html", "v1")
		put(t, folder+"/made/by-a-step", "22")
		put(t, folder+"/made/same size", "2")
		put(t, folder+"/new/sub/file", "")
		must(t, errors.Join(
			os.Chtimes(folder+"/config/a b", later, later), os.Chtimes(folder+"/made/same size", later, later),
			os.Remove(folder+"/made/gone"), os.Chmod(folder+"/made/tool", 0o755), os.Chmod(folder+"/end ", 0o666),
			os.RemoveAll(folder+"/made/kind"), os.WriteFile(folder+"/made/kind", nil, 0o600),
			os.Remove(folder+"/made/link"), os.Symlink("by-a-step", folder+"/made/link"),
		))
		wantDrift(
			t, host, "changed by hand", survey.Difference{Path: `back\slash`, What: "changed"}, survey.Difference{Path: "config/a b", What: "changed"},
			survey.Difference{Path: "end ", What: "rights"}, survey.Difference{Path: "index.html", What: "changed"},
			survey.Difference{Path: "made/by-a-step", What: "changed"}, survey.Difference{Path: "made/gone", What: "missing"},
			survey.Difference{Path: "made/kind", What: "kind"}, survey.Difference{Path: "made/kind/x", What: "missing"},
			survey.Difference{Path: "made/link", What: "target"}, survey.Difference{Path: "made/same size", What: "changed"},
			survey.Difference{Path: "made/tool", What: "rights"}, survey.Difference{Path: "new/sub/file", What: "added"},
		)
	})
}

// A file of the artifact that no step touched is judged by its content, whatever its size and times say.
func TestDriftOfContent(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		folder := deployed(t, host, map[string]string{"a": "one", "b": "two"})
		prepared(t, host, time.Hour)
		info, err := os.Stat(folder + "/a")
		must(t, err)
		put(t, folder+"/a", "won")
		must(t, os.Chtimes(folder+"/a", info.ModTime(), info.ModTime()))
		wantDrift(t, host, "by its content", survey.Difference{Path: "a", What: "changed"})
	})
}

// A record that was cut short, as by a crash, is none.
func TestDriftByHalfARecord(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		folder := deployed(t, host, map[string]string{"a": "one"})
		put(t, folder+"/made", "")
		prepared(t, host, 0)
		record := host.Site.Records(first) + "/prepared"
		must(t, os.Truncate(record, 20))
		var found survey.Differences
		if err := asked(t, host, survey.Drift(host.Site, first, none, &found)); err != nil || !found.ArtifactOnly || found.Count > 0 || found.Compared != 3 {
			t.Errorf("%+v, %v", found, err)
		}
	})
}
