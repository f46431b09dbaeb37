package activate_test

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/release"
	"github.com/slipway/slipway/internal/release/activate"
	"github.com/slipway/slipway/internal/release/releasetest"
)

func TestBlock(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		staged(t, host)
		if _, err := releasetest.LoadBlock(t.Context(), host, host.Site, first); !errors.Is(err, activate.ErrNoBlock) {
			t.Errorf("without a block: %v", err)
		}
		want := activate.Block{
			Activation: deploy.Activation{
				Restart: []deploy.Step{{Name: "it's", Phase: deploy.Activate, Number: 1, Run: "echo \"$X\" '\\n'\n\n# ende\n", Timeout: time.Minute}},
				Verify:  []deploy.Check{{Name: "Health", HTTP: &deploy.HTTPCheck{URL: "http://127.0.0.1:8001/"}, Within: time.Second, Successes: 3}},
			},
			Vars: map[string]string{"A": "one\ntwo", "B": "`$(x)`", "C": "schön\t\x1b"},
		}
		for range 2 {
			if err := release.Run(t.Context(), host, activate.Store(host.Site, first, want)); err != nil {
				t.Fatal(err)
			}
		}
		got, err := releasetest.LoadBlock(t.Context(), host, host.Site, first)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v, %v", got, err)
		}
		files, err := os.ReadDir(host.Site.Records(first))
		if err != nil || len(files) != 2 {
			t.Errorf("left behind: %v, %v", files, err)
		}
		if info, err := os.Stat(filepath.Join(host.Site.Records(first), "activate.json")); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%v, %v", info, err)
		}
	})
}

func TestMark(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		staged(t, host)
		for _, test := range []struct{ mark, want string }{
			{"failed", "failed staged"}, {"bad", "bad failed staged"}, {"verified", "staged verified"}, {"bad", "bad staged verified"},
		} {
			if err := release.Run(t.Context(), host, activate.Mark(host.Site, first, test.mark)); err != nil {
				t.Fatal(err)
			}
			var names []string
			files, _ := os.ReadDir(host.Site.Records(first))
			for _, file := range files {
				names = append(names, file.Name())
			}
			if got := strings.Join(names, " "); got != test.want {
				t.Errorf("after %s: %s, want %s", test.mark, got, test.want)
			}
		}
		for _, mark := range []string{"", "staged", "../x"} {
			if err := release.Run(t.Context(), host, activate.Mark(host.Site, first, mark)); err == nil {
				t.Errorf("mark %q was taken", mark)
			}
		}
		if err := release.Run(t.Context(), host, activate.Mark(host.Site, "20200101-000000-0000000-000000", "bad")); err == nil {
			t.Error("a release that is not there was marked")
		}
	})
}

func TestNote(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		staged(t, host)
		for _, state := range []deploy.RecordState{deploy.RecordIntent, deploy.RecordFailed} {
			entry := activate.Entry{What: "restart", State: state, Release: first}
			if err := release.Run(t.Context(), host, activate.Note(host.Site, deployment, entry)); err != nil {
				t.Fatal(err)
			}
		}
		if got := strings.Join(states(t, host), ","); got != "restart intent,restart failed" {
			t.Errorf("the journal says %s", got)
		}
	})
}

// A line that would make a journal too long to be read is refused before it is written.
func TestNoteThatIsTooLong(t *testing.T) {
	t.Parallel()
	host := releasetest.NewHost(t, "dash")
	entry := activate.Entry{What: deploy.LiveUndo, State: deploy.RecordIntent, Toggle: &deploy.Toggle{Name: "Quiet", Vars: map[string]string{"A": strings.Repeat("a", 1<<20)}}}
	if err := release.Run(t.Context(), host, activate.Note(host.Site, deployment, entry)); err == nil || !strings.Contains(err.Error(), "more than 1 MiB") {
		t.Error(err)
	}
}
