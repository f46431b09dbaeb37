package fleet

import (
	"context"
	"errors"
	"testing"
	"time"

	"slipway/internal/deploy"
	"slipway/internal/release"
	"slipway/internal/transport"
)

var look = release.Operation{Name: "look", Script: ":"}

// link is a connection whose commands all end with err.
type link struct {
	transport.Conn
	tries int
	err   error
}

func (l *link) Host() deploy.Host { return deploy.Host{Name: "web1"} }

func (l *link) Run(context.Context, transport.Command) error {
	l.tries++
	return l.err
}

// A host that was waited for in vain is asked once from then on, until it answers.
func TestAwayHostIsNotWaitedForTwice(t *testing.T) {
	t.Parallel()
	link := &link{err: transport.ErrUnreachable}
	h := &Host{patience: 300 * time.Millisecond, fenced: link}
	expect := func(what string, ctx context.Context, waits bool) {
		t.Helper()
		link.tries, link.err = 0, transport.ErrUnreachable
		if err := h.Do(ctx, look); !errors.Is(err, transport.ErrUnreachable) || waits != (link.tries > 1) {
			t.Errorf("%s: %d tries, %v", what, link.tries, err)
		}
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	expect("a command that was cancelled says nothing of the host", ended, false)
	expect("it goes away", t.Context(), true)
	expect("it is still away", t.Context(), false)
	link.err = nil
	if err := h.Do(t.Context(), look); err != nil {
		t.Fatal(err)
	}
	expect("it went away again", t.Context(), true)
}
