// Package probe asks once whether something answers as it must: an HTTP request or a TCP connection.
//
// It asks from an Origin: this machine, or a host through its SSH connection, without curl or anything else there. It does
// not know who asks nor why, and it asks once: the caller knows how long it may wait.
package probe

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"
	"time"
)

// Dial opens a connection, as net.Dialer.DialContext does.
type Dial func(ctx context.Context, network, address string) (net.Conn, error)

// Origin is where is asked from.
type Origin struct {
	dial    Dial
	retries int // of one question, where nothing answered
}

// Host asks through a host's connection, where the site is at hand: that nothing answers is an answer.
func Host(dial Dial) Origin { return Origin{dial: dial} }

// Runner asks from this machine, across networks whose hiccups are not the site's: where no connection comes about, or it
// breaks before the answer, it asks again, twice at most. A refused connection is an answer.
func Runner() Origin { return Origin{dial: (&net.Dialer{}).DialContext, retries: 2} }

// tryTimeout bounds one question, so that a site that accepts and never answers costs one try and not the whole wait.
const tryTimeout = 10 * time.Second

// leastTimeout is what one question gets however little is left: an answer takes a round trip or two, through a host.
const leastTimeout = 2 * time.Second

// errSilent says that tryTimeout passed, errLate that the asker's time did before.
var (
	errSilent = fmt.Errorf("silent for %s", tryTimeout)
	errLate   = errors.New("no whole answer in time")
)

// within does something that may take what is left, and tryTimeout at most, and says so when it took longer.
func within(ctx context.Context, left time.Duration, do func(ctx context.Context) error) error {
	late, limit := errSilent, tryTimeout
	if left < tryTimeout {
		late, limit = errLate, max(left, leastTimeout)
	}
	try, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	err := do(try)
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case try.Err() != nil && !errors.As(err, new(*WrongAnswer)):
		return late
	}
	return err
}

// keepsFor is how long a connection must stay open to count. A proxy without a server behind it accepts all, and closes at
// once.
const keepsFor = 300 * time.Millisecond

// ErrClosed says that a connection was accepted and closed at once.
var ErrClosed = errors.New("it accepts connections and closes them at once")

// TCP succeeds when host:port accepts a connection, and keeps it open or sends something. left is how long the asker can wait.
func (o Origin) TCP(ctx context.Context, address string, left time.Duration) error {
	return within(ctx, left, func(ctx context.Context) error {
		conn, err := o.dial(ctx, "tcp", address)
		if errors.Is(err, syscall.ECONNRESET) {
			return ErrClosed
		}
		if err != nil {
			return err
		}
		defer func() { _ = conn.Close() }()
		read := make(chan error, 1)
		go func() { // not every connection knows deadlines: closing it ends the read
			_, err := io.ReadFull(conn, make([]byte, 1))
			read <- err
		}()
		select {
		case err := <-read:
			if err != nil {
				return ErrClosed
			}
			return nil
		case <-time.After(keepsFor):
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	})
}
