package ssh_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"slipway/internal/deploy"
	"slipway/internal/sshtest"
	"slipway/internal/sshtest/relay"
	"slipway/internal/transport"
)

// TestRoundTrips counts round trips by how long things take over a line with a long one.
func TestRoundTrips(t *testing.T) {
	t.Parallel()
	const rtt = 100 * time.Millisecond
	server, config := start(t, sshtest.Options{})
	config.Fingerprints = server.Fingerprints() // known_hosts has the server's own port
	dialer := newDialer(t, config)
	host, _ := behind(t, server, relay.Options{RTT: rtt})
	// Each is tried three times and the fastest counts: a busy machine only ever adds time.
	steps := []struct {
		name string
		want float64
		took time.Duration
		do   func(conn transport.Conn) error
	}{
		{name: "first command", want: 2, do: command("echo $1", "")}, // the channel, the command
		{name: "second command", want: 1, do: command("echo $1", "")},
		{name: "third command", want: 1, do: command("echo $1; echo >&2", "")},
		{name: "command with input", want: 2, do: command("cat", "input")},
	}
	dial := time.Hour
	for range 3 {
		begun := time.Now()
		conn := connect(t, dialer, host)
		dial = min(dial, time.Since(begun))
		for i := range steps {
			begun := time.Now()
			if err := steps[i].do(conn); err != nil {
				t.Fatal(err)
			}
			if took := time.Since(begun); steps[i].took == 0 || took < steps[i].took {
				steps[i].took = took
			}
		}
		_ = conn.Close()
	}
	check := func(name string, took time.Duration, low, high float64) {
		got := float64(took) / float64(rtt)
		t.Logf("%-20s %.2f round trips", name, got)
		if got < low-0.1 || got > high+0.7 {
			t.Errorf("%s took %.2f round trips, want %.0f to %.0f", name, got, low, high)
		}
	}
	// With TCP's own handshake.
	check("dial", dial, 6, 8)
	for _, step := range steps {
		check(step.name, step.took, step.want, step.want)
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
