package ssh_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/sshtest"
	"github.com/slipway/slipway/internal/sshtest/relay"
	"github.com/slipway/slipway/internal/transport"
)

// ahead runs a command while the channel of the next one is opened.
func ahead(conn transport.Conn) error {
	if err := conn.Run(context.Background(), transport.Command{Script: "echo", Ahead: true}); err != nil {
		return err
	}
	return command("cat", "input")(conn)
}

// TestRoundTrips counts round trips by how long things take over a line with a long one.
func TestRoundTrips(t *testing.T) {
	t.Parallel()
	const rtt = 100 * time.Millisecond
	server, config := start(t, sshtest.Options{})
	config.Fingerprints = server.Fingerprints() // known_hosts has the server's own port
	dialer := newDialer(t, config)
	host, _ := behind(t, server, relay.Options{RTT: rtt})
	// All are tried until each was fast enough once: a busy machine only ever adds time.
	const slack, tries = 0.7, 20
	steps := []struct {
		name            string
		low, high, took float64 // round trips; the shortest
		do              func(conn transport.Conn) error
	}{
		{name: "dial", low: 6, high: 8},                                      // with TCP's own handshake
		{name: "first command", low: 2, high: 2, do: command("echo $1", "")}, // the channel, the command
		{name: "second command", low: 1, high: 1, do: command("echo $1", "")},
		{name: "third command", low: 1, high: 1, do: command("echo $1; echo >&2", "")},
		{name: "command with input", low: 2, high: 2, do: command("cat", "input")},
		{name: "one ahead of input, and that", low: 2, high: 2, do: ahead},
	}
	slow := true
	for try := 0; slow && try < tries; try++ {
		var conn transport.Conn
		slow = false
		for i := range steps {
			s := &steps[i]
			begun := time.Now()
			if s.do == nil {
				conn = connect(t, dialer, host)
			} else if err := s.do(conn); err != nil {
				t.Fatal(err)
			}
			if took := float64(time.Since(begun)) / float64(rtt); s.took == 0 || took < s.took {
				s.took = took
			}
			slow = slow || s.took > s.high+slack
		}
		if least := conn.RoundTrip(); least < rtt {
			t.Errorf("a round trip is said to take %v", least)
		}
		_ = conn.Close()
	}
	for _, s := range steps {
		t.Logf("%-20s %.2f round trips", s.name, s.took)
		if s.took < s.low-0.1 || s.took > s.high+slack {
			t.Errorf("%s took %.2f round trips, want %v to %v", s.name, s.took, s.low, s.high)
		}
	}
}

func command(script string, stdin string) func(transport.Conn) error {
	return func(conn transport.Conn) error {
		cmd := transport.Command{Script: script, Args: []string{"argument"}}
		if stdin != "" {
			cmd.Stdin = strings.NewReader(stdin)
		}
		return conn.Run(context.Background(), cmd)
	}
}

// behind puts a relay in front of a server, and is the host as it is reached through it.
func behind(t *testing.T, server *sshtest.Server, options relay.Options) (deploy.Host, *relay.Relay) {
	t.Helper()
	host := hostOf(server)
	line, err := relay.Start(host.Address.HostPort(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = line.Close() })
	host.Address.Host, host.Address.Port = line.Addr()
	return host, line
}
