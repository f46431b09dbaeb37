package recipetest

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Start runs a daemon in a folder until the test ends, and gives its process.
func Start(t *testing.T, dir, program string, args ...string) *exec.Cmd {
	t.Helper()
	daemon := exec.Command(program, args...)
	daemon.Dir = dir
	daemon.Env = []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=" + dir, "PWD=" + dir, "LANG=C.UTF-8"}
	var said bytes.Buffer
	daemon.Stdout, daemon.Stderr = &said, &said
	if err := daemon.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = daemon.Process.Signal(syscall.SIGTERM)
		_ = daemon.Wait()
		if t.Failed() {
			t.Logf("%s said:\n%s", program, said.String())
		}
	})
	return daemon
}

// Eventually waits until something holds.
func Eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	look := time.NewTicker(10 * time.Millisecond)
	defer look.Stop()
	for !holds() {
		select {
		case <-look.C:
		case <-ctx.Done():
			t.Fatalf("never: %s", what)
		}
	}
}

// PID waits until a program is another process than it was, and gives that.
func PID(t *testing.T, dir, program, was string) string {
	t.Helper()
	var is string
	Eventually(t, program+" is another process than "+was, func() bool {
		text, err := os.ReadFile(filepath.Join(dir, program+".pid"))
		var whole bool
		is, whole = strings.CutSuffix(string(text), "\n")
		return err == nil && whole && is != was
	})
	return is
}
