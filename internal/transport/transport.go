// Package transport is what the rest of Slipway knows of a host's connection: run a script there, dial from there.
//
// Terms: a Conn is one authenticated connection to one host; a Command is a POSIX script with arguments; the control
// shell is the one long-lived remote sh that runs commands one after another, so that a command costs one round trip.
// The package must not know what the scripts do. transport/ssh implements it, transport/transporttest is the contract
// that every implementation passes.
package transport

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"github.com/slipway/slipway/internal/deploy"
)

// Command is a script to run on a host with `sh`, in a subshell of its own.
//
// Script and Args reach the host on standard input, never on a command line: other users of the host cannot see them.
type Command struct {
	Name   string    // for errors: "switch"
	Script string    // POSIX sh; $1.. are Args. A line that begins with # is a comment, also in a here-document, and need not be sent
	Args   []string  // any bytes but NUL
	Stdin  io.Reader // nil is /dev/null; a command with Stdin has a channel of its own
	Stdout io.Writer // nil discards; written from one goroutine while Run runs
	Ahead  bool      // one with Stdin will follow: its channel is opened meanwhile
	Urgent bool      // takes a moment, and must not wait behind long commands where connections are few

	// Limit is how many bytes the command may print on standard output; 0 is DefaultLimit. Unlimited is for what goes
	// to a Stdout that keeps no more than it can hold. Standard error has DefaultLimit in any case.
	Limit int64

	// Silence is how long the host may give no sign of the command: it prints nothing, and takes nothing of Stdin
	// although there is some. 0 is DefaultSilence; Unlimited is for what the host itself bounds.
	Silence time.Duration
}

// What a host may send, and how long it may be silent, where the command does not say.
const (
	DefaultLimit   = 8_000_000
	DefaultSilence = 2 * time.Minute
	Unlimited      = -1
)

// LongSilence is the Silence of commands that copy, compare or delete whole releases, or write them to a slow disk.
const LongSilence = 15 * time.Minute

// Conn is a connection to one host, safe for concurrent use.
type Conn interface {
	// Host is the host as the plan has it.
	Host() deploy.Host

	// RoundTrip is how long the host took to answer when it was quickest, at most: 0 where it has not answered yet.
	RoundTrip() time.Duration

	// Run runs a command and waits for its end. It uses the control shell when that is idle and the command has no
	// Stdin, else a channel of its own: concurrent commands never wait for each other.
	//
	// A command that ended with a status other than 0 gives an *ExitError, with the last 8 KiB of standard error.
	// A command whose end was not seen gives an error that Is ErrLost: nobody knows whether it ran to its end.
	// A command over its Limit gives a *deploy.Error that Is ErrTooMuch, one over its Silence one that Is ErrSilent:
	// both name host and command, and nobody knows whether it ran to its end.
	// When ctx ends, Run returns its cause soon, and the command may still be running on the host.
	Run(ctx context.Context, cmd Command) error

	// Dial connects from the host, "tcp" to "127.0.0.1:8001" for instance, through the connection. An error of the
	// host's refusal Is ErrForwardingRefused when the SSH server does not forward at all.
	Dial(ctx context.Context, network, address string) (net.Conn, error)

	// Close ends the connection; commands still running give ErrLost.
	Close() error
}

// Dialer makes connections. It is safe for concurrent use, and shares one connection to each bastion.
type Dialer interface {
	// Connect dials, verifies the host's identity and logs in. Every error is a *deploy.Error with a hint; it Is
	// ErrUnreachable where a host that was there before may be back later.
	Connect(ctx context.Context, host deploy.Host) (Conn, error)

	// Close ends the connections to bastions.
	Close() error
}

// ErrLost says that a connection ended before a command's end was seen: its outcome is unknown.
var ErrLost = errors.New("connection lost")

// ErrTooMuch says that a host printed more than a command's Limit.
var ErrTooMuch = errors.New("the host sends more than is read")

// ErrSilent says that a host is connected and gave no sign of a command within its Silence, or that its log-in shell
// gave none at all.
var ErrSilent = errors.New("the host is silent")

// ErrUnreachable says that a host could not be connected to for a reason that may pass: it is never a refused key or a
// wrong host key.
var ErrUnreachable = errors.New("the host cannot be reached now")

// ErrIdentity says that a host did not show a key that is pinned.
var ErrIdentity = errors.New("the host key is not the one that is pinned")

// ErrLogin says that a host does not let the key in.
var ErrLogin = errors.New("the host refuses the key")

// ErrForwardingRefused says that the SSH server forwards no connections (AllowTcpForwarding no).
var ErrForwardingRefused = errors.New("the SSH server refuses to forward connections")

// ExitError says how a command ended that did not succeed.
type ExitError struct {
	Name   string
	Status int    // 1 to 255; 0 when a signal ended it
	Signal string // "TERM"; "" when it exited
	Stderr string // the last 8 KiB, as it came
}

func (e *ExitError) Error() string {
	how := fmt.Sprintf("exit %d", e.Status)
	if e.Signal != "" {
		how = "killed by " + e.Signal
	}
	text := how
	if e.Name != "" {
		text = e.Name + ": " + how
	}
	if lines := strings.Split(strings.TrimSpace(e.Stderr), "\n"); lines[len(lines)-1] != "" {
		text += ": " + lines[len(lines)-1]
	}
	return text
}
