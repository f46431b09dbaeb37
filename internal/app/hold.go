package app

import (
	"cmp"
	"context"
	"strings"
	"time"

	"slipway/internal/ci"
	"slipway/internal/deploy"
)

type holdCmd struct {
	ci.Inputs
	Reason string `name:"reason" required:"" help:"Why, for whoever wants to deploy: it is shown to them."`
}

// hold makes every deployment to the hosts end with exit 5, until unhold.
func (a *app) hold(ctx context.Context, in ci.Inputs, c holdCmd) error {
	return a.reach(ctx, in, func(r *reached) error {
		actor := cmp.Or(r.desk.run.TriggeringActor, r.desk.run.Actor, a.env.Getenv("USER"))
		note := deploy.Hold{Reason: c.Reason, Actor: actor, At: time.Now().UTC()}
		if err := r.fleet.Hold(ctx, r.hosts, note); err != nil {
			return err
		}
		r.say("on hold: %s: %s", strings.Join(r.hosts, " "), c.Reason)
		return nil
	})
}

// unhold lets deployments through again.
func (a *app) unhold(ctx context.Context, in ci.Inputs) error {
	return a.reach(ctx, in, func(r *reached) error {
		was, err := r.fleet.Unhold(ctx, r.hosts)
		if err != nil {
			return err
		}
		text := "no hold any more: %s"
		if was == nil {
			text = "there was no hold: %s"
		}
		r.say(text, strings.Join(r.hosts, " "))
		return nil
	})
}
