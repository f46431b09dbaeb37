package releasetest

import (
	"bytes"
	"context"
	"errors"
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
	"github.com/slipway/slipway/internal/release"
	"github.com/slipway/slipway/internal/transport"
)

// Host is a host that is this machine: a transport.Conn whose commands run in a temporary home directory. It serves the
// scripts of this program, not the whole contract of transporttest, and is stricter in one thing: a command that leaves
// its output open in the background never ends.
type Host struct {
	Toolset
	Home  string
	Site  release.Site          // below Home; its name has a space and quotes in it
	Env   []string              // of the commands, besides PATH and HOME
	Patch func(s string) string // changes a script before it runs; nil leaves it
	Plain bool                  // run the script in the shell itself rather than in a subshell: $$ is the script
}

var _ transport.Conn = (*Host)(nil)

// NewHost makes a host with a toolset: "dash", "ash" or "bash". Its deploy path does not exist yet.
func NewHost(t testing.TB, toolset string) *Host {
	t.Helper()
	home := t.TempDir()
	return &Host{Toolset: newToolset(t, toolset), Home: home, Site: release.Site{Root: filepath.Join(home, "srv", `a "quoted" it's path`)}}
}

// WithoutRoot makes the rights of files hold for the host's commands, also where the test is root's.
func (h *Host) WithoutRoot(t testing.TB) {
	t.Helper()
	if os.Geteuid() != 0 {
		return
	}
	shell := filepath.Join(filepath.Dir(h.Shell), "bound")
	script := "#!/bin/sh\nexec " + needtest.Program(t, "setpriv") + " --bounding-set=-dac_override,-dac_read_search " + h.Shell + " \"$@\"\n"
	if err := os.WriteFile(shell, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	h.Shell = shell
}

// Host is a host by the toolset's name.
func (h *Host) Host() deploy.Host {
	return deploy.Host{Name: h.Name, Address: deploy.Address{User: "deploy", Host: h.Name, Port: 22}}
}

// Run runs a command as a control shell does: the script in a subshell, its arguments set from a file, so that no
// argument list ever holds them. It waits for the script's end and for the end of its output: what a script leaves
// running must not hold its output. When ctx ends, Run stops listening and leaves the script running.
func (h *Host) Run(ctx context.Context, command transport.Command) error {
	if err := ctx.Err(); err != nil {
		return context.Cause(ctx)
	}
	program, err := h.program(command)
	if err != nil {
		return err
	}
	stdout, theirs, err := os.Pipe()
	if err != nil {
		return err
	}
	var stderr bytes.Buffer
	cmd := exec.Command(h.Shell, program)
	cmd.Dir = h.Home
	cmd.Env = append([]string{"PATH=" + h.Path, "HOME=" + h.Home, "USER=deploy", "LOGNAME=deploy"}, h.Env...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = command.Stdin, theirs, &stderr
	if err := cmd.Start(); err != nil {
		return errors.Join(err, stdout.Close(), theirs.Close(), os.Remove(program))
	}
	_ = theirs.Close()

	out := command.Stdout
	if out == nil {
		out = io.Discard
	}
	var copying sync.WaitGroup
	copying.Go(func() { _, _ = io.Copy(out, stdout) })
	ended := make(chan error, 1)
	go func() {
		err := cmd.Wait()
		_ = os.Remove(program)
		copying.Wait()
		ended <- err
	}()
	select {
	case err = <-ended:
		_ = stdout.Close()
		return exitError(command.Name, err, stderr.String())
	case <-ctx.Done():
		_ = stdout.Close()
		copying.Wait()
		return context.Cause(ctx)
	}
}

// program is a file with the command in it.
func (h *Host) program(command transport.Command) (string, error) {
	var b strings.Builder
	b.WriteString("set --")
	for _, arg := range command.Args {
		b.WriteString(" '" + strings.ReplaceAll(arg, "'", `'\''`) + "'")
	}
	script := command.Script
	if h.Patch != nil {
		script = h.Patch(script)
	}
	if h.Plain {
		b.WriteString("\n" + script)
	} else {
		b.WriteString("\n(\n" + script + "\n)\n")
	}
	file, err := os.CreateTemp(filepath.Dir(filepath.Dir(h.Shell)), "program-")
	if err != nil {
		return "", err
	}
	_, err = file.WriteString(b.String())
	return file.Name(), errors.Join(err, file.Close())
}

func exitError(name string, err error, stderr string) error {
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return err
	}
	failure := &transport.ExitError{Name: name, Stderr: stderr[max(0, len(stderr)-8<<10):]}
	if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		failure.Signal = strings.TrimPrefix(signalNames[status.Signal()], "SIG")
	} else {
		failure.Status = exit.ExitCode()
	}
	return failure
}

var signalNames = map[syscall.Signal]string{
	syscall.SIGHUP: "HUP", syscall.SIGINT: "INT", syscall.SIGKILL: "KILL", syscall.SIGPIPE: "PIPE", syscall.SIGTERM: "TERM",
}

// RoundTrip is none: there is no way to the host.
func (h *Host) RoundTrip() time.Duration { return 0 }

// Dial connects from this machine.
func (h *Host) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	return (&net.Dialer{}).DialContext(ctx, network, address)
}

// Close does nothing: there is no connection.
func (h *Host) Close() error { return nil }
