package shell

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/transport"
	"github.com/slipway/slipway/internal/transport/tail"
)

// Streams are the three byte streams of a shell that the Loader started.
type Streams struct {
	Stdin          io.WriteCloser // Close is the end of its input
	Stdout, Stderr io.Reader
	Abort          func() // makes all reads and writes end soon; may be called again

	StartLimit time.Duration // StartLimit when 0
}

// StartLimit is how long a shell may take to its first sign of life: a login shell's start-up files run before. Together
// with a log-in it stays below half a minute.
const StartLimit = 25 * time.Second

// prefaceLimit is how much a login shell may print before the first command begins, on both outputs together.
const prefaceLimit = 8_000_000

// stderrLimit is how long the end of standard error may come after that of standard output. It never comes where a
// forced command throws standard error away.
const stderrLimit = time.Second

// Session is one running shell. It runs one command at a time.
type Session struct {
	streams  Streams
	out, err *frames
	kept     kept
	greeted  bool // the first command has been sent
	idle     bool // the end of the last command was seen
	last     bool // the last command had Stdin: no other will follow it
}

// New makes a session of a shell that was just started. Nothing is sent before the first command.
func New(streams Streams) *Session {
	streams.StartLimit = cmp.Or(streams.StartLimit, StartLimit)
	return &Session{streams: streams, out: newFrames(streams.Stdout), err: newFrames(streams.Stderr), kept: kept{}}
}

// Idle reports whether the end of the last command was seen: all is in order, and the shell waits for another command, or
// has ended after one with Stdin.
func (s *Session) Idle() bool { return s.idle }

// Finish ends the shell's input, and thereby the shell, when it is idle and has not ended by itself.
func (s *Session) Finish() {
	if s.idle && !s.last {
		_ = s.streams.Stdin.Close()
	}
}

// NotStartedError says that the shell ended before a command began: the command has not run, in no part.
type NotStartedError struct {
	Said string // what was printed instead
}

func (e *NotStartedError) Error() string {
	if said := lastLine(e.Said); said != "" {
		return "the login shell runs no commands; it said: " + said
	}
	return "the login shell runs no commands"
}

// EndedError says that the streams ended while a command ran: its outcome is unknown.
type EndedError struct {
	Stderr string
	Cause  error // io.EOF, or how reading failed
}

func (e *EndedError) Error() string { return "the shell ended under the command" }

func (e *EndedError) Unwrap() error { return e.Cause }

// UnfitError says that the login shell does not come to run commands: it is silent for StartLimit, or prints without end.
// The command may run yet.
type UnfitError struct {
	Cause error
	Said  string // what was printed so far
}

func (e *UnfitError) Error() string {
	if said := lastLine(e.Said); said != "" {
		return e.Cause.Error() + "; it said: " + said
	}
	return e.Cause.Error()
}

func (e *UnfitError) Unwrap() error { return e.Cause }

var errPreface = fmt.Errorf("%w: the login shell printed over %s before it ran anything", transport.ErrTooMuch, deploy.Size(prefaceLimit))

var errEcho = errors.New("what is sent comes back instead of being run: a start-up file of the login shell reads standard input and prints it, as cat does")

// result is what the reader of an output saw.
type result struct {
	started bool
	status  int
	text    tail.Tail // of standard error's frame
	err     error
}

// Run runs a command and waits for its end. It returns nil, a *transport.ExitError, *NotStartedError, *EndedError or
// *UnfitError, an error that Is transport.ErrTooMuch or transport.ErrSilent, the cause of ctx's end, or an error of the
// command's own Stdin or Stdout.
//
// A Read of Stdin that is under way when the command ends may outlast Run; its bytes are dropped.
func (s *Session) Run(ctx context.Context, cmd transport.Command) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if strings.ContainsRune(cmd.Script+strings.Join(cmd.Args, ""), 0) {
		return errors.New("a script and its arguments hold no NUL bytes")
	}
	run := newRun(cmd)
	defer close(run.quit)
	var begin string
	var start time.Duration
	s.idle, s.last = false, cmd.Stdin != nil
	if !s.greeted {
		s.greeted, begin, start = true, prologue(), s.streams.StartLimit
	}
	go run.send(s.streams.Stdin, begin+s.kept.request(run.token, cmd))
	stdout, stderr := make(chan result, 1), make(chan result, 1)
	go func() { stdout <- run.readStdout(s.out) }()
	go func() { stderr <- run.readStderr(s.err) }()

	outcome, err := run.follow(ctx, start, stdout)
	if err != nil {
		s.streams.Abort()
		return err
	}
	text, complete := run.lastStderr(ctx, stderr)
	s.idle = outcome.started && outcome.err == nil && complete
	return run.judge(outcome, text)
}

func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.TrimSpace(lines[len(lines)-1])
}
