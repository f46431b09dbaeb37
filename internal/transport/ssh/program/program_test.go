package program

import (
	"bufio"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/needtest"
)

// patience is how long may take what is to happen by itself.
const patience = 2 * time.Minute

func started(t *testing.T, p *Programs, words ...string) *Conn {
	t.Helper()
	c, err := p.Start(words)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func programs() *Programs { return &Programs{Env: []string{"PATH=" + os.Getenv("PATH"), "SAID=by us"}} }

// witness is a FIFO that processes hold open: the channel is closed when the last of them has ended.
func witness(t *testing.T) (path string, ended <-chan struct{}) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "held")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		if held, err := os.Open(path); err == nil {
			_, _ = io.Copy(io.Discard, held)
			_ = held.Close()
		}
	}()
	return path, done
}

func within(t *testing.T, what string, done <-chan struct{}) {
	t.Helper()
	select {
	case <-done:
	case <-time.After(patience):
		t.Fatal(what)
	}
}

// Both directions go through the program, which sees the variables that it is given and no others.
func TestThrough(t *testing.T) {
	t.Setenv("OURS_ALONE", "secret")
	p := programs()
	c := started(t, p, "sh", "-c", `echo "$SAID$OURS_ALONE"; exec cat`)
	lines := bufio.NewReader(c)
	if line, err := lines.ReadString('\n'); line != "by us\n" {
		t.Fatalf("%q, %v", line, err)
	}
	large := strings.Repeat("x", 1<<20) + "\n"
	go func() { _, _ = io.WriteString(c, large) }()
	if line, err := lines.ReadString('\n'); line != large {
		t.Fatalf("%d bytes, %v", len(line), err)
	}
	_ = c.Close()
	if _, err := c.Read(make([]byte, 1)); !errors.Is(err, net.ErrClosed) {
		t.Errorf("a read of what was closed: %v", err)
	}
	p.Close()
	if _, err := p.Start([]string{"true"}); err == nil {
		t.Error("started after the end")
	}
}

// How a program ended is what a read says, with the last of its standard error; a write to one that is gone says it, too.
func TestEnds(t *testing.T) {
	t.Parallel()
	for script, want := range map[string]EndError{
		"echo first >&2; echo no rights >&2; exit 7": {State: "ended with exit status 7", Status: 7, Said: "first\nno rights\n"},
		"exit 0":                     {State: "ended with exit status 0"},
		"kill -9 $$":                 {State: "ended: signal: killed", Status: -1},
		"exec >&-; exec sleep 300":   {State: "closed its standard output", Status: -1},
		"no-such-program-here":       {State: "ended with exit status 127", Status: 127},
		"sleep 300 & echo x; exit 3": {State: "ended with exit status 3", Status: 3},
	} {
		c := started(t, programs(), "sh", "-c", script)
		var end *EndError
		_, _ = io.ReadAll(c)
		_, err := c.Read(make([]byte, 1))
		if !errors.As(err, &end) || !errors.Is(err, io.EOF) {
			t.Fatalf("%s: %v", script, err)
		}
		if end.State != want.State || end.Status != want.Status || end.Program != "sh" || want.Said != "" && end.Said != want.Said || end.NotFound() != (want.Status == 127) {
			t.Errorf("%s: %+v", script, end)
		}
		if want.Status == 7 && err.Error() != "`sh` ended with exit status 7: no rights" {
			t.Errorf("%s", err)
		}
		if want.Status == -1 {
			continue
		}
		_, err = c.Write([]byte("x"))
		// What the program left behind may hold the pipe until it is ended, too.
		tick := time.NewTicker(10 * time.Millisecond)
		for tries := 0; err == nil && tries < 6000; tries++ {
			<-tick.C
			_, err = c.Write([]byte("x"))
		}
		if !errors.As(err, &end) || end.State != want.State {
			t.Errorf("%s: a write: %v", script, err)
		}
	}
}

func TestNotStarted(t *testing.T) {
	t.Parallel()
	plain := filepath.Join(t.TempDir(), "plain")
	if err := os.WriteFile(plain, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for word, want := range map[string]string{
		"no-such-program-here":  "`no-such-program-here` cannot be started: executable file not found in $PATH",
		"/no/such/program/here": "`/no/such/program/here` cannot be started: no such file or directory",
		plain:                   "permission denied",
	} {
		var start *StartError
		if _, err := programs().Start([]string{word}); !errors.As(err, &start) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", word, err, want)
		}
	}
}

// What a closed program leaves behind: nothing, whether it listens to the signal or not, and whomever it started.
func TestNobodyStays(t *testing.T) {
	t.Parallel()
	for name, script := range map[string]string{
		"obedient": `exec 9>"$0"; sleep 300 & echo; wait`,
		"deaf":     `trap '' HUP TERM; exec 9>"$0"; sleep 300 & echo; while :; do sleep 300; done`,
		"busy":     `exec 9>"$0"; echo; while :; do :; done`,
		"flood":    `exec 9>"$0"; echo; while :; do echo yyyyyyyyyyyyyyyyyyyyyyyyyyy; done`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			held, ended := witness(t)
			p := programs()
			c := started(t, p, "sh", "-c", script, held)
			if _, err := c.Read(make([]byte, 1)); err != nil {
				t.Fatal(err)
			}
			p.Close()
			within(t, "somebody is left", ended)
		})
	}
	t.Run("after its own end", func(t *testing.T) {
		t.Parallel()
		held, ended := witness(t)
		c := started(t, programs(), "sh", "-c", `exec 9>"$0"; sleep 300 & exit`, held)
		_, _ = io.ReadAll(c)
		within(t, "whom it started is left", ended)
	})
}

// However much a program prints on standard error, its end is kept, and the program is not held up.
func TestStandardErrorFloods(t *testing.T) {
	t.Parallel()
	c := started(t, programs(), "sh", "-c", `yes 'no token' | head -c 5000000 >&2; echo the reason >&2; echo done; exec cat`)
	if line, err := bufio.NewReader(c).ReadString('\n'); line != "done\n" {
		t.Fatalf("%q, %v", line, err)
	}
	for deadline := time.Now().Add(patience); !strings.HasSuffix(c.Said(), "the reason\n"); <-time.After(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%.100q", c.Said())
		}
	}
	if size := len(c.Said()); size > 10_000 || !strings.HasPrefix(c.Said(), "no token\n") {
		t.Errorf("%d bytes are kept: %.100q", size, c.Said())
	}
}

// A write that nobody reads ends when the connection is closed.
func TestCloseEndsAWrite(t *testing.T) {
	t.Parallel()
	c := started(t, programs(), "sleep", "300")
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = c.Write(make([]byte, 8<<20))
	}()
	_ = c.Close()
	within(t, "the write goes on", done)
}

// TestKilled kills the process that has the connection: the program ends by itself.
func TestKilled(t *testing.T) {
	t.Parallel()
	needtest.Linux(t)
	held, ended := witness(t)
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^TestHelper$")
	cmd.Env = append(os.Environ(), "TEST_HELD="+held)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	within(t, "the program outlives its runner", ended)
}

// TestHelper is the process that TestKilled kills.
func TestHelper(t *testing.T) {
	held := os.Getenv("TEST_HELD")
	if held == "" {
		return
	}
	p := programs()
	c, err := p.Start([]string{"sh", "-c", `exec 9>"$0"; echo; while :; do :; done`, held})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	_, _ = io.WriteString(os.Stdout, "ready\n")
	<-time.After(patience)
}
