package plan

import (
	"errors"

	"github.com/slipway/slipway/internal/deploy"
)

// OnHold are the hosts on which a person wants no deployments.
func (s *Schedule) OnHold() deploy.Errors {
	var errs deploy.Errors
	for _, h := range s.Hosts {
		if hold := h.Facts.Hold; hold != nil {
			errs = append(errs, &deploy.Error{
				Host: h.Name, Phase: deploy.Preflight,
				Cause: errors.New(holdText(hold)),
				Hint:  "when it is over: `" + deploy.Joined(" -e ", "slipway unhold", s.Environment) + "`",
			})
		}
	}
	return errs
}

// holdText says since when deploys are on hold, by whom, and why, as far as that is known.
func holdText(hold *deploy.Hold) string {
	text := "deploys are on hold since " + hold.At.UTC().Format("2006-01-02 15:04 UTC")
	if hold.Actor != "" {
		text += " by " + hold.Actor
	}
	if hold.Reason != "" {
		text += ": " + hold.Reason
	}
	return text
}
