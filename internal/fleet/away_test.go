package fleet

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/release"
	"github.com/slipway/slipway/internal/transport"
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

// The loss of a host is told once, when the first command meets it, and its return once.
func TestLossIsTold(t *testing.T) {
	t.Parallel()
	var told []deploy.Event
	link := &link{err: transport.ErrLost}
	h := &Host{Host: deploy.Host{Name: "web1"}, patience: 300 * time.Millisecond, fenced: link, emit: func(e deploy.Event) { told = append(told, e) }}
	for range 2 {
		if err := h.Do(t.Context(), look); !errors.Is(err, transport.ErrLost) {
			t.Fatal(err)
		}
	}
	want := []deploy.Event{deploy.HostAway{Host: "web1", Wait: 300 * time.Millisecond}}
	if !slices.Equal(told, want) {
		t.Errorf("told %v", told)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	_ = h.Do(ended, look)
	link.err = nil
	for range 2 {
		if err := h.Do(t.Context(), look); err != nil {
			t.Fatal(err)
		}
	}
	if want = append(want, deploy.HostBack{Host: "web1"}); !slices.Equal(told, want) {
		t.Errorf("told %v", told)
	}
}
