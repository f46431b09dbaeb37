package shell

import (
	"bufio"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/slipway/slipway/internal/transport"
	"github.com/slipway/slipway/internal/transport/tail"
)

// pipes is a shell that a test plays: it reads the shell's input and writes its outputs.
type pipes struct {
	session        *Session
	stdin          *io.PipeReader
	stdout, stderr *io.PipeWriter
}

func newPipes() *pipes {
	stdinR, stdin := io.Pipe()
	stdout, stdoutW := io.Pipe()
	stderr, stderrW := io.Pipe()
	return &pipes{stdin: stdinR, stdout: stdoutW, stderr: stderrW, session: New(Streams{
		Stdin: stdin, Stdout: stdout, Stderr: stderr,
		Abort: func() { _, _, _ = stdinR.Close(), stdoutW.Close(), stderrW.Close() },
	})}
}

// begin reads a request as far as its token, begins the command's frame on both outputs, and gives the token.
func (p *pipes) begin() string {
	lines := bufio.NewScanner(p.stdin)
	for lines.Scan() && lines.Text() != "" { // the prologue
	}
	lines.Scan()
	token := lines.Text()
	go func() { // all there is
		for lines.Scan() {
		}
	}()
	_, _ = io.WriteString(p.stdout, token+"\n")
	_, _ = io.WriteString(p.stderr, token+"\n")
	return token
}

// end ends the frame with a status.
func (p *pipes) end(token, status string) {
	go func() { _, _ = io.WriteString(p.stderr, token+"\n") }()
	_, _ = io.WriteString(p.stdout, token+" "+status+"\n")
}

// What the host says on either output is a sign of life, and the time that the runner's own reader or writer takes is not
// the host's silence.
func TestSigns(t *testing.T) {
	t.Parallel()
	const silence = time.Minute
	for name, test := range map[string]struct {
		cmd  transport.Command
		host func(p *pipes, over <-chan struct{})
		want error
		took time.Duration
	}{
		"nothing":         {host: func(_ *pipes, over <-chan struct{}) { <-over }, want: transport.ErrSilent, took: silence},
		"standard output": {host: func(p *pipes, _ <-chan struct{}) { say(p.stdout, 3, 50*time.Second) }, took: 150 * time.Second},
		"standard error":  {host: func(p *pipes, _ <-chan struct{}) { say(p.stderr, 3, 50*time.Second) }, took: 150 * time.Second},
		"then nothing":    {host: func(p *pipes, over <-chan struct{}) { say(p.stderr, 1, 50*time.Second); <-over }, want: transport.ErrSilent, took: 110 * time.Second},
		"a slow writer":   {cmd: transport.Command{Stdout: slow{}}, host: func(p *pipes, _ <-chan struct{}) { say(p.stdout, 1, 0) }, took: time.Hour},
		"a slow reader":   {cmd: transport.Command{Stdin: slow{}}, host: func(*pipes, <-chan struct{}) { <-time.After(time.Hour) }, took: time.Hour},
		"unlimited":       {cmd: transport.Command{Silence: transport.Unlimited}, host: func(*pipes, <-chan struct{}) { <-time.After(time.Hour) }, took: time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p := newPipes()
				over := make(chan struct{})
				go func() {
					token := p.begin()
					played := make(chan struct{})
					go func() { test.host(p, over); close(played) }()
					select {
					case <-played:
						p.end(token, "0")
					case <-over:
					}
				}()
				cmd := test.cmd
				if cmd.Silence == 0 {
					cmd.Silence = silence
				}
				start := time.Now()
				err := p.session.Run(context.Background(), cmd)
				if !errors.Is(err, test.want) || time.Since(start) != test.took {
					t.Errorf("got %v after %v, want %v after %v", err, time.Since(start), test.want, test.took)
				}
				close(over)
				p.session.streams.Abort()
			})
		})
	}
}

// say writes a few times, each after a pause.
func say(w io.Writer, times int, pause time.Duration) {
	for range times {
		<-time.After(pause)
		_, _ = io.WriteString(w, "still here\n")
	}
}

// slow takes an hour for everything.
type slow struct{}

func (slow) Write(p []byte) (int, error) { <-time.After(time.Hour); return len(p), nil }
func (slow) Read([]byte) (int, error)    { <-time.After(time.Hour); return 0, io.EOF }

// TestUnfitShell has a login shell hang or print before it starts anything: what it said is kept, to its end.
func TestUnfitShell(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		said string
		want error
		took time.Duration
	}{
		"silent":            {want: transport.ErrSilent, took: StartLimit},
		"asks":              {said: "motd\nYour name? ", want: transport.ErrSilent, took: StartLimit},
		"prints megabytes":  {said: strings.Repeat("y\n", prefaceLimit), want: transport.ErrTooMuch},
		"prints less, asks": {said: strings.Repeat("y\n", prefaceLimit/4) + "Your name?", want: transport.ErrSilent, took: StartLimit},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p := newPipes()
				go func() { _, _ = io.WriteString(p.stderr, test.said) }()
				begun := time.Now()
				err := p.session.Run(context.Background(), transport.Command{Script: "true"})
				var unfit *UnfitError
				if !errors.As(err, &unfit) || !errors.Is(err, test.want) || time.Since(begun) != test.took {
					t.Fatalf("got %v after %v", err, time.Since(begun))
				}
				if len(unfit.Said) > 2*tail.Size || !strings.HasSuffix(err.Error(), lastLine(test.said)) {
					t.Errorf("%d bytes are kept; says %v", len(unfit.Said), err)
				}
			})
		})
	}
}
