//go:build linux && long

package sweep

import (
	"fmt"
	"net"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/slipway/slipway/internal/needtest"
	"github.com/slipway/slipway/internal/sshtest/relay"
	"github.com/slipway/slipway/internal/sshtest/sshd"
)

// openSSH is a host with the real sshd. What crosses is sealed: its operations are the turns of the connection, as a relay
// before it sees them.
type openSSH struct {
	server *sshd.Server
	relay  *relay.Relay
}

// TestSweepOpenSSH has the faults take turns at the operations of a deployment over hosts with the real sshd; with
// SLIPWAY_SWEEP=every all of them are put at each.
func TestSweepOpenSSH(t *testing.T) {
	t.Parallel()
	sweep(t, deploying, newOpenSSH, inTurn)
}

func newOpenSSH(t testing.TB, name, _, authorized string, see func(operation) error) (machine, error) {
	t.Helper()
	m := &openSSH{server: sshd.Start(t, sshd.Options{AuthorizedKeys: authorized, Config: patience(t)})}
	var err error
	m.relay, err = relay.Start(m.server.Address().HostPort(), relay.Options{Before: func(op relay.Operation) error {
		kind, what := "input", fmt.Sprintf("turn %d of a connection, %d bytes", op.N, op.Bytes)
		if op.N == 0 {
			kind, what = "accept", ""
		}
		return see(operation{place: name, kind: kind, what: what})
	}})
	return m, err
}

// patience are lines of configuration for an sshd that has to bear connections that are cut while they log in.
func patience(t testing.TB) []string {
	t.Helper()
	lines := []string{"MaxStartups 100"}
	said, _ := exec.Command(needtest.Program(t, "ssh"), "-V").CombinedOutput()
	version := regexp.MustCompile(`OpenSSH_(\d+)\.(\d+)`).FindSubmatch(said)
	if version == nil {
		return lines
	}
	major, _ := strconv.Atoi(string(version[1]))
	minor, _ := strconv.Atoi(string(version[2]))
	if major > 9 || major == 9 && minor >= 8 {
		lines = append(lines, "PerSourcePenalties no")
	}
	return lines
}

func (m *openSSH) address() string {
	host, port := m.relay.Addr()
	return m.server.User + "@" + net.JoinHostPort(host, strconv.Itoa(port))
}

func (m *openSSH) hostKeys() string {
	_, port := m.relay.Addr()
	return strings.ReplaceAll(m.server.KnownHosts, fmt.Sprintf("]:%d ", m.server.Port), fmt.Sprintf("]:%d ", port))
}

func (m *openSSH) folders() []string { return []string{m.server.Home} }

// kill ends the process groups of the commands that sshd itself started.
func (m *openSSH) kill() error {
	for _, p := range processes(m.folders()) {
		if strings.HasPrefix(commandName(p.parent), "sshd") && !strings.HasPrefix(commandName(p.pid), "sshd") {
			_ = syscall.Kill(-p.pid, syscall.SIGKILL)
		}
	}
	return nil
}

func (m *openSSH) cut() { m.relay.Cut() }

func (m *openSSH) stop() {
	m.server.Stop()
	m.relay.Cut()
}

func (m *openSSH) start() error { return m.server.Again() }

func (m *openSSH) close() {
	_ = m.relay.Close()
	m.server.Stop()
}
