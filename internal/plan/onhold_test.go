package plan_test

import (
	"testing"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/plan"
)

func TestOnHold(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 21, 7, 30, 0, 0, time.UTC)
	for want, hold := range map[string]deploy.Hold{
		"deploys are on hold since 2026-11-21 07:30 UTC by anna: freeze": {At: at, Actor: "anna", Reason: "freeze"},
		"deploys are on hold since 2026-11-21 07:30 UTC: freeze":         {At: at, Reason: "freeze"},
		"deploys are on hold since 2026-11-21 07:30 UTC":                 {At: at},
	} {
		s := &plan.Schedule{Plan: &plan.Plan{}, Hosts: []plan.Host{{Host: deploy.Host{Name: "web1"}}, {Host: deploy.Host{Name: "web2"}, Facts: deploy.Facts{Hold: &hold}}}}
		errs := s.OnHold()
		if len(errs) != 1 || errs[0].Host != "web2" || errs[0].Cause.Error() != want {
			t.Errorf("%v, want %q of web2", errs, want)
		}
	}
}
