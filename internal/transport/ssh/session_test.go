package ssh_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/needtest"
	"github.com/slipway/slipway/internal/sshtest"
	"github.com/slipway/slipway/internal/sshtest/relay"
	"github.com/slipway/slipway/internal/sshtest/sshd"
	"github.com/slipway/slipway/internal/transport"
	"github.com/slipway/slipway/internal/transport/ssh"
)

// TestOneSession has commands of both kinds queue for the only session that the host allows.
func TestOneSession(t *testing.T) {
	t.Parallel()
	server, config := start(t, sshtest.Options{MaxSessions: 1})
	inProcess := connect(t, newDialer(t, config), hostOf(server))
	genuine := sshd.Start(t, sshd.Options{Config: []string{"MaxSessions 1"}})
	openSSH := connect(t, newDialer(t, ssh.Config{Key: genuine.Key, KnownHosts: genuine.KnownHosts}), deploy.Host{Name: "web1", Address: genuine.Address()})
	for name, conn := range map[string]transport.Conn{"in process": inProcess, "OpenSSH": openSSH} {
		var all sync.WaitGroup
		for i := range 8 {
			all.Go(func() {
				script, input := "sleep 0.05; echo done", ""
				if i%2 == 0 {
					script, input = "cat >/dev/null; echo done", "input"
				}
				var out bytes.Buffer
				cmd := transport.Command{Script: script, Stdout: &out, Ahead: true}
				if input != "" {
					cmd.Stdin = strings.NewReader(input)
				}
				ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
				defer cancel()
				if err := conn.Run(ctx, cmd); err != nil || out.String() != "done\n" {
					t.Errorf("%s: command %d: %v, %q", name, i, err, out.String())
				}
			})
		}
		all.Wait()
	}
}

// TestNoSession is a host that refuses all sessions.
func TestNoSession(t *testing.T) {
	t.Parallel()
	server, config := start(t, sshtest.Options{Before: func(op sshtest.Operation) error {
		if op.Kind == sshtest.Session {
			return sshtest.ErrRefuse
		}
		return nil
	}})
	err := command("true", "")(connect(t, newDialer(t, config), hostOf(server)))
	if err == nil || !strings.Contains(err.Error(), "web1: open a session") || !strings.Contains(err.Error(), "MaxSessions") {
		t.Errorf("got %v", err)
	}
}

// TestLoginShells runs commands under every shell that users have, with start-up files that print.
func TestLoginShells(t *testing.T) {
	t.Parallel()
	for _, shell := range []string{"sh", "dash", "bash", "busybox", "zsh", "fish", "tcsh", "csh"} {
		t.Run(shell, func(t *testing.T) {
			t.Parallel()
			path := needtest.Program(t, shell)
			root := t.TempDir()
			if shell == "busybox" {
				// BusyBox is told by its name what to be.
				if err := os.Symlink(path, filepath.Join(root, "ash")); err != nil {
					t.Fatal(err)
				}
				path = filepath.Join(root, "ash")
			}
			for _, file := range []string{".bashrc", ".zshenv", ".cshrc", ".tcshrc", ".config/fish/config.fish"} {
				file = filepath.Join(root, file)
				if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(file, []byte("echo 'Welcome to ACME!'\nsh -c 'echo on stderr >&2'\n"), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			server, config := start(t, sshtest.Options{Root: root, Shell: path})
			conn := connect(t, newDialer(t, config), hostOf(server))
			for _, stdin := range []string{"", "input"} {
				var out bytes.Buffer
				cmd := transport.Command{Script: "cat; printf '%s|' \"$@\"; echo err >&2; exit 3", Args: []string{"it's", "a\\b!c", "\n"}, Stdout: &out}
				if stdin != "" {
					cmd.Stdin = strings.NewReader(stdin)
				}
				err := conn.Run(context.Background(), cmd)
				var exit *transport.ExitError
				if !errors.As(err, &exit) || exit.Status != 3 || exit.Stderr != "err\n" {
					t.Errorf("got %#v", err)
				}
				if want := stdin + "it's|a\\b!c|\n|"; out.String() != want {
					t.Errorf("got %q, want %q", out.String(), want)
				}
			}
		})
	}
}

// TestNoShell is a user who may log in and run nothing.
func TestNoShell(t *testing.T) {
	t.Parallel()
	nologin := filepath.Join(t.TempDir(), "nologin")
	if err := os.WriteFile(nologin, []byte("#!/bin/sh\necho This account is currently not available.\nexit 1\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	server, config := start(t, sshtest.Options{Shell: nologin})
	conn := connect(t, newDialer(t, config), hostOf(server))
	for _, stdin := range []string{"", "input"} {
		err := command("true", stdin)(conn)
		var exit *transport.ExitError
		if err == nil || errors.As(err, &exit) || errors.Is(err, transport.ErrLost) {
			t.Errorf("got %v: the command has not run", err)
			continue
		}
		for _, want := range []string{"web1", "This account is currently not available.", "exit 1", "login shell"} {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%q lacks %q", err, want)
			}
		}
	}
	sftp := sshd.Start(t, sshd.Options{Config: []string{"ForceCommand internal-sftp"}})
	conn = connect(t, newDialer(t, ssh.Config{Key: sftp.Key, KnownHosts: sftp.KnownHosts}), deploy.Host{Name: "web1", Address: sftp.Address()})
	err := command("true", "")(conn)
	if err == nil || errors.Is(err, transport.ErrLost) || !strings.Contains(err.Error(), "ForceCommand") {
		t.Errorf("sftp only: %v", err)
	}
}

// TestForcedCommand runs commands where sshd runs them through a command of its own, with both outputs in one.
func TestForcedCommand(t *testing.T) {
	t.Parallel()
	server := sshd.Start(t, sshd.Options{Config: []string{`ForceCommand echo wrapped; sh -c "$SSH_ORIGINAL_COMMAND" 2>&1; echo bye`}})
	conn := connect(t, newDialer(t, ssh.Config{Key: server.Key, KnownHosts: server.KnownHosts}), deploy.Host{Name: "web1", Address: server.Address()})
	for range 2 {
		var out bytes.Buffer
		err := conn.Run(context.Background(), transport.Command{Script: "echo out; exit 4", Stdout: &out})
		var exit *transport.ExitError
		if !errors.As(err, &exit) || exit.Status != 4 || !strings.Contains(out.String(), "out\n") || strings.Contains(out.String(), "wrapped") {
			t.Errorf("%v, %q", err, out.String())
		}
	}
}

// TestControlShellGone kills the idle control shell: the next command has another.
func TestControlShellGone(t *testing.T) {
	t.Parallel()
	server, config := start(t, sshtest.Options{})
	conn := connect(t, newDialer(t, config), hostOf(server))
	for range 5 {
		var pid bytes.Buffer
		if err := conn.Run(context.Background(), transport.Command{Script: "echo $$", Stdout: &pid}); err != nil {
			t.Fatal(err)
		}
		if err := command("kill -KILL "+strings.TrimSpace(pid.String()), "input")(conn); err != nil {
			t.Fatal(err)
		}
		if err := command("true", "")(conn); err != nil {
			t.Error(err)
		}
	}
}

// TestExecCount sees one exec for many commands.
func TestExecCount(t *testing.T) {
	t.Parallel()
	var execs atomic.Int32
	server, config := start(t, sshtest.Options{Before: func(op sshtest.Operation) error {
		if op.Kind == sshtest.Exec {
			execs.Add(1)
			if op.Detail != `exec /bin/sh -c 'n=${IFS#??};[ ${#n} = 1 ]||{ n=$(echo;echo .);n=${n%.}; };c=;while IFS= read -r l&&[ "$l" ];do c=$c$l$n;done;eval "$c"'` {
				t.Errorf("the argument list shows %q", op.Detail)
			}
		}
		return nil
	}})
	conn := connect(t, newDialer(t, config), hostOf(server))
	for range 20 {
		if err := command("echo $1", "")(conn); err != nil {
			t.Fatal(err)
		}
	}
	if execs.Load() != 1 {
		t.Errorf("%d execs, want 1", execs.Load())
	}
}

// TestCut cuts the connection under commands of both kinds.
func TestCut(t *testing.T) {
	t.Parallel()
	server, config := start(t, sshtest.Options{})
	config.Fingerprints = server.Fingerprints()
	host, line := behind(t, server, relay.Options{})
	conn := connect(t, newDialer(t, config), host)
	running, results := make(chan struct{}), make(chan error)
	for _, stdin := range []io.Reader{nil, strings.NewReader("input")} {
		go func() {
			results <- conn.Run(context.Background(), transport.Command{Name: "switch", Script: "echo; sleep 20", Stdin: stdin, Stdout: signal(running)})
		}()
	}
	<-running
	<-running
	line.Cut()
	for range 2 {
		err := <-results
		if !errors.Is(err, transport.ErrLost) || !strings.Contains(err.Error(), "switch: connection lost: connection") {
			t.Errorf("got %v", err)
		}
	}
}

// signal is a writer that tells of each write.
type signal chan struct{}

func (s signal) Write(p []byte) (int, error) { s <- struct{}{}; return len(p), nil }

// TestForwardingRefused dials from hosts that do not forward.
func TestForwardingRefused(t *testing.T) {
	t.Parallel()
	server, config := start(t, sshtest.Options{NoForwarding: true})
	genuine := sshd.Start(t, sshd.Options{Config: []string{"AllowTcpForwarding no"}})
	for _, conn := range []transport.Conn{
		connect(t, newDialer(t, config), hostOf(server)),
		connect(t, newDialer(t, ssh.Config{Key: genuine.Key, KnownHosts: genuine.KnownHosts}), deploy.Host{Name: "web1", Address: genuine.Address()}),
	} {
		if _, err := conn.Dial(context.Background(), "tcp", "127.0.0.1:1"); !errors.Is(err, transport.ErrForwardingRefused) {
			t.Errorf("got %v", err)
		}
	}
}
