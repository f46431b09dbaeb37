package app

import (
	"cmp"
	"context"
	"slices"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/release/survey"
	"github.com/slipway/slipway/internal/stepper"
)

type resolveCmd struct {
	inputs
	Decision string `name:"decision" arg:"optional" help:"done: it did what it should; rerun: let it run again. Or --as."`
}

// Run writes down what a person found out about a step whose end nobody saw.
func (c *resolveCmd) Run(ctx context.Context, a *app) error {
	s, err := a.open(ctx, c.Inputs)
	if err != nil {
		return err
	}
	defer s.close()
	decision := cmp.Or(c.Decision, c.As)
	if afterStep[decision] == "" {
		return s.refuse(deploy.Problems{{
			At: deploy.InInput("as", 0, 0), Message: "resolve is told what became of the step: done or rerun",
			Hint: "`slipway resolve done ...`, or the input `as: done`",
		}})
	}
	if err := a.permitted(ctx, s); err != nil {
		return s.refuse(err)
	}
	at := slices.IndexFunc(s.cfg.Hosts, func(h deploy.Host) bool { return h.Name == c.Host })
	id := deploy.DeploymentID(c.Deployment)
	host := s.gather(ctx, s.cfg.Hosts[at:at+1], survey.Question{Deployment: id})
	defer func() { _ = host.Close() }()
	if err := s.ownPaths(host, s.cfg.Hosts[at:at+1]); err != nil {
		return err
	}
	undo, err := stepper.Decide(ctx, host, c.Host, id, c.Step, decision)
	if err != nil {
		return err
	}
	next := afterStep
	if undo {
		next = afterUndo
	}
	s.say("%s on %s: %s; %s", c.Step, c.Host, decision, next[decision])
	return nil
}

// What follows from a decision about a step, and from one about an undo. Nobody waits for a re-run to go on with an undo.
var (
	afterStep = map[string]string{
		"done":  "the job can be re-run: it keeps the step as done",
		"rerun": "the job can be re-run: it runs the step again",
	}
	afterUndo = map[string]string{
		"done":  "it counts as undone: the next deployment, or the re-run, goes on from there",
		"rerun": "the next deployment, or the re-run, runs the undo again before anything else",
	}
)
