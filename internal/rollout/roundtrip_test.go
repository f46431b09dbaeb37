package rollout_test

import (
	"context"
	"sync"
	"testing"

	"slipway/internal/deploy"
	"slipway/internal/transport"
)

// mostRoundTrips is what design.md promises, from the log-in of a host to its switch, with four steps.
const mostRoundTrips = 12

// TestRoundTrips counts what a host is asked one after another. What each costs is counted in transport/ssh.
func TestRoundTrips(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 2)
	f.withFourSteps()
	for range 2 { // a first release, and one after another
		counter := &counter{trips: map[string]int{}, switched: map[string]int{}}
		f.through = func(dialer transport.Dialer) transport.Dialer { return &countedDialer{dialer, counter} }
		result, _ := f.deploy(t.Context(), good)
		wantEnd(t, result, deploy.ExitDone, deploy.OutcomeActivated)
		for _, h := range f.cfg.Hosts {
			if n := counter.switched[h.Name]; n == 0 || n > mostRoundTrips {
				t.Errorf("%s: %d round trips to the switch, at most %d are promised", h.Name, n, mostRoundTrips)
			}
			t.Logf("%s: %d round trips to the switch, %d in all", h.Name, counter.switched[h.Name], counter.trips[h.Name])
		}
	}
}

// withFourSteps gives a deployment two steps of prepare and one of migrate, each of which prints a line. The fourth is Restart.
func (f *fleet) withFourSteps() {
	f.cfg.Prepare = number(script(deploy.Prepare, "Install", "echo installed"), script(deploy.Prepare, "Collect", "echo collected"))
	once := script(deploy.Migrate, "Migrate", "echo migrated")
	once.Once = true
	f.cfg.Migrate = number(once)
}

// counter counts the round trips of each host's connection.
type counter struct {
	mu       sync.Mutex
	trips    map[string]int
	switched map[string]int // when current named the release
}

type countedDialer struct {
	transport.Dialer
	counter *counter
}

func (d *countedDialer) Connect(ctx context.Context, host deploy.Host) (transport.Conn, error) {
	conn, err := d.Dialer.Connect(ctx, host)
	return &countedConn{conn, d.counter}, err
}

type countedConn struct {
	transport.Conn
	counter *counter
}

func (c *countedConn) Run(ctx context.Context, cmd transport.Command) error {
	c.counter.mu.Lock()
	trips, host := c.counter.trips, c.Host().Name
	if trips[host] == 0 || cmd.Stdin != nil {
		trips[host]++ // opening a channel
	}
	trips[host]++
	if cmd.Name == "switch" {
		c.counter.switched[host] = trips[host]
	}
	c.counter.mu.Unlock()
	return c.Conn.Run(ctx, cmd)
}
