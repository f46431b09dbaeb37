package promotion

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/fleet"
)

// What is promoted is what all hosts of the source run: its commit and its run are those that a history knows of, its time that of the
// host that got it last.
func TestAgreed(t *testing.T) {
	t.Parallel()
	const id = deploy.ReleaseID("20261121-073000-1a2b3c4-9f3c51")
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	host := func(name string, content deploy.Digest, entry deploy.HistoryEntry) runs {
		h := &fleet.Host{Host: deploy.Host{Name: name, DeployPath: "/srv/" + name}, Facts: deploy.Facts{Host: name, Machine: "m-" + name, CurrentID: id}}
		if entry.Outcome != "" {
			entry.Release = id
			h.Facts.History = []deploy.HistoryEntry{entry}
		}
		return runs{host: h, content: content}
	}
	const commit = "1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d"
	by := deploy.Provenance{RunID: 412}
	early := host("a", "one", deploy.HistoryEntry{Outcome: "activated", At: now.Add(-2 * time.Hour), Revision: commit, Provenance: by})
	late := host("b", "one", deploy.HistoryEntry{Outcome: "activated", At: now.Add(-time.Hour)})
	silent := host("c", "one", deploy.HistoryEntry{})
	for _, order := range [][]runs{{early, late, silent}, {late, early, silent}, {silent, late, early}} {
		found, err := agreed(order, Policy{Environment: "staging"})
		if err != nil {
			t.Fatal(err)
		}
		if found.Revision != commit || found.BuiltBy != by || !found.Since.Equal(now.Add(-time.Hour)) || found.Content != "one" || found.Release != id {
			t.Errorf("%+v", found)
		}
		if want := (Place{Machine: "m-" + found.Host(), Folder: "/srv/" + found.Host() + "/releases/" + string(id), Records: "/srv/" + found.Host() + "/.slipway/releases/" + string(id)}); len(found.Places) != 3 || found.Places[0] != want {
			t.Errorf("places %v, wanted %v first", found.Places, want)
		}
	}

	lost := early
	lost.err = deploy.OnHost("a", deploy.Preflight, "", errors.New("no route"))
	for name, test := range map[string]struct {
		running []runs
		want    []string
	}{
		"another content": {[]runs{early, host("b", "two", deploy.HistoryEntry{})}, []string{"b: ", "another content", "slipway join"}},
		"no manifest":     {[]runs{early, host("b", "", deploy.HistoryEntry{})}, []string{"b: ", "has no manifest there: another tool made it"}},
		"not to be asked": {[]runs{lost, late}, []string{"no route"}},
		"no hosts":        {nil, []string{"staging has no host that gets releases"}},
	} {
		_, err := agreed(test.running, Policy{Environment: "staging"})
		for _, want := range test.want {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v, wanted %q", name, err, want)
			}
		}
	}
}
