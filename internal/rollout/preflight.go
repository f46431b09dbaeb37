package rollout

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"slipway/internal/deploy"
	"slipway/internal/plan"
	"slipway/internal/release/journal"
)

// preflight judges what the hosts answered, and writes the plan into every host's journal. Nothing else is changed on any
// host before it has passed everywhere.
func (r *run) preflight(ctx context.Context, p *plan.Plan) *stop {
	spans := make([]deploy.Span, 0, len(p.Targets))
	var errs deploy.Errors
	for _, target := range p.Targets {
		span := r.fleet.members[target.Name].span
		if span.Err != nil {
			r.rec.excuse(&span)
			errs = append(errs, span.Err)
		}
		spans = append(spans, span)
	}
	if len(errs) == 0 {
		schedule, err := plan.Resolve(p, r.fleet.facts())
		errs = asErrors(err, deploy.Preflight)
		r.Schedule = schedule
	}
	done := r.rec.open(r.Schedule)
	if len(errs) == 0 {
		errs = r.openJournals(ctx)
	}
	blame(spans, errs)
	done(len(errs) == 0)
	if len(errs) > 0 {
		if slices.ContainsFunc(spans, func(s deploy.Span) bool { return s.Err != nil }) {
			r.rec.stepDone(deploy.StepDone{Phase: deploy.Preflight, Spans: spans})
		}
		return r.stopped(ctx, deploy.Preflight, "", deploy.ExitFailed, errs)
	}
	r.rec.stepDone(deploy.StepDone{Phase: deploy.Preflight, Note: r.startingPoint(), Spans: spans})
	return nil
}

// openJournals writes down on every host what is about to be done there.
func (r *run) openJournals(ctx context.Context) deploy.Errors {
	record, err := r.JSON()
	if err != nil {
		return asErrors(err, deploy.Preflight)
	}
	return r.onEvery(func(h plan.Host) *deploy.Error {
		return hostError(h.Name, deploy.Preflight, "", journal.Open(ctx, r.fleet.conn(h.Name), r.fleet.site(h.Name), r.Deployment, record))
	})
}

// onEvery does something on every host at once and gives the failures, in the plan's order.
func (r *run) onEvery(do func(plan.Host) *deploy.Error) deploy.Errors {
	failures := make(deploy.Errors, len(r.Hosts))
	var wait sync.WaitGroup
	for i, h := range r.Hosts {
		wait.Go(func() { failures[i] = do(h) })
	}
	wait.Wait()
	return slices.DeleteFunc(failures, func(err *deploy.Error) bool { return err == nil })
}

// blame puts the errors of a judgement on the spans of their hosts.
func blame(spans []deploy.Span, errs deploy.Errors) {
	for _, err := range errs {
		for i := range spans {
			if spans[i].Host == err.Host && spans[i].Err == nil {
				spans[i].Err, spans[i].Outcome = err, deploy.Failed
			}
		}
	}
}

// startingPoint says what the fleet runs now: "3 hosts, all on 20261119-101500-77aa001-02be44".
func (r *run) startingPoint() string {
	count := map[string]int{}
	for _, h := range r.Hosts {
		count[h.Before.String()]++
	}
	hosts := fmt.Sprintf("%d hosts", len(r.Hosts))
	if len(r.Hosts) == 1 {
		hosts = "1 host"
	}
	if len(count) > 1 {
		return fmt.Sprintf("%s, on %d different releases", hosts, len(count))
	}
	before := r.Hosts[0].Before
	switch {
	case before.None():
		return hosts + ", first deployment"
	case len(r.Hosts) == 1:
		return hosts + ", on " + before.String()
	}
	return hosts + ", all on " + before.String()
}
