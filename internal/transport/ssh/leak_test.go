package ssh_test

import (
	"context"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/sshtest"
	"github.com/slipway/slipway/internal/transport"
)

// TestNoLeak counts goroutines, of both sides, before and after many commands. It does not run beside other tests.
func TestNoLeak(t *testing.T) {
	server, config := start(t, sshtest.Options{})
	conn := connect(t, newDialer(t, config), hostOf(server))
	use := func(times int) {
		for range times {
			if err := command("true", "")(conn); err != nil {
				t.Fatal(err)
			}
			if err := command("cat", "input")(conn); err != nil {
				t.Fatal(err)
			}
			if err := command("exit 0", strings.Repeat("unread", 1<<20))(conn); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(context.Background())
			// It goes on until nobody reads it any more.
			if err := conn.Run(ctx, transport.Command{Script: "while echo; do sleep 0.01; done", Stdout: cancels(cancel)}); err == nil {
				t.Fatal("a cancelled command succeeded")
			}
		}
	}
	use(1)
	before := settled(0)
	use(20)
	if after := settled(before); after > before {
		stacks := make([]byte, 1<<20)
		t.Errorf("%d goroutines before, %d after\n%s", before, after, stacks[:runtime.Stack(stacks, true)])
	}
}

// cancels is who cancels a command at its first output.
type cancels context.CancelFunc

func (c cancels) Write(p []byte) (int, error) { c(); return len(p), nil }

// TestTenThousand runs that many commands over one connection; all but the first need no new session.
func TestTenThousand(t *testing.T) {
	t.Parallel()
	var sessions atomic.Int32
	server, config := start(t, sshtest.Options{Before: func(op sshtest.Operation) error {
		if op.Kind == sshtest.Session {
			sessions.Add(1)
		}
		return nil
	}})
	conn := connect(t, newDialer(t, config), hostOf(server))
	for range 10_000 {
		if err := command("true", "")(conn); err != nil {
			t.Fatal(err)
		}
	}
	if sessions.Load() != 1 {
		t.Errorf("%d sessions, want 1", sessions.Load())
	}
}

// settled is the number of goroutines once it is no more than wanted, or after ten seconds.
func settled(wanted int) int {
	if wanted == 0 {
		// What the first use has left ends by itself: the smallest number seen in a while.
		wanted = runtime.NumGoroutine()
		for deadline := time.Now().Add(500 * time.Millisecond); time.Now().Before(deadline); <-time.After(10 * time.Millisecond) {
			wanted = min(wanted, runtime.NumGoroutine())
		}
		return wanted
	}
	deadline := time.Now().Add(10 * time.Second)
	for runtime.NumGoroutine() > wanted && time.Now().Before(deadline) {
		<-time.After(10 * time.Millisecond)
	}
	return runtime.NumGoroutine()
}
