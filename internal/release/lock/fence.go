package lock

import (
	"context"
	_ "embed"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/release"
	"github.com/slipway/slipway/internal/transport"
)

//go:embed guard.sh
var guardScript string

// ErrFenced says that the lock is another's by now, or was given back: the command was refused and has changed nothing.
var ErrFenced = errors.New("this deployment does not hold the lock any more")

// fencedStatus is how guard.sh ends a command. No script of this program ends so by itself.
const fencedStatus = 79

// fencedHint is what a person does who meets ErrFenced.
const fencedHint = "nothing more is done here; see the run that has the lock, then run this job again if it is still wanted"

// fenced is ErrFenced with what the host said of the new owner.
type fenced struct {
	state deploy.LockState
	exit  *transport.ExitError
}

func (f *fenced) Error() string {
	switch {
	case f.state.Generation == 0:
		return "the lock of this deployment is gone"
	case f.state.Released:
		return "the lock of this deployment was given back (`slipway unlock`?)"
	case f.state.Owner == deploy.LockOwner{}:
		return "another deployment took the lock over"
	}
	return "the lock was taken over by " + Who(f.state.Owner, time.Now())
}

func (f *fenced) Unwrap() []error { return []error{ErrFenced, f.exit} }

// Fence gives a connection whose every command is refused by the host once the generation does not own any more; the
// error Is ErrFenced. What goes through it can call the shell function `fence` to look again. Commands that only read,
// and this package's own, take the connection itself.
func Fence(conn transport.Conn, site release.Site, generation int) transport.Conn {
	return &fence{Conn: conn, site: site, generation: generation}
}

type fence struct {
	transport.Conn
	site       release.Site
	generation int
}

func (f *fence) Run(ctx context.Context, command transport.Command) error {
	command.Script = functions + guardScript + command.Script
	command.Args = append([]string{f.site.Root, strconv.Itoa(f.generation)}, command.Args...)
	err := f.Conn.Run(ctx, command)
	var exit *transport.ExitError
	if !errors.As(err, &exit) || exit.Status != fencedStatus {
		return err
	}
	lost := &fenced{exit: exit}
	// The guard's two lines are the last ones. Where they cannot be read, the state stays the zero one.
	if lines := strings.Split(strings.TrimSuffix(exit.Stderr, "\n"), "\n"); len(lines) >= 2 {
		if state, err := Parse(strings.Join(lines[len(lines)-2:], "\n")); err == nil {
			lost.state = state
		}
	}
	return &deploy.Error{Host: f.Host().Name, Cause: lost, Hint: fencedHint}
}
