package distribution

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/release"
	"github.com/slipway/slipway/internal/release/produce"
)

// transfer brings what the step made to a host, over as many connections as it takes on either side. It returns how many bytes that was.
func (d *Distribution) transfer(ctx context.Context, host string, s deploy.Step) (int64, error) {
	d.fetchOnce.Do(func() { d.fetch(ctx) })
	try := d.Steps.NewTry(host, s, d.Scene(host))
	progress := func(done, total int64) {
		d.Emit(deploy.Progress{Phase: deploy.Prepare, Step: s.Name, Host: host, Done: done, Total: total})
	}
	for seen := 0; ; {
		newest, n, err := d.newest(seen)
		if err != nil {
			return 0, d.notSent(err)
		}
		seen = n
		there := d.Fleet.On(host)
		payload := func() (io.ReadCloser, error) { return io.NopCloser(newest.reader(progress)), nil }
		err = there.Do(ctx, produce.Receive(there.Site(), try, d.source, d.encoding(), payload))
		if err == nil || ctx.Err() != nil || !newest.cut() {
			return newest.bytes(), err
		}
	}
}

// fetch begins to read from the source. Where the link drops it begins anew, into another spool.
func (d *Distribution) fetch(ctx context.Context) {
	ctx, d.stopFetch = context.WithCancel(ctx)
	d.fetching.Go(func() {
		there := d.Fleet.On(d.source)
		err := there.Do(ctx, produce.Send(there.Site(), d.Release, d.step.Produces, d.step.Links, d.encoding(), d.newSpool))
		if err != nil {
			d.publish(nil, err)
		}
	})
}

// newSpool is where one try to read from the source puts what comes.
func (d *Distribution) newSpool() (release.Output, error) {
	file, err := d.TempFile()
	if err != nil {
		return nil, fmt.Errorf("the runner's temporary folder (TMPDIR): %w", err)
	}
	s := newSpool(file)
	d.publish(s, nil)
	return s, nil
}

// publish lets the receivers know of a new spool, or that there will be none.
func (d *Distribution) publish(s *spool, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if s != nil {
		d.spools = append(d.spools, s)
	}
	d.fetchError = err
	d.more.Broadcast()
}

// newest waits until there are more spools than were seen, and returns the newest and how many there have been. Something is in it by
// then: the source has its lease from there on until the spool ends.
func (d *Distribution) newest(seen int) (*spool, int, error) {
	d.mu.Lock()
	for len(d.spools) == seen && d.fetchError == nil {
		d.more.Wait()
	}
	n, err := len(d.spools), d.fetchError
	if n == seen {
		d.mu.Unlock()
		return nil, n, err
	}
	newest := d.spools[n-1]
	d.mu.Unlock()
	newest.begun()
	return newest, n, nil
}

// notSent is the error of a host that gets nothing because the source could not send it.
func (d *Distribution) notSent(err error) error {
	failure := &deploy.Error{Op: "receive", Cause: fmt.Errorf("%s could not send what it made: %w", d.source, deploy.CauseIn(err))}
	var known *deploy.Error
	if errors.As(err, &known) {
		failure.Hint, failure.Tail = known.Hint, known.Tail
	}
	return failure
}

// encoding is the best that the source and every receiver can do.
func (d *Distribution) encoding() string {
	best := slices.IndexFunc(produce.Encodings, func(encoding string) bool {
		return !slices.ContainsFunc(append([]string{d.source}, d.step.Receivers...), func(host string) bool {
			_, has := d.Fleet.On(host).Facts.Tools[encoding]
			return !has
		})
	})
	if best < 0 {
		return "none"
	}
	return produce.Encodings[best]
}
