package shell

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/transport"
	"github.com/slipway/slipway/internal/transport/tail"
)

// run is one command under way.
type run struct {
	token   string
	cmd     transport.Command
	limit   int64 // of standard output; negative is none
	silence time.Duration

	pieces  chan []byte // standard output, on its way to Run's goroutine
	taken   chan struct{}
	started chan struct{}
	failed  chan error    // by the command's own Stdin, or by a limit that was passed
	quit    chan struct{} // closed when Run returns

	preface preface
	heard   atomic.Int64 // when the host last gave a sign, Unix nanoseconds
	asking  atomic.Bool  // Stdin is being read: the host has nothing to take

	writeErr error // of cmd.Stdout
}

func newRun(cmd transport.Command) *run {
	return &run{
		token: newToken(), cmd: cmd,
		limit: cmp.Or(cmd.Limit, transport.DefaultLimit), silence: cmp.Or(cmd.Silence, transport.DefaultSilence),
		pieces: make(chan []byte), taken: make(chan struct{}), started: make(chan struct{}),
		failed: make(chan error, 4), quit: make(chan struct{}), // each of the writers fails at most once
	}
}

// follow hands standard output on until the frame ends. startLimit is for the first command of a shell, else 0.
func (r *run) follow(ctx context.Context, startLimit time.Duration, stdout <-chan result) (result, error) {
	var start <-chan time.Time
	if startLimit > 0 {
		timer := time.NewTimer(startLimit)
		defer timer.Stop()
		start = timer.C
	}
	r.sign()
	quiet := time.NewTimer(max(r.silence, 0))
	defer quiet.Stop()
	if r.silence < 0 {
		quiet.Stop()
	}
	started := r.started
	for {
		select {
		case <-started:
			started, start = nil, nil
		case piece := <-r.pieces:
			if r.cmd.Stdout != nil && r.writeErr == nil {
				_, r.writeErr = r.cmd.Stdout.Write(piece)
			}
			r.sign() // the time of the writer is not the host's
			r.taken <- struct{}{}
		case outcome := <-stdout:
			return outcome, nil
		case err := <-r.failed:
			return result{}, err
		case <-start:
			select {
			case <-r.started: // while the writer had this goroutine
				continue
			default:
			}
			cause := fmt.Errorf("%w: the login shell ran nothing within %v", transport.ErrSilent, startLimit)
			return result{}, &UnfitError{Cause: cause, Said: r.preface.String()}
		case <-quiet.C:
			left := r.silence - r.idle()
			if left <= 0 {
				return result{}, fmt.Errorf("%w: no sign of the command for %v", transport.ErrSilent, r.silence)
			}
			quiet.Reset(left)
		case <-ctx.Done():
			return result{}, context.Cause(ctx)
		}
	}
}

// sign notes that the host gives a sign of the command.
func (r *run) sign() { r.heard.Store(time.Now().UnixNano()) }

// idle is how long the host has given no sign.
func (r *run) idle() time.Duration {
	if r.asking.Load() {
		return 0
	}
	return time.Since(time.Unix(0, r.heard.Load()))
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
		return &NotStartedError{Said: r.preface.String()}
	case errors.Is(stdout.err, io.ErrShortBuffer):
		return fmt.Errorf("%w: the line with the command's status has no end", transport.ErrTooMuch)
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
	input := &input{from: r.cmd.Stdin, run: r}
	_, _ = io.Copy(struct{ io.Writer }{w}, input)
	if input.err != nil {
		r.failed <- fmt.Errorf("read standard input: %w", input.err)
		return // without the end of input: a cut stream must not look like a whole one
	}
	_ = w.Close()
}

// input is the command's standard input. It remembers how reading failed, apart from how writing did.
type input struct {
	from io.Reader
	run  *run
	err  error
}

func (i *input) Read(p []byte) (int, error) {
	i.run.sign() // what was read before is taken
	i.run.asking.Store(true)
	n, err := i.from.Read(p)
	i.run.sign()
	i.run.asking.Store(false)
	if err != nil && err != io.EOF {
		i.err = err
	}
	return n, err
}

func (r *run) readStdout(f *frames) (got result) {
	if got.err = f.until(r.token, r.before(&r.preface.stdout)); got.err != nil {
		return got
	}
	if r.preface.echoes() {
		r.fail(&UnfitError{Cause: errEcho})
		return got
	}
	got.started = true
	close(r.started)
	if _, got.err = f.line(); got.err != nil {
		return got
	}
	within := r.within(r.limit, "standard output")
	for {
		if got.err = f.until(r.token, func(piece []byte) {
			if within(piece) {
				r.emit(piece)
			}
		}); got.err != nil {
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
	if got.err = f.until(r.token, r.before(&r.preface.stderr)); got.err != nil {
		return got
	}
	got.started = true
	if _, got.err = f.line(); got.err != nil {
		return got
	}
	within := r.within(transport.DefaultLimit, "standard error")
	if got.err = f.until(r.token, func(piece []byte) {
		if within(piece) {
			got.text.Add(piece)
		}
	}); got.err != nil {
		return got
	}
	_, got.err = f.line()
	return got
}

// before takes what an output says before the command begins.
func (r *run) before(text *tail.Tail) func([]byte) {
	return func(piece []byte) {
		if r.preface.write(text, piece) {
			r.fail(&UnfitError{Cause: errPreface, Said: r.preface.String()})
		}
	}
}

// within counts an output and reports whether it is within a limit yet. Passing the limit ends the command.
func (r *run) within(limit int64, what string) func(piece []byte) bool {
	count := int64(0)
	return func(piece []byte) bool {
		r.sign()
		if count += int64(len(piece)); limit < 0 || count <= limit {
			return true
		}
		r.fail(fmt.Errorf("%w: over %s of %s", transport.ErrTooMuch, deploy.Size(limit), what))
		return false
	}
}

// fail ends the command, and waits for that: what comes meanwhile stays unread.
func (r *run) fail(err error) {
	select {
	case r.failed <- err:
	default:
	}
	<-r.quit
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

// preface is what the login shell prints before a command begins.
type preface struct {
	mu             sync.Mutex
	stdout, stderr tail.Tail
	size           int
}

// write adds to one of the two texts and reports whether there is too much of them now.
func (p *preface) write(text *tail.Tail, piece []byte) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	text.Add(piece)
	p.size += len(piece)
	return p.size > prefaceLimit
}

// echoes reports whether the request came back on standard output: its token there begins no frame.
func (p *preface) echoes() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Contains(p.stdout.String(), "\n"+controlMark)
}

func (p *preface) String() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.stdout.String() + p.stderr.String()
}
