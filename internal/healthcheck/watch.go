package healthcheck

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/metric"
)

// unseenLimit is how many times in a row there may be no value while a metric is watched: what keeps it may be restarting, or on the
// other side of a network that is down for a moment.
const unseenLimit = 3

// tellEvery is how often a value that holds is told at most.
const tellEvery = time.Minute

// Watched is how a metric ended that held all the time.
type Watched struct {
	Name  string
	Value string // the last one; "" where there was none
}

// Watch goes on asking metrics that are to hold for a while, all at the same time, and gives how they ended, in their order. The first
// failure ends it. A value that is not as it must be is one at once; that there is none is one unseenLimit times in a row, where the
// check does not let that pass. It ends with a value, or with none that passes, however late that comes.
func (h *Host) Watch(ctx context.Context, checks []Check) ([]Watched, *deploy.Error) {
	ended := make([]Watched, len(checks))
	group, ctx := errgroup.WithContext(ctx)
	for i, c := range checks {
		group.Go(func() error {
			w := watching{host: h, kind: metricOf(c), start: time.Now()}
			if failure := w.watch(ctx); failure != nil {
				return failure
			}
			ended[i] = Watched{Name: c.Name, Value: metric.Short(*c.Metric, w.last)}
			return nil
		})
	}
	var failure *deploy.Error
	errors.As(group.Wait(), &failure) // the group is given no other
	return ended, failure
}

// watching is one metric that is being watched.
type watching struct {
	host  *Host
	kind  metricKind
	start time.Time
	away  time.Duration // in which the link to the host was down: it does not count
	last  string        // the last value
	row   int           // how many times in a row nobody knew one
	err   error         // why not, the last time
	told  time.Time
}

func (w *watching) watch(ctx context.Context) *deploy.Error {
	for {
		over := w.left() <= 0
		switch {
		case over && w.row == 0:
			w.kind.warnAbsent(w.host)
			return nil
		case over && w.row >= unseenLimit:
			w.kind.warnUnseen(w.host, w.err)
			return nil
		}
		next := w.kind.Metric.Every
		if !over {
			next = min(next, w.left())
		}
		if !pause(ctx, next) {
			return w.failure(ctx, context.Cause(ctx))
		}
		if failure := w.ask(ctx); failure != nil {
			return failure
		}
	}
}

// left is how long it must still hold.
func (w *watching) left() time.Duration {
	return w.kind.Metric.For + w.away - time.Since(w.start)
}

// ask asks once, and tells what there was.
func (w *watching) ask(ctx context.Context) *deploy.Error {
	got, down := w.read(ctx)
	err := got.failure()
	switch {
	case down != nil:
		return w.failure(ctx, down)
	case err == nil:
		w.row, w.last = 0, got.value
	case ctx.Err() != nil, errors.As(err, new(*metric.Beyond)):
		return w.failure(ctx, err)
	default:
		w.err = err
		if w.row++; w.row >= unseenLimit && !w.kind.excused(err) {
			return w.failure(ctx, err)
		}
	}
	w.tell(err)
	return nil
}

// read asks over a link that holds.
func (w *watching) read(ctx context.Context) (got reading, down error) {
	for {
		began := time.Now()
		got = w.kind.read(ctx, w.host, w.kind.Within)
		again, down := w.host.unheard(ctx, w.kind, got.failure())
		if !again {
			return got, down
		}
		w.away += time.Since(began)
	}
}

// failure says for how long it held, and what there was then.
func (w *watching) failure(ctx context.Context, err error) *deploy.Error {
	held := time.Since(w.start).Round(time.Second).String()
	how := "held for " + held
	if w.row > 1 {
		how += fmt.Sprintf(", then not known %d times", w.row)
	}
	failure := w.host.failure(ctx, w.kind.Check, attempt{how: how, moments: []string{held}, last: err, times: max(1, w.row), soaking: true})
	if errors.As(err, new(*metric.Beyond)) {
		failure.Hint = "" // it held before: what was before the switch has no part in it
	}
	return failure
}

// tell says how it goes: the first value, one a minute, and whenever there is none that there should be.
func (w *watching) tell(err error) {
	wanted := w.host.Tell != nil && (w.told.IsZero() || time.Since(w.told) >= max(tellEvery, w.kind.Metric.For/10) || err != nil && w.row <= unseenLimit)
	if !wanted {
		return
	}
	w.told = time.Now()
	parts := []string{w.kind.Name + " " + metric.Short(*w.kind.Metric, w.last), "wanted " + metric.Wanted(*w.kind.Metric)}
	switch {
	case err != nil:
		parts = []string{w.kind.Name + ": " + err.Error(), fmt.Sprintf("%d of %d times", min(w.row, unseenLimit), unseenLimit)}
	case w.last == "":
		parts[0] = w.kind.Name + " has no value, which passes"
	}
	if left := w.left(); left > 0 {
		parts = append(parts, left.Round(time.Second).String()+" left")
	}
	w.host.Tell(beginning(w.host, strings.Join(parts, ", ")))
}
