package shell

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"slipway/internal/transport"
)

// Streams are the three byte streams of a shell that the Loader started.
type Streams struct {
	Stdin          io.WriteCloser // Close is the end of its input
	Stdout, Stderr io.Reader
	Abort          func() // makes all reads and writes end soon; may be called again
}

// StartLimit is how long a shell may take to its first sign of life: a login shell's start-up files run before.
const StartLimit = 30 * time.Second

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
	return &Session{streams: streams, out: newFrames(streams.Stdout), err: newFrames(streams.Stderr), kept: kept{}}
}

// Idle tells whether the end of the last command was seen: all is in order, and the shell waits for another command, or
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

// ErrSilent says that the shell gave no sign of life within StartLimit. The command may run yet.
var ErrSilent = fmt.Errorf("the login shell did not answer within %v", StartLimit)

// result is what the reader of an output saw.
type result struct {
	started bool
	status  int
	text    tail // of standard error the frame's; before it the preface
	err     error
}

// Run runs a command and waits for its end. It returns nil, an *transport.ExitError, *NotStartedError, *EndedError,
// ErrSilent, the cause of ctx's end, or an error of the command's own Stdin or Stdout.
//
// A Read of Stdin that is under way when the command ends may outlast Run; its bytes are dropped.
func (s *Session) Run(ctx context.Context, cmd transport.Command) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if strings.ContainsRune(cmd.Script+strings.Join(cmd.Args, ""), 0) {
		return errors.New("a script and its arguments hold no NUL bytes")
	}
	run := &run{
		token: newToken(), cmd: cmd,
		pieces: make(chan []byte), taken: make(chan struct{}), quit: make(chan struct{}),
		started: make(chan struct{}), badInput: make(chan error, 1),
	}
	defer close(run.quit)
	var begin string
	s.idle, s.last = false, cmd.Stdin != nil
	if !s.greeted {
		s.greeted, begin = true, prologue()
	}
	go run.send(s.streams.Stdin, begin+s.kept.request(run.token, cmd))
	stdout, stderr := make(chan result, 1), make(chan result, 1)
	go func() { stdout <- run.readStdout(s.out) }()
	go func() { stderr <- run.readStderr(s.err) }()

	var limit <-chan time.Time // runs only before the first sign of life
	if begin != "" {
		timer := time.NewTimer(StartLimit)
		defer timer.Stop()
		limit = timer.C
	}
	outcome, err := run.follow(ctx, limit, stdout)
	if err != nil {
		s.streams.Abort()
		return err
	}
	text, complete := run.lastStderr(ctx, stderr)
	s.idle = outcome.started && outcome.err == nil && complete
	return run.judge(outcome, text)
}

// run is one command under way.
type run struct {
	token    string
	cmd      transport.Command
	pieces   chan []byte // standard output, on its way to Run's goroutine
	taken    chan struct{}
	started  chan struct{}
	badInput chan error
	quit     chan struct{} // closed when Run returns

	writeErr error // of cmd.Stdout
}

// follow hands standard output on until the frame ends.
func (r *run) follow(ctx context.Context, limit <-chan time.Time, stdout <-chan result) (result, error) {
	started := r.started
	for {
		select {
		case <-started:
			started, limit = nil, nil
		case piece := <-r.pieces:
			if r.cmd.Stdout != nil && r.writeErr == nil {
				_, r.writeErr = r.cmd.Stdout.Write(piece)
			}
			r.taken <- struct{}{}
		case outcome := <-stdout:
			return outcome, nil
		case err := <-r.badInput:
			return result{}, fmt.Errorf("read standard input: %w", err)
		case <-limit:
			return result{}, ErrSilent
		case <-ctx.Done():
			return result{}, context.Cause(ctx)
		}
	}
}

// lastStderr is standard error to its frame's end; false where that does not come.
func (r *run) lastStderr(ctx context.Context, stderr <-chan result) (got result, complete bool) {
	timer := time.NewTimer(stderrLimit)
	defer timer.Stop()
	select {
	case got := <-stderr:
		return got, got.err == nil
	case <-timer.C:
	case <-ctx.Done():
	}
	return result{}, false
}

// judge puts what both outputs told into one error.
func (r *run) judge(stdout, stderr result) error {
	switch {
	case !stdout.started:
		said := stdout.text.String()
		if !stderr.started {
			said += stderr.text.String()
		}
		return &NotStartedError{Said: said}
	case stdout.err != nil:
		return &EndedError{Stderr: stderr.text.String(), Cause: stdout.err}
	case stdout.status != 0:
		return &transport.ExitError{Name: r.cmd.Name, Status: stdout.status, Stderr: stderr.text.String()}
	case r.writeErr != nil:
		return fmt.Errorf("write standard output: %w", r.writeErr)
	}
	return nil
}

// send writes the request, then the command's standard input to its end.
func (r *run) send(w io.WriteCloser, request string) {
	if _, err := io.WriteString(w, request); err != nil || r.cmd.Stdin == nil {
		return // a shell that is gone shows in its outputs
	}
	input := &input{Reader: r.cmd.Stdin}
	_, _ = io.Copy(struct{ io.Writer }{w}, input)
	if input.err != nil {
		r.badInput <- input.err
		return // without the end of input: a cut stream must not look like a whole one
	}
	_ = w.Close()
}

// input remembers how reading failed, apart from how writing did.
type input struct {
	io.Reader
	err error
}

func (i *input) Read(p []byte) (int, error) {
	n, err := i.Reader.Read(p)
	if err != nil && err != io.EOF {
		i.err = err
	}
	return n, err
}

func (r *run) readStdout(f *frames) (got result) {
	if got.err = f.until(r.token, got.text.write); got.err != nil {
		return got
	}
	got.started = true
	close(r.started)
	got.text = tail{}
	if _, got.err = f.line(); got.err != nil {
		return got
	}
	for {
		if got.err = f.until(r.token, r.emit); got.err != nil {
			return got
		}
		var line string
		if line, got.err = f.line(); got.err != nil {
			return got
		}
		// A line without a status is standard error's token, where a forced command joins the two.
		if status, err := strconv.Atoi(strings.TrimSpace(line)); err == nil {
			got.status = status
			return got
		}
	}
}

func (r *run) readStderr(f *frames) (got result) {
	if got.err = f.until(r.token, got.text.write); got.err != nil {
		return got
	}
	got.started = true
	got.text = tail{}
	if _, got.err = f.line(); got.err != nil {
		return got
	}
	if got.err = f.until(r.token, got.text.write); got.err != nil {
		return got
	}
	_, got.err = f.line()
	return got
}

// emit gives a piece to Run's goroutine and waits until it is done with it; once Run has returned, pieces are dropped.
func (r *run) emit(piece []byte) {
	select {
	case r.pieces <- piece:
	case <-r.quit:
		return
	}
	<-r.taken
}

func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.TrimSpace(lines[len(lines)-1])
}
