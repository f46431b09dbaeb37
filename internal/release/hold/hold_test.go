package hold_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/release"
	"github.com/slipway/slipway/internal/release/hold"
	"github.com/slipway/slipway/internal/release/releasetest"
	"github.com/slipway/slipway/internal/release/survey"
)

func TestHold(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		ctx := t.Context()
		held := func() *deploy.Hold {
			t.Helper()
			facts, err := releasetest.Survey(ctx, host, host.Site, survey.Question{})
			if err != nil {
				t.Fatal(err)
			}
			return facts.Hold
		}
		if got := held(); got != nil {
			t.Errorf("at first: %+v", got)
		}
		want := deploy.Hold{Reason: `it's "frozen" till Monday`, Actor: "anna", At: time.Date(2026, 11, 21, 7, 30, 0, 0, time.UTC)}
		for _, one := range []deploy.Hold{{Reason: "first", At: want.At}, want} {
			if err := release.Run(ctx, host, hold.Set(host.Site, one)); err != nil {
				t.Fatal(err)
			}
		}
		if got := held(); got == nil || *got != want {
			t.Errorf("on hold: %+v", got)
		}
		if left, err := filepath.Glob(host.Site.Private() + "/*"); err != nil || len(left) != 1 {
			t.Errorf("there are %q, %v", left, err)
		}

		// A note that a person wrote by hand holds as well.
		if err := os.WriteFile(filepath.Join(host.Site.Private(), "hold"), []byte("ask ben\nfirst"), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := held(); got == nil || got.Reason != "ask ben first" {
			t.Errorf("a note by hand: %+v", got)
		}
		for range 2 { // twice is once
			if err := release.Run(ctx, host, hold.Clear(host.Site)); err != nil || held() != nil {
				t.Errorf("lifted: %+v, %v", held(), err)
			}
		}
	})
}
