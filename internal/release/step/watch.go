package step

import (
	"errors"
	"fmt"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/release"
	"github.com/slipway/slipway/internal/transport"
)

// Watch follows one instance to its end, over as many connections as it takes. Its operations are tried one after the other.
type Watch struct {
	Status Status // how it ended, once an operation has succeeded
	Next   int64  // the byte of the log after the last one that out got
	Begun  bool   // it has begun, or may have
	Along  *Along // what Start carries out besides; nil is nothing

	site     release.Site
	instance Instance
	out      func(line string)
}

// NewWatch is a watch of an instance of which nothing was seen yet.
//
// out gets every line that the step prints, without its LF and otherwise as it came, while the step runs, from one
// goroutine; a line of more than 64 KiB in pieces of at most 64 KiB. nil discards. Over several operations no line is lost or
// doubled: a line whose end had not come when the connection was lost comes from the next one, whole.
func NewWatch(site release.Site, inst Instance, out func(line string)) *Watch {
	if out == nil {
		out = func(string) {}
	}
	return &Watch{site: site, instance: inst, out: out}
}

// afterStart joins the step once it may have begun.
func (w *Watch) afterStart(err error) (release.Operation, bool) {
	w.Begun = errors.Is(err, transport.ErrLost) || errors.Is(err, ErrUnknown) || errors.Is(err, ErrStarted)
	if !w.Begun || errors.Is(err, ErrUnknown) {
		return release.Operation{}, false
	}
	w.Along = nil // Start did not come to it, or nobody saw that it did
	return w.Join(), true
}

// afterJoin goes on where the link was lost.
func (w *Watch) afterJoin(err error) (release.Operation, bool) {
	if !errors.Is(err, transport.ErrLost) {
		return release.Operation{}, false
	}
	return w.Join(), true
}

// output reads a log with a status behind it, which the token marks.
func (w *Watch) output(token string) func() (release.Output, error) {
	return func() (release.Output, error) {
		return &logOutput{follower{token: token, out: w.out, next: w.Next}, w}, nil
	}
}

// logOutput is what one command prints that follows the step.
type logOutput struct {
	follower
	watch *Watch
}

// End records how far the log was followed, and how the step ended.
func (o *logOutput) End(err error) error {
	along := err == nil
	if o.status != "" {
		err = nil // what comes behind the status is not the step's
	}
	var exit *transport.ExitError
	if errors.As(err, &exit) && (exit.Signal != "" || exit.Status > 128) {
		// The command that followed the step was killed, perhaps for lack of memory, and not the step.
		err = fmt.Errorf("%w: %s", transport.ErrLost, exit.Error())
	}
	if !errors.Is(err, transport.ErrLost) { // else the line that has no end yet is begun again by the next command
		o.flush()
	}
	o.watch.Next = o.next
	switch {
	case !errors.Is(err, transport.ErrLost) && (errors.Is(err, transport.ErrSilent) || errors.Is(err, transport.ErrTooMuch)):
		return fmt.Errorf("%w: %w", ErrUnknown, deploy.CauseIn(err))
	case err != nil:
		return err
	case o.status == "":
		return fmt.Errorf("%w: its output ended without one", ErrUnknown)
	}
	o.watch.Status, err = parseStatus(o.status, o.watch.instance.Step.Timeout)
	if o.watch.Along != nil {
		o.watch.Along.Done = along && err == nil && o.watch.Status.OK()
	}
	return err
}
