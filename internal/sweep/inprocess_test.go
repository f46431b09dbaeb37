//go:build linux

package sweep

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/slipway/slipway/internal/sshtest"
)

// errCut is what a fault answers to have the connection cut.
var errCut = errors.New("cut by the sweep")

// inProcess is a host whose SSH server is in this process: every command line that crosses is an operation.
type inProcess struct {
	mu     sync.Mutex
	server *sshtest.Server
}

// newInProcess starts the server of a host, whose operations are told to see.
func newInProcess(name, root, authorized string, env []string, see func(operation) error) (machine, error) {
	server, err := sshtest.Start(sshtest.Options{
		Root: root, AuthorizedKey: authorized, Env: env,
		Before: func(op sshtest.Operation) error {
			return see(operation{place: name, kind: string(op.Kind), what: describe(op), kill: op.Kill})
		},
	})
	if err != nil {
		return nil, err
	}
	return &inProcess{server: server}, nil
}

// describe says what an operation is, a command by its name.
func describe(op sshtest.Operation) string {
	switch op.Kind {
	case sshtest.Input, sshtest.Taken:
		for _, input := range []string{"\nnull\n", "\nstdin\n"} { // see transport/shell/control.sh
			if _, rest, found := strings.Cut(op.Detail, input); found {
				line, _, _ := strings.Cut(rest, "\n")
				if words := strings.SplitN(line, " ", 3); len(words) == 3 {
					return words[2]
				}
			}
		}
		return fmt.Sprintf("%d bytes", len(op.Detail))
	case sshtest.Exec:
		return ""
	case sshtest.Accept, sshtest.Login, sshtest.Session, sshtest.Forward:
	}
	return op.Detail
}

// busyBox makes a folder with BusyBox's tools under their names, and gives what a host's environment needs to have them; nothing
// where there is no BusyBox.
func busyBox(t testing.TB, dir string) []string {
	t.Helper()
	program, err := exec.LookPath("busybox")
	if err != nil {
		return nil
	}
	must(t, os.MkdirAll(dir, 0o755))
	if out, err := exec.Command(program, "--install", "-s", dir).CombinedOutput(); err != nil {
		t.Fatalf("busybox: %v: %s", err, out)
	}
	return []string{"PATH=" + dir + ":" + os.Getenv("PATH")}
}

func (m *inProcess) get() *sshtest.Server {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.server
}

func (m *inProcess) address() string {
	host, port := m.get().Addr()
	return fmt.Sprintf("%s@%s:%d", m.get().User(), host, port)
}

func (m *inProcess) hostKeys() string { return m.get().HostKeyLine() }

func (m *inProcess) folders() []string { return nil }

// kill is not needed: the operations themselves carry it.
func (m *inProcess) kill() error { return nil }

func (m *inProcess) cut() { m.get().Cut() }

func (m *inProcess) stop() { _ = m.get().Close() }

func (m *inProcess) start() error {
	server, err := m.get().Again()
	if err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.server = server
	return nil
}

func (m *inProcess) close() { m.stop() }
