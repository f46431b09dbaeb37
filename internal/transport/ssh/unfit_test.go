package ssh_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/needtest"
	"github.com/slipway/slipway/internal/sshtest"
	"github.com/slipway/slipway/internal/sshtest/sshd"
	"github.com/slipway/slipway/internal/transport"
	"github.com/slipway/slipway/internal/transport/ssh"
)

// TestStartUpFiles has the start-up files of login shells keep commands from running, each in another way. The log-in is
// refused as such, at once where that can be told and else after the limit, and what may be the cause is named.
func TestStartUpFiles(t *testing.T) {
	t.Parallel()
	const another = "reads standard input, or starts another shell"
	for name, test := range map[string]struct {
		shell, file, text string
		want              []string // what is said besides the hint; none: the log-in is good
	}{
		"exec sh":          {"bash", ".bashrc", "exec sh", []string{another}},
		"sh":               {"bash", ".bashrc", "sh; exit", []string{another}},
		"exec dash":        {"bash", ".bashrc", "exec dash", []string{another}},
		"exec bash":        {"bash", ".bashrc", "exec env SSH_CLIENT= SSH_CONNECTION= bash", []string{another}},
		"exec zsh":         {"bash", ".bashrc", "exec zsh", []string{another}},
		"bash, and on":     {"bash", ".bashrc", "bash", []string{another}},
		"an agent":         {"bash", ".bashrc", "env A=1 bash; true", []string{another}},
		"prints it":        {"bash", ".bashrc", "echo Welcome; cat", []string{"comes back", "cat does"}},
		"exec cat":         {"zsh", ".zshenv", "exec cat", []string{"comes back"}},
		"read":             {"bash", ".bashrc", "read -p 'Which project? ' project", []string{another}},
		"read in zsh":      {"zsh", ".zshenv", "read project", []string{another}},
		"set in tcsh":      {"tcsh", ".tcshrc", "set project = $<", []string{another}},
		"takes all":        {"bash", ".bashrc", "cat >/dev/null", []string{"the host is silent"}},
		"asks for ever":    {"bash", ".bashrc", "echo Welcome; echo -n 'Press a key: '; sleep 60", []string{"the host is silent", "Press a key:"}},
		"prints for ever":  {"zsh", ".zshenv", "yes", []string{"before it ran anything"}},
		"prints megabytes": {"bash", ".bashrc", "head -c 5000000 /dev/zero; head -c 2000000 /dev/zero >&2", nil},
		"exits":            {"bash", ".bashrc", "echo No terminal here; exit 0", []string{"No terminal here", "exit 0"}},
		"fails":            {"bash", ".bashrc", "exec no-such-terminal-multiplexer attach", []string{"no-such-terminal-multiplexer"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			root := t.TempDir()
			if err := os.WriteFile(filepath.Join(root, test.file), []byte(test.text+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			server, config := start(t, sshtest.Options{Root: root, Shell: needtest.Program(t, test.shell)})
			if config.StartLimit = time.Minute; strings.Contains(strings.Join(test.want, ""), "silent") {
				config.StartLimit = 2 * time.Second
			}
			err := command("true", "")(connect(t, newDialer(t, config), hostOf(server)))
			if test.want == nil {
				if err != nil {
					t.Error(err)
				}
				return
			}
			wantUnfit(t, err, append(test.want, "~/"+test.file)...)
		})
	}
}

// wantUnfit checks the error of a log-in that runs no commands: it is not tried again, and says all it should.
func wantUnfit(t *testing.T, err error, wants ...string) {
	t.Helper()
	var e *deploy.Error
	var exit *transport.ExitError
	if !errors.As(err, &e) || e.Host != "web1" || e.Hint == "" || errors.Is(err, transport.ErrLost) || errors.As(err, &exit) {
		t.Fatalf("got %#v", err)
	}
	for _, want := range wants {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q lacks %q", err, want)
		}
	}
}

// TestSilentLater has the login shell hang after it has run commands: the host is taken as one that is busy.
func TestSilentLater(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	server, config := start(t, sshtest.Options{Root: root, Shell: needtest.Program(t, "bash")})
	config.StartLimit = 2 * time.Second
	dialer := newDialer(t, config)
	if err := command("true", "")(connect(t, dialer, hostOf(server))); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(root, ".bashrc"), []byte("sleep 60\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	err := connect(t, dialer, hostOf(server)).Run(context.Background(), transport.Command{Script: "true"})
	if !errors.Is(err, transport.ErrLost) || !errors.Is(err, transport.ErrSilent) {
		t.Errorf("got %v", err)
	}
}

// TestForcedCommands are commands that sshd runs instead: what they print is said, also where they wait.
func TestForcedCommands(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		command string
		want    string
	}{
		"a shell":     {"exec sh", "starts another shell"},
		"a message":   {"echo This account is for backups.; exit 1", "This account is for backups."},
		"an echo":     {"cat", "comes back"},
		"one command": {"cat >/dev/null; echo done", "the host is silent"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := sshd.Start(t, sshd.Options{Config: []string{"ForceCommand " + test.command}})
			config := ssh.Config{Key: server.Key, KnownHosts: server.KnownHosts, StartLimit: 3 * time.Second}
			err := command("true", "")(connect(t, newDialer(t, config), deploy.Host{Name: "web1", Address: server.Address()}))
			wantUnfit(t, err, test.want, "ForceCommand")
		})
	}
}
