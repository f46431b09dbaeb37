package healthcheck

import (
	"context"
	"time"

	"github.com/slipway/slipway/internal/deploy"
)

const (
	// scriptTimeout is how long one run of a script may take at least.
	scriptTimeout = 10 * time.Second
	// scriptPause is the wait before a script that passed is run again: each run leaves files in the journal.
	scriptPause = 5 * time.Second
)

// scriptKind runs a script on the host. It outlives the link by itself: it is followed on.
type scriptKind struct{ Check }

func (k scriptKind) ask(ctx context.Context, h *Host, left time.Duration) error {
	s := *k.Check.Run
	s.Timeout = max(left, scriptTimeout)
	s.Name, s.Phase, s.Number = "verify "+h.Name+" "+k.Name, deploy.Activate, k.Number
	if span := h.Run(ctx, s); span.Err != nil {
		return span.Err
	}
	return nil
}

func (scriptKind) own() []string                             { return nil }
func (scriptKind) viaLink() bool                             { return false }
func (scriptKind) leastPause() time.Duration                 { return scriptPause }
func (scriptKind) explain(*Host, string, error) *explanation { return nil }
