package app

import (
	"context"
	"strings"

	"github.com/slipway/slipway/internal/config"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/outlook"
	"github.com/slipway/slipway/internal/plan"
)

// outlook adds to a preview what recipes can tell of their steps. A command that takes no artifact runs none of those. What a pull request
// brings with it is not run on a host before it is merged: of its own recipes only the names are read.
func (p *planned) outlook(ctx context.Context, s *plan.Schedule, cfg *config.Config, proposed bool, view *deploy.Preview) {
	if p.tarball == nil {
		return
	}
	steps := s.Previewed()
	for i, step := range steps {
		if proposed && step.Preview != "" && strings.HasPrefix(step.Uses, "./") {
			steps[i].Preview = ""
			view.Steps[i].Unknown = "its recipe is the pull request's"
		}
	}
	question := outlook.Question{Steps: steps, Vars: s.Vars, Secrets: cfg.Secrets, Next: p.tarball.Manifest()}
	for i, told := range outlook.Ask(ctx, p.hosts, question) {
		if steps[i].Preview != "" {
			view.Steps[i].Outlook, view.Steps[i].Unknown = told.Note, told.Unknown
		}
	}
}
