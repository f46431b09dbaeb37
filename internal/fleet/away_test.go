package fleet

import (
	"context"
	"errors"
	"testing"
	"time"

	"slipway/internal/transport"
)

// A host that was waited for in vain is asked once from then on, until it answers.
func TestAwayHostIsNotWaitedForTwice(t *testing.T) {
	t.Parallel()
	h := &Host{patience: 300 * time.Millisecond}
	tries := 0
	lost := func() error {
		tries++
		return transport.ErrUnreachable
	}
	expect := func(what string, ctx context.Context, waits bool) {
		t.Helper()
		tries = 0
		if err := h.Again(ctx, lost); !errors.Is(err, transport.ErrUnreachable) || waits != (tries > 1) {
			t.Errorf("%s: %d tries, %v", what, tries, err)
		}
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	expect("a command that was cancelled says nothing of the host", ended, false)
	expect("it goes away", t.Context(), true)
	expect("it is still away", t.Context(), false)
	if err := h.Again(t.Context(), func() error { return nil }); err != nil {
		t.Fatal(err)
	}
	expect("it went away again", t.Context(), true)
}
