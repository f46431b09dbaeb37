package rollout_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/sshtest/relay"
	"github.com/slipway/slipway/internal/transport"
)

// mostRoundTrips is from the log-in of a host to its switch, with four steps; mostBehind what comes from there to
// the end; mostForNothing what a deployment takes to its end that is there already.
const (
	mostRoundTrips = 9
	mostBehind     = 3
	mostForNothing = 7
)

// TestRoundTrips counts what a host is asked one after another; and, so that this is true, how often the runner speaks after the host did on
// the way between them. There a side says now and then that it can take more, which is no question, and may hide one: the least of
// several deployments counts. How long a round trip takes is measured in transport/ssh.
func TestRoundTrips(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 2)
	f.withFourSteps()
	trips := map[string]*trips{}
	for i := range f.cfg.Hosts {
		h := &f.cfg.Hosts[i]
		trips[h.Name] = f.counted(h, i)
	}
	f.through = func(dialer transport.Dialer) transport.Dialer { return &countedDialer{dialer, trips} }
	least := mostRoundTrips * 2
	asked := f.asking()
	for i := range 4 { // a first release, and others after it, for which a host is asked what it has
		for _, c := range trips {
			c.asked, c.askedBefore = 0, 0
		}
		result, _ := f.deploy(t.Context(), heavy("index.html", fmt.Sprint(i)))
		wantEnd(t, result, deploy.ExitDone, deploy.OutcomeActivated)
		for host, c := range trips {
			seen := c.switched - c.loggedIn
			t.Logf("%s: %d round trips to the switch, %d in all; %d were seen", host, c.askedBefore, c.asked, seen)
			if c.askedBefore == 0 || c.askedBefore > mostRoundTrips {
				t.Errorf("%s: %d round trips to the switch, at most %d are promised", host, c.askedBefore, mostRoundTrips)
			}
			if behind := c.asked - c.askedBefore; behind > mostBehind {
				t.Errorf("%s: %d round trips behind the switch, at most %d are promised", host, behind, mostBehind)
			}
			if host == "web1" {
				least = min(least, seen)
			}
		}
	}
	if asked.Load() != 3 {
		t.Errorf("hosts were asked %d times for manifests", asked.Load())
	}
	if least > mostRoundTrips {
		t.Errorf("%d round trips were seen on the way to web1, at most %d are promised", least, mostRoundTrips)
	}
}

// A re-run that finds everything done asks little more than whether that is so.
func TestRoundTripsOfARerun(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 2)
	f.withFourSteps()
	trips := map[string]*trips{}
	for i := range f.cfg.Hosts {
		trips[f.cfg.Hosts[i].Name] = f.counted(&f.cfg.Hosts[i], i)
	}
	files := heavy("index.html", "x")
	result, _ := f.deploy(t.Context(), files)
	wantEnd(t, result, deploy.ExitDone, deploy.OutcomeActivated)
	f.through = func(dialer transport.Dialer) transport.Dialer { return &countedDialer{dialer, trips} }
	result, _ = f.again(2).deploy(t.Context(), files)
	wantEnd(t, result, deploy.ExitDone, deploy.OutcomeUnchanged)
	for host, c := range trips {
		t.Logf("%s: %d round trips", host, c.asked)
		if c.asked == 0 || c.asked > mostForNothing {
			t.Errorf("%s: %d round trips, at most %d are promised", host, c.asked, mostForNothing)
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

// trips are the round trips of a host's connections.
type trips struct {
	mu                 sync.Mutex
	asked, askedBefore int  // by commands: in all, and until current named the release
	ahead              bool // the channel of the next command with input is opened
	seen               int  // on the way
	loggedIn, switched int  // how many were seen when the host had let the runner in, and when current named the release
}

// smallest is longer than what asks for nothing: with 36 bytes a side says how much more it takes.
const smallest = 40

// counted puts a relay before a host, which counts.
func (f *fleet) counted(h *deploy.Host, known int) *trips {
	f.t.Helper()
	c := &trips{}
	line, err := relay.Start(h.Address.HostPort(), relay.Options{Before: func(op relay.Operation) error {
		if c.mu.Lock(); op.Bytes > smallest {
			c.seen++
		}
		c.mu.Unlock()
		return nil
	}})
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() { _ = line.Close() })
	own := fmt.Sprintf("[%s]:%d", h.Address.Host, h.Address.Port)
	h.Address.Host, h.Address.Port = line.Addr()
	f.known[known] = strings.ReplaceAll(f.known[known], own, fmt.Sprintf("[%s]:%d", h.Address.Host, h.Address.Port))
	return c
}

func (c *trips) soFar() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.seen
}

type countedDialer struct {
	transport.Dialer
	trips map[string]*trips
}

func (d *countedDialer) Connect(ctx context.Context, host deploy.Host) (transport.Conn, error) {
	conn, err := d.Dialer.Connect(ctx, host)
	counter := d.trips[host.Name]
	counter.loggedIn = counter.soFar()
	return &countedConn{conn, counter}, err
}

type countedConn struct {
	transport.Conn
	trips *trips
}

func (c *countedConn) Run(ctx context.Context, cmd transport.Command) error {
	c.trips.mu.Lock()
	if c.trips.asked == 0 || cmd.Stdin != nil && !c.trips.ahead {
		c.trips.asked++ // opening a channel
	}
	c.trips.asked++
	c.trips.ahead = cmd.Ahead
	c.trips.mu.Unlock()
	err := c.Conn.Run(ctx, cmd)
	if cmd.Name == "switch" {
		c.trips.askedBefore, c.trips.switched = c.trips.asked, c.trips.soFar()
	}
	return err
}
