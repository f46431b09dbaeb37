package rollout

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"slipway/internal/deploy"
	"slipway/internal/plan"
	"slipway/internal/release"
	"slipway/internal/release/produce"
)

// supply brings what a step makes on its primary to the other hosts of its roles, the receivers. It is read once, by way of
// this machine, for all that need it. Nobody on the primary starts a later step meanwhile.
//
// Nobody keeps a place among the connections while he waits for another host here: see pool.Conn.Keep.
type supply struct {
	*run
	step deploy.Step
	from string         // the primary, or a host that has it already
	made chan struct{}  // closed when the primary is through with the step
	span deploy.Span    // of the primary, once made is closed
	left sync.WaitGroup // receivers that are not through

	fetching sync.Once
	fetched  sync.WaitGroup
	enough   context.CancelFunc // nobody needs it any more

	mu     sync.Mutex
	more   *sync.Cond
	spools []*spool // one for each time that the primary was asked; the last one counts
	err    error    // why there is none, and will be none
}

// newSupply is the supply of a step; nil where it produces nothing.
func (r *run) newSupply(s deploy.Step) *supply {
	if len(s.Produces) == 0 {
		return nil
	}
	p := &supply{run: r, step: s, from: s.Source, made: make(chan struct{}), enough: func() {}}
	p.more = sync.NewCond(&p.mu)
	p.left.Add(len(s.Receivers))
	if len(s.Hosts) == 0 { // the source runs the release, which others join
		p.span = deploy.Span{Outcome: deploy.Succeeded, Kept: 1}
		close(p.made)
	}
	return p
}

// close ends it, once all hosts are through.
func (p *supply) close() {
	if p == nil {
		return
	}
	p.enough()
	p.fetched.Wait()
	for _, s := range p.spools {
		_ = s.file.Close() // it has no name, and nobody reads it any more
	}
}

// part is a host's part in the step: it runs it, or gets what another made. The host holds no place meanwhile.
func (p *supply) part(ctx context.Context, h plan.Host, begin func()) deploy.Span {
	if h.Name == p.from {
		return p.make(ctx, begin)
	}
	return p.bring(ctx, h, begin)
}

// through says that a host is through with its part, or will never have one. A primary that has something for the others
// waits for them.
func (p *supply) through(span deploy.Span) {
	if p == nil {
		return
	}
	if span.Host != p.from {
		p.left.Done()
		return
	}
	p.span = span
	close(p.made)
	if span.Outcome == deploy.Succeeded {
		p.left.Wait()
		p.enough()
	}
}

// make runs the step, and looks whether it has made what it says.
func (p *supply) make(ctx context.Context, begin func()) deploy.Span {
	defer p.fleet.On(p.from).Lease(ctx)()
	span := p.run.step(ctx, p.from, p.step, begin)
	if span.Outcome != deploy.Succeeded {
		return span
	}
	there := p.fleet.On(p.from)
	if err := there.Do(ctx, produce.Check(there.Site(), p.schedule.Release, p.step.Produces)); err != nil {
		begin()
		span.Outcome, span.Kept, span.Err = deploy.Failed, 0, deploy.OnHost(p.from, deploy.Prepare, p.step.Name, err)
		span.Err.At = p.step.At
	}
	return span
}

// bring waits until the step has succeeded on its primary, and brings what it made there to a host that has not got it.
func (p *supply) bring(ctx context.Context, h plan.Host, begin func()) deploy.Span {
	<-p.made
	span := deploy.Span{Host: h.Name, Phase: deploy.Prepare, Step: p.step.Name, Start: time.Now(), From: p.from, Outcome: deploy.NotRun}
	if p.span.Outcome != deploy.Succeeded || ctx.Err() != nil {
		return span
	}
	s := p.schedule.On(p.from, p.step)
	span.Outcome = deploy.Succeeded
	if attempt, ok := received(s, p.earlierSteps(h.Name)); ok && p.span.Kept > 0 {
		span.Kept = max(1, attempt)
		return span
	}
	begin()
	size, err := p.feed(ctx, h.Name, s)
	span.Duration = time.Since(span.Start)
	if err != nil {
		span.Outcome, span.Err = deploy.Failed, deploy.OnHost(h.Name, deploy.Prepare, p.step.Name, err)
		span.Err.At = p.step.At
		return span
	}
	span.Note = deploy.Size(size)
	return span
}

// received tells whether a host's journal says that it has got what a step made, and in which attempt.
func received(s deploy.Step, earlier []deploy.StepFacts) (attempt int, ok bool) {
	i := slices.IndexFunc(earlier, func(try deploy.StepFacts) bool {
		return try.Of(s) && try.Fingerprint == s.Fingerprint && try.Succeeded() && !try.Undo && !try.Void
	})
	if i < 0 {
		return 0, false
	}
	return earlier[i].Attempt, true
}

// feed brings it to a host, over as many connections as it takes on either side, and tells how many bytes it was.
func (p *supply) feed(ctx context.Context, host string, s deploy.Step) (int64, error) {
	p.fetching.Do(func() { p.fetch(ctx) })
	inst := p.steps.NewTry(host, s, p.scene(host))
	progress := func(done, total int64) {
		p.opts.Emit(deploy.Progress{Phase: deploy.Prepare, Step: s.Name, Host: host, Done: done, Total: total})
	}
	for seen := 0; ; {
		source, n, err := p.spool(seen)
		if err != nil {
			return 0, p.notSent(err)
		}
		seen = n
		there := p.fleet.On(host)
		payload := func() (io.ReadCloser, error) { return io.NopCloser(source.reader(progress)), nil }
		err = there.Do(ctx, produce.Receive(there.Site(), inst, p.from, p.encoding(), payload))
		if err == nil || ctx.Err() != nil || !source.cut() {
			return source.bytes(), err
		}
	}
}

// fetch begins to read from the primary. Where the link drops it begins anew, into another spool.
func (p *supply) fetch(ctx context.Context) {
	ctx, p.enough = context.WithCancel(ctx)
	p.fetched.Go(func() {
		there := p.fleet.On(p.from)
		err := there.Do(ctx, produce.Send(there.Site(), p.schedule.Release, p.step.Produces, p.encoding(), p.newSpool))
		if err != nil {
			p.tell(nil, err)
		}
	})
}

// newSpool is where one try to read from the primary puts what comes.
func (p *supply) newSpool() (release.Output, error) {
	file, err := p.opts.TempFile()
	if err != nil {
		return nil, fmt.Errorf("the runner's temporary folder (TMPDIR): %w", err)
	}
	s := newSpool(file)
	p.tell(s, nil)
	return s, nil
}

func (p *supply) tell(s *spool, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if s != nil {
		p.spools = append(p.spools, s)
	}
	p.err = err
	p.more.Broadcast()
}

// spool is the newest spool, and how many there have been, once there are more than were seen. Something is in it: from then
// on, until it ends, the primary has its place.
func (p *supply) spool(seen int) (*spool, int, error) {
	p.mu.Lock()
	for len(p.spools) == seen && p.err == nil {
		p.more.Wait()
	}
	n, err := len(p.spools), p.err
	if n == seen {
		p.mu.Unlock()
		return nil, n, err
	}
	newest := p.spools[n-1]
	p.mu.Unlock()
	newest.begun()
	return newest, n, nil
}

// notSent is the error of a host that gets nothing because the primary could not send it.
func (p *supply) notSent(err error) error {
	failure := &deploy.Error{Op: "receive", Cause: fmt.Errorf("%s could not send what it made: %w", p.from, deploy.CauseIn(err))}
	var known *deploy.Error
	if errors.As(err, &known) {
		failure.Hint, failure.Tail = known.Hint, known.Tail
	}
	return failure
}

// encoding is the best that the primary and every receiver can do.
func (p *supply) encoding() string {
	best := slices.IndexFunc(produce.Encodings, func(encoding string) bool {
		lacks := func(host string) bool { _, has := p.host(host).Facts.Tools[encoding]; return !has }
		return !lacks(p.from) && !slices.ContainsFunc(p.step.Receivers, lacks)
	})
	if best < 0 {
		return "none"
	}
	return produce.Encodings[best]
}
