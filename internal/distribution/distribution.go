// Package distribution brings what a step makes on one host, the source, to the hosts that get it from there, the receivers. It is
// read once, by way of this machine, for all that need it.
//
// No host keeps its connection leased here while it waits for another: see pool.Conn.Lease. The package must not know why the step
// is run, nor what a failure means for the other hosts.
package distribution

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/fleet"
	"github.com/slipway/slipway/internal/release/produce"
	"github.com/slipway/slipway/internal/stepper"
)

// Options are what a Distribution needs to know of its deployment.
type Options struct {
	Fleet    *fleet.Fleet
	Steps    *stepper.Stepper
	Emit     deploy.Emit
	TempFile func() (TempFile, error)
	Release  deploy.ReleaseID

	On    func(host string, s deploy.Step) deploy.Step // the step as the host runs it, with its fingerprint
	Scene func(host string) stepper.Scene
}

// Distribution is one step that produces files: it runs on its source, and its receivers get what it made. The source
// starts no later step meanwhile.
type Distribution struct {
	Options
	step   deploy.Step
	source string // the step's primary, or a host that has it already

	made    chan struct{}  // closed when the source is through with the step
	span    deploy.Span    // of the source, once made is closed
	waiting sync.WaitGroup // receivers that are not through

	fetchOnce  sync.Once
	fetching   sync.WaitGroup
	stopFetch  context.CancelFunc
	mu         sync.Mutex
	more       *sync.Cond
	spools     []*spool // one for each time that the source was asked; the last one counts
	fetchError error    // why there is no spool, and will be none
}

// New is the distribution of a step that produces something.
func New(s deploy.Step, options Options) *Distribution {
	d := &Distribution{Options: options, step: s, source: s.Source, made: make(chan struct{}), stopFetch: func() {}}
	d.more = sync.NewCond(&d.mu)
	d.waiting.Add(len(s.Receivers))
	if len(s.Hosts) == 0 { // the source made it when it went live
		d.span = deploy.Span{Outcome: deploy.Succeeded, Kept: 1}
		close(d.made)
	}
	return d
}

// Close drops what was read, once all hosts are through.
func (d *Distribution) Close() {
	d.stopFetch()
	d.fetching.Wait()
	for _, s := range d.spools {
		_ = s.file.Close() // it has no name, and nobody reads it any more
	}
}

// Take is a host's part in the step: it runs it, or gets what the source made. begin is called where there is anything to do. The
// host holds no lease meanwhile.
func (d *Distribution) Take(ctx context.Context, host string, begin func()) deploy.Span {
	if host == d.source {
		return d.run(ctx, begin)
	}
	return d.receive(ctx, host, begin)
}

// Through says that a host is through with its part, or will never have one. A source that has something for the others waits
// for them.
func (d *Distribution) Through(span deploy.Span) {
	if span.Host != d.source {
		d.waiting.Done()
		return
	}
	d.span = span
	close(d.made)
	if span.Outcome == deploy.Succeeded {
		d.waiting.Wait()
		d.stopFetch()
	}
}

// run runs the step on the source, and looks whether it has made what it says.
func (d *Distribution) run(ctx context.Context, begin func()) deploy.Span {
	there := d.Fleet.On(d.source)
	defer there.Lease(ctx)()
	span := d.Steps.Step(ctx, d.source, d.On(d.source, d.step), d.Scene(d.source), begin)
	if span.Outcome != deploy.Succeeded {
		return span
	}
	if err := there.Do(ctx, produce.Check(there.Site(), d.Release, d.step.Produces, d.step.Links)); err != nil {
		begin()
		span.Outcome, span.Kept, span.Err = deploy.Failed, 0, d.failure(d.source, err)
	}
	return span
}

// receive waits until the step has succeeded on the source, and brings what it made to a host that has not got it.
func (d *Distribution) receive(ctx context.Context, host string, begin func()) deploy.Span {
	<-d.made
	span := deploy.Span{Host: host, Phase: deploy.Prepare, Step: d.step.Name, Start: time.Now(), From: d.source, Outcome: deploy.NotRun}
	if d.span.Outcome != deploy.Succeeded || ctx.Err() != nil {
		return span
	}
	s := d.On(d.source, d.step)
	span.Outcome = deploy.Succeeded
	if attempt, ok := received(s, d.Steps.Earlier(host)); ok && d.span.Kept > 0 {
		span.Kept = max(1, attempt)
		return span
	}
	begin()
	size, err := d.transfer(ctx, host, s)
	span.Duration = time.Since(span.Start)
	if err != nil {
		span.Outcome, span.Err = deploy.Failed, d.failure(host, err)
		return span
	}
	span.Note = deploy.NoteOf(deploy.Size(size))
	return span
}

func (d *Distribution) failure(host string, err error) *deploy.Error {
	failure := deploy.OnHost(host, deploy.Prepare, d.step.Name, err)
	failure.At = d.step.At
	return failure
}

// received reports whether a host's journal says that it has got what a step made, and in which attempt.
func received(s deploy.Step, earlier []deploy.StepFacts) (attempt int, ok bool) {
	i := slices.IndexFunc(earlier, func(try deploy.StepFacts) bool {
		return try.Of(s) && try.Fingerprint == s.Fingerprint && try.Succeeded() && !try.Undo && !try.Void
	})
	if i < 0 {
		return 0, false
	}
	return earlier[i].Attempt, true
}
