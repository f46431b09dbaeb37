package rollout

import (
	"testing"
	"time"

	"slipway/internal/deploy"
)

func TestOnHold(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 21, 7, 30, 0, 0, time.UTC)
	for want, hold := range map[string]deploy.Hold{
		"deploys are on hold since 2026-11-21 07:30 by anna: freeze": {At: at, Actor: "anna", Reason: "freeze"},
		"deploys are on hold since 2026-11-21 07:30: freeze":         {At: at, Reason: "freeze"},
		"deploys are on hold since 2026-11-21 07:30":                 {At: at},
	} {
		if got := holdText(&hold); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
