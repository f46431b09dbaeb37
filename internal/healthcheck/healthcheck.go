// Package healthcheck asks whether a release works: until its checks pass, whether they go on passing, and why they do not.
//
// Terms: a check passes when it succeeded as often in a row as it must, in its time; to soak is to go on asking checks that
// passed. What kinds of check there are is known in kind.go alone. The package must not know who asks, or what a failure means
// for a deployment.
package healthcheck

import (
	"context"
	"net"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/secret"
)

// Host is a host as its checks see it.
type Host struct {
	Name    string             // that failures have: "fleet" for what concerns all hosts together
	Phase   deploy.Phase       // that failures have
	Release deploy.ReleaseID   // what ought to answer; "" when another tool deployed it
	Others  []deploy.ReleaseID // what an old process may answer for
	Back    bool               // it goes back to Release: the others need not be older

	// Dial connects from the host.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Redactor takes secrets out of answers; nil takes none.
	Redactor *secret.Redactor
	// Run runs the script of a check once, as steps are run.
	Run func(ctx context.Context, s deploy.Step) deploy.Span
	// Reach waits for the host to answer, for as long as it may be away; waited says that it did not at first.
	Reach func(ctx context.Context) (waited bool, err error)
	// Tell says a line about what is being watched, and Warn what a person must know of it.
	Tell, Warn func(text string)
}

// Check is a check as a host is asked it.
type Check struct {
	deploy.Check
	Number int // among the host's checks, from 1
}

// All are the checks of a host with their numbers.
func All(checks []deploy.Check) []Check {
	numbered := make([]Check, len(checks))
	for i, check := range checks {
		numbered[i] = Check{check, i + 1}
	}
	return numbered
}

// pause waits; it is false when the context ended first.
func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}
