package shell

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/needtest"
	"github.com/slipway/slipway/internal/transport"
	"github.com/slipway/slipway/internal/transport/transporttest"
)

// shells are what /bin/sh is on hosts, as a command to run `-c` with.
var shells = map[string][]string{
	"dash": {"dash"}, "bash": {"bash", "--posix"}, "busybox": {"busybox", "sh"}, "zsh": {"zsh", "--emulate", "sh"},
}

func TestMain(m *testing.M) { needtest.RunWaiting(m) }

// TestContract runs the contract with each shell as a process of its own, without SSH between.
func TestContract(t *testing.T) {
	t.Parallel()
	for name, command := range shells {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			needtest.Program(t, command[0])
			transporttest.Run(t, func(t *testing.T) transport.Conn {
				c := &local{command: command, shells: map[*process]struct{}{}}
				t.Cleanup(func() { _ = c.Close() })
				return c
			})
		})
	}
}

// local runs commands in shells of this machine.
type local struct {
	command []string
	path    string // PATH of the shells; "" is the test's
	mu      sync.Mutex
	idle    []*process
	shells  map[*process]struct{}
	closed  bool
}

type process struct {
	cmd     *exec.Cmd
	session *Session
	ended   chan struct{}
}

func (l *local) Host() deploy.Host { return deploy.Host{Name: "local"} }

func (l *local) start() (*process, error) {
	loader := strings.TrimSuffix(strings.TrimPrefix(Loader(), "exec /bin/sh -c '"), "'")
	cmd := exec.Command(l.command[0], append(l.command[1:], "-c", loader)...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if l.path != "" {
		cmd.Env = []string{"PATH=" + l.path}
	}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	// Own pipes, for cmd.Wait closes the ones that it makes under whoever still reads.
	outR, outW, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	errR, errW, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	cmd.Stdout, cmd.Stderr = outW, errW
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	_, _ = outW.Close(), errW.Close()
	p := &process{cmd: cmd, ended: make(chan struct{})}
	p.session = New(Streams{Stdin: stdin, Stdout: outR, Stderr: errR, Abort: func() {
		_, _, _ = stdin.Close(), outR.Close(), errR.Close()
	}})
	go func() { _ = cmd.Wait(); close(p.ended) }()
	return p, nil
}

func (l *local) Run(ctx context.Context, cmd transport.Command) error {
	l.mu.Lock()
	if l.closed {
		l.mu.Unlock()
		return transport.ErrLost
	}
	var p *process
	var err error
	if n := len(l.idle); n > 0 && cmd.Stdin == nil {
		p, l.idle = l.idle[n-1], l.idle[:n-1]
	} else if p, err = l.start(); err != nil {
		l.mu.Unlock()
		return err
	}
	l.shells[p] = struct{}{}
	l.mu.Unlock()

	err = p.session.Run(ctx, cmd)
	var ended *EndedError
	if errors.As(err, &ended) {
		<-p.ended
		status := p.cmd.ProcessState.Sys().(syscall.WaitStatus)
		l.mu.Lock()
		defer l.mu.Unlock()
		delete(l.shells, p)
		if l.closed {
			return fmt.Errorf("%w: closed", transport.ErrLost)
		}
		return &transport.ExitError{Name: cmd.Name, Signal: strings.TrimPrefix(signalName(status.Signal()), "SIG"), Stderr: ended.Stderr}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	var exit *transport.ExitError
	if (err == nil || errors.As(err, &exit)) && cmd.Stdin == nil {
		l.idle = append(l.idle, p)
	} else {
		p.session.streams.Abort()
	}
	return err
}

func signalName(number syscall.Signal) string {
	return map[syscall.Signal]string{syscall.SIGKILL: "KILL", syscall.SIGTERM: "TERM"}[number]
}

func (l *local) RoundTrip() time.Duration { return 0 }

func (l *local) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil, transport.ErrLost
	}
	return (&net.Dialer{}).DialContext(ctx, network, address)
}

func (l *local) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	for p := range l.shells {
		_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
	}
	return nil
}

// TestLoader keeps the one line that a login shell reads to what all of them read alike.
func TestLoader(t *testing.T) {
	t.Parallel()
	loader := Loader()
	if strings.Count(loader, "'") != 2 || strings.ContainsAny(loader, "\\!\n") {
		t.Errorf("not for every login shell: %s", loader)
	}
	if strings.Contains(prologue(), "\n\n") != strings.HasSuffix(prologue(), "\n\n") || strings.Count(prologue(), "\n\n") != 1 {
		t.Error("the control script has an empty line in it, where the loader would stop")
	}
}

func TestShellcheck(t *testing.T) {
	t.Parallel()
	shellcheck := needtest.Program(t, "shellcheck")
	if out, err := exec.Command(shellcheck, "-s", "sh", "loader.sh", "control.sh").CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestLongRequest has hosts read texts that are long, with a dd that reads all at once, with one that cannot, without one, and with one that
// is killed, or cut: then nothing runs.
func TestLongRequest(t *testing.T) {
	t.Parallel()
	head, dd := needtest.Program(t, "head"), needtest.Program(t, "dd")
	long := strings.Repeat("a b  \\c 'ä'\t$x \"`\n\n", 5000)
	const quote = "cat <<'END'\n"
	cmd := transport.Command{Script: quote + long + "END\nprintf '%s' \"$1\"\n\n\n", Args: []string{long}}
	for shell, command := range shells {
		for name, dd := range map[string]string{
			"whole": "exec " + dd + ` "$@"`, "without": "", "unknown": "echo 'invalid input flag' >&2; exit 1", "cut": "exec " + head + " -c 5000",
			"killed while it reads": head + " -c 5000 >/dev/null; kill -KILL $$", "killed before it writes": dd + ` "$@" >/dev/null; kill -KILL $$`,
			"killed while it writes": dd + ` "$@" | ` + head + " -c 5000; kill -KILL $$",
		} {
			own := shell == "busybox" // the shell runs its own dd
			incomplete := name == "cut" || strings.HasPrefix(name, "killed")
			if own && name != "whole" {
				continue
			}
			t.Run(shell+"/"+name, func(t *testing.T) {
				t.Parallel()
				bin := t.TempDir()
				if err := os.Symlink(needtest.Program(t, "cat"), filepath.Join(bin, "cat")); err != nil {
					t.Fatal(err)
				}
				if dd != "" {
					script := "#!/bin/sh\necho read >>'" + bin + "/log'\n" + dd + "\n"
					if err := os.WriteFile(filepath.Join(bin, "dd"), []byte(script), 0o700); err != nil {
						t.Fatal(err)
					}
				}
				l := &local{command: command, path: bin, shells: map[*process]struct{}{}}
				defer l.Close()
				for range 2 { // the second time it has the script
					var out strings.Builder
					cmd := cmd
					cmd.Stdout = &out
					err := l.Run(t.Context(), cmd)
					if want := long + long; !incomplete && (err != nil || out.String() != want) {
						t.Errorf("%v: %d bytes came, not %d", err, out.Len(), len(want))
					}
					if incomplete && (err == nil || out.Len() > 0) {
						t.Errorf("it ran: %v, %.100s", err, out.String())
					}
				}
				if log, err := os.ReadFile(bin + "/log"); name == "whole" && !own && string(log) != "read\nread\nread\n" {
					t.Errorf("dd was run %q: %v", log, err)
				}
			})
		}
	}
}

// TestCutRequest ends the input in the middle of each script: nothing of it may run.
func TestCutRequest(t *testing.T) {
	t.Parallel()
	for name, command := range shells {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			needtest.Program(t, command[0])
			loader := strings.TrimSuffix(strings.TrimPrefix(Loader(), "exec /bin/sh -c '"), "'")
			session := kept{}
			whole := prologue() + session.request("0123", transport.Command{Script: "${1:-:} ran"}) +
				session.request("4567", transport.Command{Name: "kept", Script: "${1:-:} ran", Args: []string{"echo"}})
			for end := len(prologue()); end < len(whole); end += 3 {
				cmd := exec.Command(command[0], append(command[1:], "-c", loader)...)
				cmd.Stdin = strings.NewReader(whole[:end])
				if out, _ := cmd.Output(); strings.Contains(string(out), "ran") {
					t.Errorf("ran after %q", whole[len(prologue()):end])
				}
			}
		})
	}
}

// FuzzFrames splits a stream at every place and finds the same frame each time.
func FuzzFrames(f *testing.F) {
	f.Add("banner", "output", 7)
	f.Add("", "TOKE TOKETOKE", 3)
	f.Add("TTOKE", "", 1)
	f.Fuzz(func(t *testing.T, before, inside string, size int) {
		const token = "TOKEN"
		if strings.Contains(before+inside, token) || size < 1 || size > 100 {
			return
		}
		stream := before + token + "\n" + inside + token + " 3\nrest"
		frames := newFrames(&pieces{data: stream, size: size})
		var got strings.Builder
		if err := frames.until(token, func(p []byte) { got.Write(p) }); err != nil || got.String() != before {
			t.Fatalf("before: %q, %v", got.String(), err)
		}
		if line, err := frames.line(); line != "" || err != nil {
			t.Fatalf("first line: %q, %v", line, err)
		}
		got.Reset()
		if err := frames.until(token, func(p []byte) { got.Write(p) }); err != nil || got.String() != inside {
			t.Fatalf("inside: %q, %v", got.String(), err)
		}
		if line, err := frames.line(); line != " 3" || err != nil {
			t.Fatalf("last line: %q, %v", line, err)
		}
		got.Reset()
		if err := frames.until(token, func(p []byte) { got.Write(p) }); !errors.Is(err, io.EOF) || got.String() != "rest" {
			t.Fatalf("rest: %q, %v", got.String(), err)
		}
	})
}

// pieces is a reader that gives a few bytes at a time.
type pieces struct {
	data string
	size int
}

func (p *pieces) Read(b []byte) (int, error) {
	if p.data == "" {
		return 0, io.EOF
	}
	n := copy(b[:min(len(b), p.size)], p.data)
	p.data = p.data[n:]
	return n, nil
}

// BenchmarkScript is what the bytes of a script cost: `read` takes those of short ones one by one.
func BenchmarkScript(b *testing.B) {
	for name, command := range shells {
		for _, kilobytes := range []int{1, 10, 50} {
			b.Run(fmt.Sprintf("%s/%dKB", name, kilobytes), func(b *testing.B) {
				l := &local{command: command, shells: map[*process]struct{}{}}
				defer l.Close()
				script := strings.Repeat(": a line of a script that is some sixty characters long, or so\n", kilobytes*16)
				for b.Loop() {
					script += "\n" // no session has it
					if err := l.Run(context.Background(), transport.Command{Script: script}); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// Comments cost a host's shell time to read: of each no more than its first line is sent, and none from within a function.
func TestSentScript(t *testing.T) {
	t.Parallel()
	const script = "# What it does.\n#\n# $1  the path\nset -u # not\n\nf() {\n\t# why\n\techo '#'\n}\n#one\n  #two\necho a#b\n# end"
	const want = "# What it does.\nset -u # not\n\nf() {\n\techo '#'\n}\n#one\necho a#b\n# end"
	if got := sent(script); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := sent(""); got != "" {
		t.Errorf("got %q", got)
	}
}
