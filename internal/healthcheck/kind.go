package healthcheck

import (
	"context"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/probe"
)

// kind is a way of asking. A new kind of check is one more implementation, and one more case of kindOf.
type kind interface {
	// ask asks once. left is how long the check still has.
	ask(ctx context.Context, h *Host, left time.Duration) error
	// viaLink reports whether a link that dropped can make ask fail.
	viaLink() bool
	// leastPause is how long to wait at least between two times that a check is asked which passed.
	leastPause() time.Duration
	// own are the places where it asks: other hosts have their site at another port.
	own() []string
	// explain says what was wrong with an answer; nil when err is no answer. The cause begins with how it went.
	explain(h *Host, how string, err error) *explanation
}

// explanation is what a person is told of a wrong answer.
type explanation struct {
	cause error
	hint  string
	shown string // the answer in one line
	fault deploy.Fault
}

func kindOf(c Check) kind {
	switch {
	case c.Metric != nil:
		return metricOf(c)
	case c.HTTP != nil:
		return httpKind{c}
	case c.TCP != "":
		return tcpKind{c}
	default:
		return scriptKind{c}
	}
}

// origin is where a check is asked from.
func origin(c Check, h *Host) probe.Origin {
	if c.Runner {
		return probe.Runner()
	}
	return probe.Host(h.Dial)
}

// tcpKind connects.
type tcpKind struct{ Check }

func (k tcpKind) ask(ctx context.Context, h *Host, left time.Duration) error {
	return origin(k.Check, h).TCP(ctx, k.TCP, left)
}

func (k tcpKind) own() []string                           { return []string{k.TCP} }
func (k tcpKind) viaLink() bool                           { return !k.Runner }
func (tcpKind) leastPause() time.Duration                 { return 0 }
func (tcpKind) explain(*Host, string, error) *explanation { return nil }
