package shell

import (
	"context"
	"errors"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"slipway/internal/transport"
)

// TestSilentShell has a login shell hang before it starts anything.
func TestSilentShell(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		stdinR, stdin := io.Pipe()
		stdout, stdoutW := io.Pipe()
		stderr, stderrW := io.Pipe()
		session := New(Streams{Stdin: stdin, Stdout: stdout, Stderr: stderr, Abort: func() {
			_, _, _ = stdinR.Close(), stdoutW.Close(), stderrW.Close()
		}})
		begun := time.Now()
		err := session.Run(context.Background(), transport.Command{Script: "true"})
		if !errors.Is(err, ErrSilent) || time.Since(begun) != StartLimit {
			t.Errorf("got %v after %v", err, time.Since(begun))
		}
	})
}
