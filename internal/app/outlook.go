package app

import (
	"context"

	"slipway/internal/config"
	"slipway/internal/deploy"
	"slipway/internal/outlook"
	"slipway/internal/plan"
)

// outlook adds to a preview what recipes can tell of their steps. A command that takes no artifact runs none of those.
func (p *planned) outlook(ctx context.Context, s *plan.Schedule, cfg *config.Config, view *deploy.Preview) {
	if p.tarball == nil {
		return
	}
	question := outlook.Question{Steps: s.Previewed(), Vars: s.Vars, Secrets: cfg.Secrets, Next: p.tarball.Manifest()}
	for i, told := range outlook.Ask(ctx, p.hosts, question) {
		view.Steps[i].Outlook, view.Steps[i].Unknown = told.Note, told.Unknown
	}
}
