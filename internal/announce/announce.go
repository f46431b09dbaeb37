// Package announce tells GitHub of a deployment: as a deployment with its statuses, as a deployment record, as comments on the pull
// requests that it shipped; and finds out which these are.
//
// An Announcer takes the events of a deployment, and holds it up nowhere: what GitHub is told while it runs is told beside it, and what is
// told at its end has a bound. Nothing here fails a deployment: what GitHub did not take is a warning of the result. It must not know
// hosts, nor how anything is shown: the words come with the Options.
package announce

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/github"
	"github.com/slipway/slipway/internal/lazyregexp"
	"github.com/slipway/slipway/internal/report/layout"
)

// Options say whom an Announcer tells what.
type Options struct {
	GitHub  *github.Client // nil where there is none
	Without error          // why there is none

	Deployment bool // keep a deployment on GitHub up to date
	Record     bool // write a deployment record
	Comments   bool // comment on the pull requests that are shipped

	Key    string // tells deployments of one application and environment apart
	RunID  int64
	LogURL string // of the run's job
	Words  Words

	Save func(name, value string) error // keeps a value for the job's post step
	Kept Kept                           // what an earlier process of the job kept; zero outside of the post step

	limits limits
}

// Words put things into words that are safe to show: without secrets, and with nothing that acts.
type Words struct {
	Clean    func(string) string                        // one text
	Headline func(deploy.Result) string                 // the verdict, in a sentence
	Comment  func(res deploy.Result, number int) string // Markdown, for one of the pull requests that were shipped
}

// limits are how long GitHub may take.
type limits struct {
	call   time.Duration // a status while the deployment runs
	last   time.Duration // the last status, and what makes the deployments before it inactive
	hasty  time.Duration // the last status of a run that was cancelled: the CI kills it soon
	look   time.Duration // which merges are shipped, beside the deployment
	wait   time.Duration // the same, once the deployment is over; where comments are asked for it is as long as these may take
	others time.Duration // comments, and the record
}

var usual = limits{call: 20 * time.Second, last: 15 * time.Second, hasty: 2 * time.Second, look: time.Minute, wait: 5 * time.Second, others: 90 * time.Second}

// Announcer follows one deployment.
type Announcer struct {
	o       Options
	ctx     context.Context // outlives the deployment's own: its end is told after a cancel
	stop    context.CancelFunc
	tracker *tracker
	shard   int64               // the run, where this is one of several jobs and no re-run: what failed before it in the run failed in another job; else 0
	shipped chan deploy.Shipped // nil where nobody looks
}

// New makes an Announcer. Finish must be called.
func New(ctx context.Context, o Options) *Announcer {
	if o.limits == (limits{}) {
		o.limits = usual
	}
	a := &Announcer{o: o}
	a.ctx, a.stop = context.WithCancel(context.WithoutCancel(ctx))
	return a
}

// Emit takes an event, and waits for nobody. It is not called concurrently with Finish.
func (a *Announcer) Emit(event deploy.Event) {
	switch e := event.(type) {
	case deploy.Started:
		a.begin(e.Header)
	case deploy.PhaseStarted:
		if a.tracker != nil && !a.o.Kept.begun() {
			a.tracker.want(a.during(e.Phase))
		}
	}
}

// begin starts to tell of a deployment, and to look which merges it ships. What activates nothing anew is not told of.
func (a *Announcer) begin(h deploy.Header) {
	known := h.Command == "deploy" || h.Command == "promote" || h.Command == "rollback"
	switch {
	case a.o.GitHub == nil || !known:
		return
	case h.Reconcile:
		if a.o.Kept.begun() {
			a.tracker = newTracker(a.ctx, a.o, a.o.Kept.Deployment)
		}
		return
	case h.Release == "": // of a rollback that has no target
		return
	}
	if h.Shard.IsPart() && h.Attempt <= 1 {
		a.shard = a.o.RunID
	}
	if a.o.Deployment {
		a.tracker = newTracker(a.ctx, a.o, a.deployment(h))
		a.tracker.want(a.during(deploy.Preflight))
	}
	if h.Shard.IsPart() { // another job makes it live
		return
	}
	a.shipped = make(chan deploy.Shipped, 1)
	go func() {
		ctx, cancel := context.WithTimeoutCause(a.ctx, a.o.limits.look, fmt.Errorf("GitHub did not answer within %s", a.o.limits.look))
		defer cancel()
		a.shipped <- lookup{a.o.GitHub}.shipped(ctx, h)
	}()
}

// Finish tells how the deployment ended, and completes its result: which merges it shipped, and what GitHub was not told. Nothing of it
// runs any more when it returns.
func (a *Announcer) Finish(ctx context.Context, res *deploy.Result) {
	defer a.stop()
	if a.o.GitHub == nil {
		if a.o.Deployment || a.o.Record || a.o.Comments {
			res.Warnings = append(res.Warnings, fmt.Sprintf("GitHub is told nothing of this deployment: %v", a.o.Without))
		}
		return
	}
	var group sync.WaitGroup
	var untold, unwritten []string
	ended := *res
	group.Go(func() { untold = a.tellEnd(ctx, ended) })
	isLive := res.Outcome == deploy.OutcomeActivated || res.Outcome == deploy.OutcomeUnchanged
	if isLive && a.shipped != nil && ctx.Err() == nil {
		group.Go(func() { unwritten = a.record(ctx, ended) })
		res.Shipped = a.shippedBy(ctx)
		res.Warnings = append(res.Warnings, a.comment(ctx, *res)...)
	}
	group.Wait()
	res.Warnings = append(append(res.Warnings, untold...), unwritten...)
}

// tellEnd tells GitHub how the deployment ended. It gives what a person should know of that it could not.
func (a *Announcer) tellEnd(ctx context.Context, res deploy.Result) []string {
	if a.tracker == nil {
		return nil
	}
	limit := a.o.limits.last
	if ctx.Err() != nil {
		limit = a.o.limits.hasty
	}
	bounded, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), limit, fmt.Errorf("GitHub did not answer within %s", limit))
	defer cancel()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(a.o.limits.hasty, cancel) })()
	if err := a.tracker.finish(bounded, a.end(res)); err != nil {
		return []string{"the deployment on GitHub is not up to date: " + because(err)}
	}
	return nil
}

// shippedBy waits for what is known of the merges.
func (a *Announcer) shippedBy(ctx context.Context) deploy.Shipped {
	limit := a.o.limits.wait
	if a.o.Comments {
		limit = a.o.limits.others
	}
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case found := <-a.shipped:
		a.shipped <- found
		return found
	case <-timer.C:
	case <-ctx.Done():
	}
	return deploy.Shipped{Unknown: "GitHub did not answer in time"}
}

// record writes the deployment record.
func (a *Announcer) record(ctx context.Context, res deploy.Result) []string {
	if !a.o.Record {
		return nil
	}
	if res.ArtifactSHA == "" {
		return []string{"the deployment record is not changed: the release lay on the hosts, and the digest of its artifact's file is not recorded there"}
	}
	ctx, cancel := a.bounded(ctx)
	defer cancel()
	name := res.App
	if a.o.Key != "" {
		name += "-" + a.o.Key
	}
	err := a.o.GitHub.SetRecord(ctx, github.Record{Name: res.App, SHA256: string(res.ArtifactSHA), Environment: environment(res.Header), Deployment: name})
	if err != nil {
		return []string{"no deployment record: " + because(err)}
	}
	return nil
}

// bounded is the context of what is told after the end.
func (a *Announcer) bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	limit := a.o.limits.others
	return context.WithTimeoutCause(ctx, limit, fmt.Errorf("GitHub did not take it all within %s", limit))
}

// environment is how GitHub calls the place; it calls so what has no name itself.
func environment(h deploy.Header) string {
	if h.Environment == "" {
		return "production"
	}
	return h.Environment
}

// because is why GitHub was not told something, and what helps.
func because(err error) string {
	var failure *deploy.Error
	if errors.As(err, &failure) {
		return deploy.Joined("; ", failure.Cause.Error(), failure.Hint)
	}
	return err.Error()
}

var (
	webAddress  = lazyregexp.New(`^https?://[^/\s]`)
	someCommit  = lazyregexp.New(`^[0-9a-f]{7,64}$`)
	wholeCommit = lazyregexp.New(`^([0-9a-f]{40}|[0-9a-f]{64})$`)
)

// short is a text as GitHub takes it for a description.
func (a *Announcer) short(text string) string {
	return layout.Cut(a.o.Words.Clean(text), github.MaxDescription)
}
