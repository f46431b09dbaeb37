// Package activation takes one host into service, or back: it drains, switches, restarts, verifies, lets soak and undrains, with
// the intent and the outcome of each in the host's journal, and at last a line in its history.
//
// It knows one host: its journal, its balancers, its checks, and the programs that a restart started there. It must not know batches,
// the failure budget or other hosts, nor what a failure means for the deployment: that is rollout's.
package activation

import (
	"context"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/fleet"
	"github.com/slipway/slipway/internal/plan"
	"github.com/slipway/slipway/internal/release"
	"github.com/slipway/slipway/internal/release/activate"
	"github.com/slipway/slipway/internal/secret"
	"github.com/slipway/slipway/internal/stepper"
	"github.com/slipway/slipway/internal/toggle"
	"github.com/slipway/slipway/internal/transport/retry"
)

// Deployment is what all activations of one deployment share.
type Deployment struct {
	Release  deploy.ReleaseID // the one that the deployment is for
	Rollback bool
	// History is a line of a host's history, as far as it is the same on all: what it says of the deployment.
	History deploy.HistoryEntry

	Steps     *stepper.Stepper
	Balancers *toggle.Balancers
	Programs  *Programs
	Redactor  *secret.Redactor
	// Excuse marks a span that ended because the deployment was cancelled.
	Excuse func(*deploy.Span)
	Warn   func(text string)
	// Watched takes a line about the fleet while it is watched.
	Watched func(line string)
	// Parting is the context of what is still written down once ctx has ended.
	Parting func(ctx context.Context) (context.Context, context.CancelFunc)
}

// Host is one host on its way into service, or back.
type Host struct {
	Done deploy.HostDone // its spans until now

	deployment Deployment
	host       plan.Host
	there      *fleet.Host
	release    deploy.ReleaseID // the release that goes live; "" when it is another tool's
	planned    activate.Block   // how the plan restarts and verifies the host
	undo       bool             // it is the way back
	owed       []activate.Entry // of the journal: what the next lines bring along
	intended   deploy.LiveAct   // what the journal has an intent of already; "" is none
	last       *lastLook        // that Record brings along; nil is none
}

// New is a host that goes into service with a release. planned is how the plan restarts and verifies it.
func New(d Deployment, h plan.Host, there *fleet.Host, id deploy.ReleaseID, planned activate.Block) *Host {
	return &Host{
		deployment: d, host: h, there: there, release: id, planned: planned,
		Done: deploy.HostDone{Phase: deploy.Activate, Host: h.Name, Release: id},
	}
}

// Back is a host that goes back to where a link leads.
func Back(d Deployment, h plan.Host, there *fleet.Host, to plan.Link, planned activate.Block) *Host {
	a := New(d, h, there, to.Release, planned)
	a.undo, a.Done.Phase, a.Done.Foreign = true, deploy.Unwind, to.Foreign()
	return a
}

// Block is how the release is restarted and verified: as the plan says, or, where the host goes back to it, as the release's own record
// says. What another tool deployed is restarted as the plan says, and asked the checks of it that do not name a release.
func (a *Host) Block(ctx context.Context) (block activate.Block, failure *deploy.Error) {
	switch {
	case !a.undo && !a.deployment.Rollback:
		return a.planned, nil
	case a.release == "":
		return activate.Block{Activation: deploy.Activation{Restart: a.planned.Activation.Restart, Verify: a.planned.Activation.Verify}, Vars: a.planned.Vars}, nil
	}
	if err := a.do(ctx, activate.Load(a.there.Site(), a.release, &block)); err != nil {
		return block, a.failed("load", err)
	}
	return block, nil
}

// part runs one part and keeps its span. Where a host has several of a part, name tells them apart.
func (a *Host) part(part deploy.Part, name string, do func(span *deploy.Span) *deploy.Error) *deploy.Error {
	span := deploy.Span{Host: a.Done.Host, Phase: a.Done.Phase, Part: part, Step: part.Of(name), Start: time.Now(), Outcome: deploy.Succeeded}
	if err := do(&span); err != nil {
		err.Phase = a.Done.Phase
		span.Err = err
		if span.Outcome == deploy.Succeeded {
			span.Outcome = deploy.Failed
		}
	}
	a.deployment.Excuse(&span)
	span.Duration = time.Since(span.Start)
	a.Done.Spans = append(a.Done.Spans, span)
	return span.Err
}

// do carries an operation out on the host.
func (a *Host) do(ctx context.Context, op release.Operation) error { return a.there.Do(ctx, op) }

// failed is a failure of Slipway's own work on the host, with its span.
func (a *Host) failed(part deploy.Part, err error) *deploy.Error {
	return a.part(part, "", func(*deploy.Span) *deploy.Error {
		failure := deploy.OnHost(a.host.Name, a.Done.Phase, string(part), err)
		if retry.LinkFailed(err) {
			failure.Op = "" // whatever it was, it did not get there
		}
		return failure
	})
}

// scene is where the steps of a part of this activation run.
func (a *Host) scene(vars map[string]string, part deploy.Part, name string) stepper.Scene {
	span := a.deployment.Steps.Trace.Part(a.Done.Phase, a.Done.Host, part, part.Of(name))
	return stepper.Scene{Release: a.release, Vars: vars, Undo: a.undo, Span: span}
}
