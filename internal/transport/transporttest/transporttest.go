// Package transporttest is the contract of transport.Conn as tests that every implementation passes. It must not know
// any implementation.
package transporttest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/sshtest/loopback"
	"github.com/slipway/slipway/internal/transport"
)

// patience is how long anything here may take that is to end by itself.
const patience = 30 * time.Second

// Run runs the contract. Each call of connect gives a new connection to a host that shares the test's file system, and
// whose commands run as the test's user; the suite closes it.
func Run(t *testing.T, connect func(t *testing.T) transport.Conn) {
	tests := []struct {
		name string
		run  func(t *testing.T, conn transport.Conn)
	}{
		{"Exit", testExit},
		{"Signal", testSignal},
		{"Shell", testShell},
		{"SyntaxError", testSyntaxError},
		{"Arguments", testArguments},
		{"NUL", testNUL},
		{"QuietStdin", testQuietStdin},
		{"Ahead", testAhead},
		{"BinaryStdin", testBinaryStdin},
		{"StdinUnread", testStdinUnread},
		{"StdinFails", testStdinFails},
		{"BigStdout", testBigStdout},
		{"Flood", testFlood},
		{"Silent", testSilent},
		{"StdoutFails", testStdoutFails},
		{"Stderr", testStderr},
		{"LongScript", testLongScript},
		{"ManyScripts", testManyScripts},
		{"Concurrent", testConcurrent},
		{"Cancel", testCancel},
		{"Background", testBackground},
		{"Lost", testLost},
		{"Dial", testDial},
		{"Many", testMany},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			conn := connect(t)
			t.Cleanup(func() { _ = conn.Close() })
			test.run(t, conn)
		})
	}
}

// output runs a script that must succeed.
func output(t *testing.T, conn transport.Conn, script string, args ...string) string {
	t.Helper()
	var out bytes.Buffer
	if err := run(t, conn, transport.Command{Name: "test", Script: script, Args: args, Stdout: &out}); err != nil {
		t.Fatalf("%v\nscript: %.200s", err, script)
	}
	return out.String()
}

func run(t *testing.T, conn transport.Conn, cmd transport.Command) error {
	t.Helper()
	ctx, cancel := context.WithTimeoutCause(context.Background(), patience, errors.New("the test lost patience"))
	defer cancel()
	return conn.Run(ctx, cmd)
}

func wantExit(t *testing.T, err error, status int) transport.ExitError {
	t.Helper()
	var exit *transport.ExitError
	if !errors.As(err, &exit) || exit.Status != status || exit.Signal != "" {
		t.Fatalf("got %v, want exit %d", err, status)
	}
	return *exit
}

// stdins are the two ways a command can run: in the control shell, and on a channel of its own.
var stdins = map[string]func() io.Reader{
	"control": func() io.Reader { return nil },
	"own":     func() io.Reader { return strings.NewReader("input") },
}

func testExit(t *testing.T, conn transport.Conn) {
	for name, stdin := range stdins {
		for _, status := range []int{0, 1, 2, 42, 127, 128, 200, 255} {
			err := run(t, conn, transport.Command{Name: "leave", Script: "exit $1", Args: []string{fmt.Sprint(status)}, Stdin: stdin()})
			if status == 0 {
				if err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				continue
			}
			if exit := wantExit(t, err, status); exit.Name != "leave" {
				t.Errorf("%s: name %q", name, exit.Name)
			}
		}
	}
	wantExit(t, run(t, conn, transport.Command{Script: "true\nfalse"}), 1)
	wantExit(t, run(t, conn, transport.Command{Script: "set -eu\nfalse\ntrue"}), 1)
	wantExit(t, run(t, conn, transport.Command{Script: "no-such-command-here"}), 127)
	if err := run(t, conn, transport.Command{Script: ""}); err != nil {
		t.Errorf("an empty script: %v", err)
	}
}

// testSignal kills the script's own shell, and checks that the connection is still of use.
func testSignal(t *testing.T, conn transport.Conn) {
	for name, stdin := range stdins {
		err := run(t, conn, transport.Command{Name: "die", Script: "echo last words >&2; kill -KILL $$", Stdin: stdin()})
		var exit *transport.ExitError
		if !errors.As(err, &exit) || exit.Signal != "KILL" || !strings.Contains(exit.Stderr, "last words") {
			t.Errorf("%s: got %#v", name, err)
		}
		if got := output(t, conn, "echo alive"); got != "alive\n" {
			t.Errorf("%s: afterwards %q", name, got)
		}
	}
	wantExit(t, run(t, conn, transport.Command{Script: "sh -c 'kill -TERM $$'"}), 128+15)
}

func testShell(t *testing.T, conn transport.Conn) {
	// Commands share nothing: neither variables, nor directory, nor options, nor traps.
	output(t, conn, "x=1; cd /; set -e; umask 077; trap 'echo trapped' EXIT; export x")
	if got := output(t, conn, `echo "${x-unset} $-"; [ "$PWD" != / ] || echo in root; trap`); !strings.HasPrefix(got, "unset ") ||
		strings.Contains(got, "e\n") || strings.Contains(got, "in root") || strings.Contains(got, "trapped") {
		t.Errorf("left over from the last command: %q", got)
	}
	if got := output(t, conn, "trap 'echo bye' EXIT; echo hello"); got != "hello\nbye\n" {
		t.Errorf("exit trap: %q", got)
	}
	// Nothing of what drives the shell is visible in it, or in what an argument list shows.
	if got := output(t, conn, "set | grep -c slipway_ || true"); strings.TrimSpace(got) != "0" {
		t.Errorf("variables of the control shell: %s", output(t, conn, "set | grep slipway_"))
	}
	if got := output(t, conn, `# invisible-text`+"\n"+`ps -eo args 2>/dev/null | grep invisible-tex[t] || true`); got != "" {
		t.Errorf("the script is in an argument list: %s", got)
	}
}

func testSyntaxError(t *testing.T, conn transport.Conn) {
	for name, stdin := range stdins {
		for _, script := range []string{"if", "echo 'open", "done", "( ", "cat <<EOF\n$(", "}"} {
			err := run(t, conn, transport.Command{Name: "wrong", Script: script, Stdin: stdin()})
			var exit *transport.ExitError
			if !errors.As(err, &exit) || exit.Status == 0 {
				t.Errorf("%s: script %q: got %v, want an exit status", name, script, err)
			}
		}
	}
	if got := output(t, conn, "echo alive"); got != "alive\n" {
		t.Errorf("afterwards %q", got)
	}
}

// testManyScripts runs more scripts than an implementation may keep, each again later with other arguments, and one that failed.
func testManyScripts(t *testing.T, conn transport.Conn) {
	script := func(n int) string { return fmt.Sprintf("# %s\necho %d \"$1\"", strings.Repeat("-", 40*n), n) }
	for _, round := range []string{"first", "second"} {
		for n := range 130 {
			if got, want := output(t, conn, script(n), round), fmt.Sprintf("%d %s\n", n, round); got != want {
				t.Fatalf("got %q, want %q", got, want)
			}
		}
		wantExit(t, run(t, conn, transport.Command{Script: "exit 3"}), 3)
		if err := run(t, conn, transport.Command{Name: "a 'name'\nof `two` lines", Args: []string{round}}); err != nil {
			t.Fatal(err)
		}
	}
}

func testArguments(t *testing.T, conn transport.Conn) {
	var every []byte
	for b := 1; b < 256; b++ {
		every = append(every, byte(b))
	}
	args := []string{
		"", "a b", "'", `"`, `\`, `\n`, "\n", "\n\n", "x\n", "-n", "--", "$HOME", "`id`", "$(id)", "!!", "*", "~", "é",
		"\r\n", "\t", "\x7f\x01\x02", string(every), strings.Repeat("long ", 5000),
	}
	for _, stdin := range stdins {
		var out bytes.Buffer
		err := run(t, conn, transport.Command{Script: `printf '%s\000' "$#" "$@"`, Args: args, Stdin: stdin(), Stdout: &out})
		if err != nil {
			t.Fatal(err)
		}
		got := strings.Split(strings.TrimSuffix(out.String(), "\x00"), "\x00")
		if len(got) != len(args)+1 || got[0] != fmt.Sprint(len(args)) {
			t.Fatalf("%s arguments arrived, want %d", got[0], len(args))
		}
		for i, arg := range args {
			if got[i+1] != arg {
				t.Errorf("argument %d: got %.300q, want %.300q", i+1, got[i+1], arg)
			}
		}
	}
}

func testNUL(t *testing.T, conn transport.Conn) {
	for _, cmd := range []transport.Command{{Script: "echo a\x00b"}, {Script: "true", Args: []string{"a\x00"}}} {
		if err := run(t, conn, cmd); err == nil {
			t.Error("a NUL byte was accepted")
		}
	}
}

func testQuietStdin(t *testing.T, conn transport.Conn) {
	if got := output(t, conn, "cat; read -r x || echo end"); got != "end\n" {
		t.Errorf("standard input of a command without Stdin: %q", got)
	}
}

// Whoever says that input will follow may be wrong: none does, or other commands come first.
func testAhead(t *testing.T, conn transport.Conn) {
	for range 3 {
		if err := run(t, conn, transport.Command{Script: "true", Ahead: true}); err != nil {
			t.Fatal(err)
		}
		if got := output(t, conn, "echo other"); got != "other\n" {
			t.Errorf("another command: %q", got)
		}
	}
	var all bytes.Buffer
	for range 2 {
		if err := run(t, conn, transport.Command{Script: "cat", Stdin: strings.NewReader("in"), Stdout: &all, Ahead: true}); err != nil {
			t.Fatal(err)
		}
	}
	if all.String() != "inin" {
		t.Errorf("got %q", all.String())
	}
}

func testBinaryStdin(t *testing.T, conn transport.Conn) {
	data := make([]byte, 5<<20)
	for i := range data {
		data[i] = byte(i * i >> 3)
	}
	var out bytes.Buffer
	err := run(t, conn, transport.Command{Script: "cat", Stdin: bytes.NewReader(data), Stdout: &out})
	if err != nil || !bytes.Equal(out.Bytes(), data) {
		t.Errorf("%v; %d of %d bytes came back, the same: %v", err, out.Len(), len(data), bytes.Equal(out.Bytes(), data))
	}
	out.Reset()
	err = run(t, conn, transport.Command{Script: "wc -c", Stdin: strings.NewReader(""), Stdout: &out})
	if err != nil || strings.TrimSpace(out.String()) != "0" {
		t.Errorf("empty input: %v, %q", err, out.String())
	}
}

// testStdinUnread ends commands that leave input behind: a big one, and one that is not at its end.
func testStdinUnread(t *testing.T, conn transport.Conn) {
	endless, w := io.Pipe()
	defer w.Close()
	for name, stdin := range map[string]io.Reader{"big": bytes.NewReader(make([]byte, 32<<20)), "endless": endless} {
		err := run(t, conn, transport.Command{Script: "exit 3", Stdin: stdin})
		if exit := new(transport.ExitError); !errors.As(err, &exit) || exit.Status != 3 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func testStdinFails(t *testing.T, conn transport.Conn) {
	broken := errors.New("disk on fire")
	stdin := io.MultiReader(strings.NewReader("some"), failingReader{broken})
	if err := run(t, conn, transport.Command{Script: "cat >/dev/null", Stdin: stdin}); !errors.Is(err, broken) {
		t.Errorf("got %v, want the reader's error", err)
	}
}

type failingReader struct{ err error }

func (r failingReader) Read([]byte) (int, error) { return 0, r.err }

func testBigStdout(t *testing.T, conn transport.Conn) {
	for name, stdin := range stdins {
		out := &counter{}
		err := run(t, conn, transport.Command{Script: `head -c "$1" /dev/zero; echo end`, Args: []string{fmt.Sprint(40 << 20)}, Stdin: stdin(), Stdout: out, Limit: transport.Unlimited})
		if err != nil || out.n != 40<<20+4 {
			t.Errorf("%s: %v, %d bytes", name, err, out.n)
		}
	}
	if got := output(t, conn, "printf 'no newline'"); got != "no newline" {
		t.Errorf("got %q", got)
	}
	if got := output(t, conn, ":"); got != "" {
		t.Errorf("got %q of a silent command", got)
	}
}

type counter struct{ n int }

func (c *counter) Write(p []byte) (int, error) { c.n += len(p); return len(p), nil }

func testStdoutFails(t *testing.T, conn transport.Conn) {
	full := errors.New("full")
	if err := run(t, conn, transport.Command{Script: "echo text", Stdout: failingWriter{full}}); !errors.Is(err, full) {
		t.Errorf("got %v, want the writer's error", err)
	}
	if got := output(t, conn, "echo alive"); got != "alive\n" {
		t.Errorf("afterwards %q", got)
	}
}

type failingWriter struct{ err error }

func (w failingWriter) Write([]byte) (int, error) { return 0, w.err }

// testFlood prints without end: the command is given up, and the connection is still of use.
func testFlood(t *testing.T, conn transport.Conn) {
	const limit = 100_000
	for name, stdin := range stdins {
		for stream, script := range map[string]string{"standard output": "yes", "standard error": "yes >&2"} {
			got := &counter{}
			err := run(t, conn, transport.Command{Name: "flood", Script: script, Stdin: stdin(), Stdout: got, Limit: limit})
			if !errors.Is(err, transport.ErrTooMuch) || errors.Is(err, transport.ErrLost) || !strings.Contains(err.Error(), stream) {
				t.Errorf("%s: got %v", name, err)
			}
			if got.n > limit {
				t.Errorf("%s: %d bytes of %s were given out", name, got.n, stream)
			}
			if got := output(t, conn, "echo alive"); got != "alive\n" {
				t.Errorf("%s: afterwards %q", name, got)
			}
		}
		if err := run(t, conn, transport.Command{Script: "head -c 100000 /dev/zero", Stdin: stdin(), Limit: limit}); err != nil {
			t.Errorf("%s: at the limit: %v", name, err)
		}
	}
}

// testSilent gives no sign of a command: it is given up, and the connection is still of use.
func testSilent(t *testing.T, conn transport.Conn) {
	const silence = 300 * time.Millisecond
	for name, stdin := range stdins {
		err := run(t, conn, transport.Command{Name: "hang", Script: "exec sleep 20", Stdin: stdin(), Silence: silence})
		if !errors.Is(err, transport.ErrSilent) || errors.Is(err, transport.ErrLost) {
			t.Errorf("%s: got %v", name, err)
		}
		if got := output(t, conn, "echo alive"); got != "alive\n" {
			t.Errorf("%s: afterwards %q", name, got)
		}
	}
}

func testStderr(t *testing.T, conn transport.Conn) {
	for name, stdin := range stdins {
		err := run(t, conn, transport.Command{Script: "echo first >&2; yes xxxxxxxxx | head -n 10000 >&2; echo last >&2; exit 1", Stdin: stdin()})
		exit := wantExit(t, err, 1)
		if n := len(exit.Stderr); n <= 8*1024-10 || n > 8*1024 || !strings.HasPrefix(exit.Stderr, "xxxxxxxxx\n") || !strings.HasSuffix(exit.Stderr, "xxx\nlast\n") {
			t.Errorf("%s: %d bytes of standard error, ending in %q", name, len(exit.Stderr), exit.Stderr[max(0, len(exit.Stderr)-20):])
		}
		// Each command has its own.
		exit = wantExit(t, run(t, conn, transport.Command{Script: "echo second >&2; exit 2", Stdin: stdin()}), 2)
		if exit.Stderr != "second\n" {
			t.Errorf("%s: standard error %q", name, exit.Stderr)
		}
	}
}

// testLongScript sends a script that one buffer does not hold.
func testLongScript(t *testing.T, conn transport.Conn) {
	line := "# a line of a script that is some sixty characters long, or so\n"
	script := strings.Repeat(line, 200_000/len(line)) + "echo ran; exit 5\n" + strings.Repeat(line, 100)
	for _, stdin := range stdins {
		var out bytes.Buffer
		wantExit(t, run(t, conn, transport.Command{Script: script, Stdin: stdin(), Stdout: &out}), 5)
		if out.String() != "ran\n" {
			t.Errorf("got %q", out.String())
		}
	}
}

// testConcurrent runs commands that each wait for the other: none may queue behind another.
func testConcurrent(t *testing.T, conn transport.Conn) {
	dir := t.TempDir()
	const together = 4
	results := make(chan error, together)
	for i := range together {
		go func() {
			script := `: >"$1/here-$2"; while [ "$(ls "$1" | wc -l)" -lt "$3" ]; do sleep 0.02; done; echo "$2"`
			var out bytes.Buffer
			err := run(t, conn, transport.Command{Script: script, Args: []string{dir, fmt.Sprint(i), fmt.Sprint(together)}, Stdout: &out})
			if err == nil && out.String() != fmt.Sprintln(i) {
				err = fmt.Errorf("command %d got the output %q", i, out.String())
			}
			results <- err
		}()
	}
	for range together {
		if err := <-results; err != nil {
			t.Error(err)
		}
	}
}

// testCancel ends the context of a command that runs, and finds the connection of use.
func testCancel(t *testing.T, conn transport.Conn) {
	stop := errors.New("stop it")
	for name, stdin := range stdins {
		ctx, cancel := context.WithCancelCause(context.Background())
		begun := time.Now()
		err := conn.Run(ctx, transport.Command{Script: "echo running; exec sleep 20", Stdin: stdin(), Stdout: writer(func([]byte) { cancel(stop) })})
		if !errors.Is(err, stop) {
			t.Errorf("%s: got %v, want the context's cause", name, err)
		}
		if took := time.Since(begun); took > 5*time.Second {
			t.Errorf("%s: it took %v", name, took)
		}
		if err := conn.Run(ctx, transport.Command{Script: "true", Stdin: stdin()}); !errors.Is(err, stop) {
			t.Errorf("%s: with a context that had ended: %v", name, err)
		}
		if got := output(t, conn, "echo alive"); got != "alive\n" {
			t.Errorf("%s: afterwards %q", name, got)
		}
	}
}

type writer func([]byte)

func (w writer) Write(p []byte) (int, error) { w(p); return len(p), nil }

// testBackground leaves a process behind that holds all of the command's descriptors.
func testBackground(t *testing.T, conn transport.Conn) {
	for name, stdin := range stdins {
		begun := time.Now()
		pid := ""
		var out bytes.Buffer
		if err := run(t, conn, transport.Command{Script: "sleep 60 & echo $!", Stdin: stdin(), Stdout: &out}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if took := time.Since(begun); took > 10*time.Second {
			t.Errorf("%s: the command was held for %v", name, took)
		}
		pid = strings.TrimSpace(out.String())
		output(t, conn, "kill $1", pid)
	}
}

// testLost closes the connection under commands.
func testLost(t *testing.T, conn transport.Conn) {
	results, running := make(chan error), make(chan struct{}, 2)
	for _, stdin := range stdins {
		go func() {
			results <- run(t, conn, transport.Command{
				Name: "wait", Script: "echo running; exec sleep 20", Stdin: stdin(),
				Stdout: writer(func([]byte) { running <- struct{}{} }),
			})
		}()
	}
	<-running
	<-running
	_ = conn.Close()
	for range stdins {
		if err := <-results; !errors.Is(err, transport.ErrLost) {
			t.Errorf("got %v, want ErrLost", err)
		}
	}
	if err := run(t, conn, transport.Command{Script: "true"}); !errors.Is(err, transport.ErrLost) {
		t.Errorf("afterwards: got %v, want ErrLost", err)
	}
	if _, err := conn.Dial(context.Background(), "tcp", "127.0.0.1:9"); err == nil {
		t.Error("dialled through a closed connection")
	}
}

func testDial(t *testing.T, conn transport.Conn) {
	listener := loopback.Serve(t, func(peer net.Conn) { _, _ = io.Copy(peer, peer); _ = peer.Close() })
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	peer, err := conn.Dial(ctx, "tcp", listener.String())
	if err != nil {
		t.Fatal(err)
	}
	defer peer.Close()
	if _, err := io.WriteString(peer, "echo"); err != nil {
		t.Fatal(err)
	}
	answer := make([]byte, 4)
	if _, err := io.ReadFull(peer, answer); err != nil || string(answer) != "echo" {
		t.Errorf("%q, %v", answer, err)
	}
	if _, err := conn.Dial(ctx, "tcp", loopback.Free(t).String()); err == nil || errors.Is(err, transport.ErrForwardingRefused) {
		t.Errorf("a closed port: %v", err)
	}
}

// testMany runs more commands than a connection has places for sessions, both ways, and sees none left open.
func testMany(t *testing.T, conn transport.Conn) {
	for i := range 300 {
		if got := output(t, conn, "echo $1", fmt.Sprint(i)); got != fmt.Sprintln(i) {
			t.Fatalf("command %d: %q", i, got)
		}
	}
	for i := range 50 {
		var out bytes.Buffer
		err := run(t, conn, transport.Command{Script: "cat", Stdin: strings.NewReader("x"), Stdout: &out})
		if err != nil || out.String() != "x" {
			t.Fatalf("command %d with input: %v, %q", i, err, out.String())
		}
	}
}
