//go:build linux

package sweep

import (
	"errors"
	"fmt"
	"strings"
	"sync"

	"slipway/internal/sshtest"
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
		Listen: "127.0.0.2:0", // where no connection of others takes the port while the host is off
		Before: func(op sshtest.Operation) error {
			return see(operation{place: name, kind: string(op.Kind), what: describe(op), kill: op.Kill})
		},
	})
	if err != nil {
		return nil, err
	}
	return &inProcess{server: server}, nil
}

// describe says what an operation is, a command by what its script says of itself.
func describe(op sshtest.Operation) string {
	switch op.Kind {
	case sshtest.Input, sshtest.Taken:
		if title := scriptTitle(op.Detail); title != "" {
			return title
		}
		return fmt.Sprintf("%d bytes", len(op.Detail))
	case sshtest.Exec:
		return ""
	case sshtest.Accept, sshtest.Login, sshtest.Session, sshtest.Forward:
	}
	return op.Detail
}

// scriptTitle is the first line of the last comment that goes on to say what $1 is: what is sent along with a script
// comes before it.
func scriptTitle(text string) (title string) {
	block := ""
	for line := range strings.Lines(text) {
		comment, ok := strings.CutPrefix(strings.TrimSpace(line), "#")
		switch {
		case !ok:
			block = ""
		case block == "":
			block = strings.TrimSpace(comment)
		case strings.HasPrefix(comment, " $1"):
			title = block
		}
	}
	return title
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
