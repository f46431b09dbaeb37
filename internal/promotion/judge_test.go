package promotion

import (
	"strings"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/deploy"
)

func TestJudge(t *testing.T) {
	t.Parallel()
	const id, other = deploy.ReleaseID("20261121-073000-1a2b3c4-9f3c51"), deploy.ReleaseID("20261119-101500-77aa001-02be44")
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	good := func() deploy.Facts {
		return deploy.Facts{
			Host: "staging1", Current: deploy.CurrentRelease, CurrentID: id, Releases: []deploy.ReleaseFacts{{ID: other, Verified: true}, {ID: id, Staged: true, Verified: true}},
			History: []deploy.HistoryEntry{
				{Release: id, Outcome: "activated", At: now.Add(-48 * time.Hour)},
				{Release: other, Outcome: "activated", At: now.Add(-24 * time.Hour)},
				{Release: id, Outcome: "activated", At: now.Add(-30 * time.Minute)},
			},
		}
	}
	for name, c := range map[string]struct {
		change func(*deploy.Facts)
		soak   time.Duration
		want   string // "" is that it may
	}{
		"good":            {want: ""},
		"soaked":          {soak: 30 * time.Minute, want: ""},
		"too young":       {soak: time.Hour, want: "has been live in staging for 30m, and `soak` is 1h"},
		"a clock ahead":   {soak: time.Hour, change: func(f *deploy.Facts) { f.History[2].At = now.Add(time.Hour) }, want: "live in staging for 0s"},
		"no history":      {soak: time.Hour, change: func(f *deploy.Facts) { f.History = nil }, want: "not known since when"},
		"none needed":     {change: func(f *deploy.Facts) { f.History = nil }, want: ""},
		"unwound to it":   {soak: time.Hour, change: func(f *deploy.Facts) { f.History[2].Outcome = "unwound" }, want: ""},
		"bad":             {change: func(f *deploy.Facts) { f.Releases[1].Bad = true }, want: "failed its checks"},
		"not verified":    {change: func(f *deploy.Facts) { f.Releases[1].Verified = false }, want: "was not verified"},
		"nothing":         {change: func(f *deploy.Facts) { f.Current, f.CurrentID = deploy.CurrentNone, "" }, want: "runs no release"},
		"another tool's":  {change: func(f *deploy.Facts) { f.Current, f.CurrentID = deploy.CurrentForeign, "" }, want: "runs no release"},
		"under way there": {change: func(f *deploy.Facts) { f.Unfinished = []deploy.JournalFacts{{ID: "run-412"}} }, want: "run-412 is not at its end"},
	} {
		facts := good()
		if c.change != nil {
			c.change(&facts)
		}
		err := judge(facts, Policy{Environment: "staging", Soak: c.soak, Now: now})
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}
