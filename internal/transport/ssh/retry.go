package ssh

import (
	"context"
	"errors"
	"net"
	"time"

	"github.com/cenkalti/backoff/v5"
	"golang.org/x/crypto/ssh"

	"github.com/slipway/slipway/internal/transport/ssh/sshkey"
)

// maxTries is how often a hop is dialled. With the waits between them (about 0.5, 1 and 2 s, each more or less by half)
// a host that is just restarting its sshd is reached.
const maxTries = 4

// retry repeats what may succeed the next time: connections that do not come about or break before a key was offered.
// A refused key, a wrong host and one that stays silent are never tried again.
func retry(ctx context.Context, connect func() (*link, error)) (*link, error) {
	wait := backoff.NewExponentialBackOff()
	wait.InitialInterval, wait.MaxInterval, wait.RandomizationFactor = 500*time.Millisecond, 5*time.Second, 0.5
	wait.Multiplier = 2
	return backoff.Retry(ctx, func() (*link, error) {
		l, err := connect()
		if err != nil && (ctx.Err() != nil || !transient(err)) {
			return nil, backoff.Permanent(err)
		}
		return l, err
	}, backoff.WithBackOff(wait), backoff.WithMaxTries(maxTries), backoff.WithMaxElapsedTime(0))
}

// transient reports whether a connection failed for a reason that may pass.
func transient(err error) bool {
	var failure *attemptError
	if !errors.As(err, &failure) {
		return false
	}
	var dns *net.DNSError
	var channel *ssh.OpenChannelError
	var negotiation *ssh.AlgorithmNegotiationError
	switch {
	case notThere(err):
		return false
	case errors.Is(err, context.DeadlineExceeded):
		return false // it had a whole connect time-out; what was lost on the way, TCP has sent again
	case errors.As(err, &dns):
		return !dns.IsNotFound
	case errors.As(err, &channel):
		return channel.Reason != ssh.Prohibited
	case errors.As(err, &negotiation):
		return false
	}
	return failure.stage < offeredKey
}

// mayPass reports whether a host that was connected to before may be there again later, for reasons that are not worth
// another try at once: it is silent while it boots, or its name is away with it.
func mayPass(err error) bool {
	var failure *attemptError
	if withoutLogin(err) {
		return errors.Is(err, sshkey.ErrLater)
	}
	if !errors.As(err, &failure) {
		return false
	}
	var dns *net.DNSError
	silent := errors.Is(err, context.DeadlineExceeded) && failure.stage < offeredKey
	return silent || errors.As(err, &dns) || transient(err)
}

// withoutLogin reports whether a connection was not even tried, because there was no key for it.
func withoutLogin(err error) bool {
	var keyless *noLoginError
	return errors.As(err, &keyless)
}
