// Package retry does again what a dropped link failed, where that may be done twice.
//
// A connection repeats nothing by itself: what was under way when the link dropped gives transport.ErrLost, and the caller
// alone knows whether it may be done again. It must not know what is done.
package retry

import (
	"context"
	"errors"
	"time"

	"github.com/slipway/slipway/internal/transport"
)

// Patience is how long a host may be away before what was under way there has failed: longer than a restart takes.
const Patience = 3 * time.Minute

// Pauses between two tries of Do.
const (
	firstPause = 200 * time.Millisecond
	maxPause   = 5 * time.Second
)

// Do does something that may be done twice until the link no longer fails it; its last error stands once the host was
// away for `limit`: since the beginning, or since a link to it was lost. Whatever else fails it is no reason to do it again.
func Do(ctx context.Context, limit time.Duration, do func() error) error {
	deadline := time.Now().Add(limit)
	for pause := firstPause; ; pause = min(2*pause, maxPause) {
		began := time.Now()
		err := do()
		// There was a link, and for a while; but one on which the host said nothing is none.
		if errors.Is(err, transport.ErrLost) && !errors.Is(err, transport.ErrSilent) && time.Since(began) > maxPause {
			deadline, pause = time.Now().Add(limit), firstPause
		}
		if !LinkFailed(err) || ctx.Err() != nil || time.Now().Add(pause).After(deadline) {
			return err
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return err
		}
	}
}

// LinkFailed reports whether the link caused an error: the connection was lost, or cannot be made for now.
func LinkFailed(err error) bool {
	return errors.Is(err, transport.ErrLost) || errors.Is(err, transport.ErrUnreachable)
}
