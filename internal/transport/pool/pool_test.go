package pool_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/transport"
	"github.com/slipway/slipway/internal/transport/pool"
)

// network is hosts that count their connections.
type network struct {
	t     *testing.T
	mu    sync.Mutex
	open  []*link
	most  int      // connections at a time
	order []string // hosts, as they were dialled
	down  map[string]bool
	takes time.Duration // to connect, or not to
}

// link is a connection. Its commands take as long as their name says.
type link struct {
	net  *network
	host deploy.Host
	over context.Context
	end  context.CancelFunc
	busy int
}

func (n *network) Connect(ctx context.Context, host deploy.Host) (transport.Conn, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	l := &link{net: n, host: host}
	l.over, l.end = context.WithCancel(context.Background())
	n.open = append(n.open, l)
	n.most = max(n.most, len(n.open))
	n.order = append(n.order, host.Name)
	n.mu.Unlock()
	select {
	case <-time.After(n.takes):
	case <-ctx.Done():
	}
	n.mu.Lock()
	if n.down[host.Name] || ctx.Err() != nil {
		n.remove(l)
		return nil, &deploy.Error{Host: host.Name, Cause: transport.ErrUnreachable}
	}
	return l, nil
}

func (n *network) remove(l *link) {
	n.open = slices.DeleteFunc(n.open, func(other *link) bool { return other == l })
}

func (n *network) Close() error { return nil }

func (l *link) Host() deploy.Host { return l.host }

func (l *link) RoundTrip() time.Duration { return 7 * time.Millisecond }

func (l *link) use(by int) {
	l.net.mu.Lock()
	defer l.net.mu.Unlock()
	l.busy += by
}

func (l *link) Run(ctx context.Context, cmd transport.Command) error {
	l.use(1)
	defer l.use(-1)
	length, _ := time.ParseDuration(cmd.Name)
	select {
	case <-time.After(length):
		return nil
	case <-l.over.Done():
		return transport.ErrLost
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (l *link) Dial(context.Context, string, string) (net.Conn, error) {
	l.use(1)
	near, far := net.Pipe()
	_ = far.Close()
	return dialled{near, l}, nil
}

type dialled struct {
	net.Conn
	link *link
}

func (d dialled) Close() error {
	d.link.use(-1)
	return d.Conn.Close()
}

func (l *link) Close() error {
	l.net.mu.Lock()
	defer l.net.mu.Unlock()
	if l.busy > 0 && l.over.Err() == nil {
		l.net.t.Errorf("%s is closed under %d commands", l.host.Name, l.busy)
	}
	l.end()
	l.net.remove(l)
	return nil
}

// hosts makes a pool and connections of it.
func hosts(t *testing.T, slots, count int) (*network, []*pool.Conn) {
	t.Helper()
	network := &network{t: t, down: map[string]bool{}, takes: time.Second}
	p := pool.New(network, slots)
	conns := make([]*pool.Conn, count)
	for i := range conns {
		conns[i] = p.Conn(deploy.Host{Name: fmt.Sprint("web", i+1)})
	}
	return network, conns
}

func run(t *testing.T, conn *pool.Conn, length time.Duration, urgent bool) {
	t.Helper()
	if err := conn.Run(t.Context(), transport.Command{Name: length.String(), Urgent: urgent}); err != nil {
		t.Errorf("%s: %v", conn.Host().Name, err)
	}
}

// All hosts have their turn, no more than there are slots at a time; they go in the order in which they came.
func TestBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		network, conns := hosts(t, 10, 40)
		var all sync.WaitGroup
		for i, conn := range conns {
			all.Go(func() { run(t, conn, time.Minute+time.Duration(i*i)*17*time.Millisecond, false) }) // no two end at once
			synctest.Wait()
		}
		all.Wait()
		if network.most > 10 || network.most < 9 {
			t.Errorf("%d connections at a time", network.most)
		}
		for i, name := range network.order {
			if name != fmt.Sprint("web", i+1) {
				t.Errorf("dialled in the order %v", network.order)
				break
			}
		}
	})
}

// What is not in anybody's way stays connected, and the slot used longest ago is the first to go.
func TestLeastRecentlyUsedGoes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		network, conns := hosts(t, 4, 5)
		for _, i := range []int{0, 1, 2, 3, 0, 2, 4, 3, 0, 2, 1} {
			run(t, conns[i], time.Second, false)
		}
		if want := []string{"web1", "web2", "web3", "web4", "web5", "web2"}; !slices.Equal(network.order, want) {
			t.Errorf("dialled %v, want %v", network.order, want)
		}
		if len(network.open) != 4 {
			t.Errorf("%d are open", len(network.open))
		}
	})
}

// A host that waits for its next turn is not robbed of its slot for one before it in the queue.
func TestWaitingHostKeepsItsPlace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		network, conns := hosts(t, 4, 6) // three for work
		for _, i := range []int{0, 1, 2, 3} {
			run(t, conns[i], time.Second, false)
		}
		var all sync.WaitGroup
		for _, i := range []int{1, 2, 3, 4, 0} {
			all.Go(func() { run(t, conns[i], time.Minute+time.Duration(i)*time.Second, false) })
			synctest.Wait()
		}
		all.Wait()
		if want := []string{"web1", "web2", "web3", "web4", "web5"}; !slices.Equal(network.order, want) {
			t.Errorf("dialled %v, want %v", network.order, want)
		}
	})
}

// A forward that is open, and a section that keeps its host, hold their slots; a wait for one ends with its context.
func TestHeld(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, conns := hosts(t, 3, 4) // two for work
		forward, err := conns[0].Dial(t.Context(), "tcp", "127.0.0.1:80")
		if err != nil {
			t.Fatal(err)
		}
		done := conns[1].Lease(t.Context())
		for range 2 {
			run(t, conns[0], time.Second, false)
			run(t, conns[1], time.Second, false)
		}
		enough := errors.New("enough")
		ctx, cancel := context.WithTimeoutCause(t.Context(), time.Hour, enough)
		defer cancel()
		if err := conns[2].Run(ctx, transport.Command{}); !errors.Is(err, enough) {
			t.Errorf("all slots are held, and: %v", err)
		}
		conns[2].Lease(ctx)() // keeps nothing
		_ = forward.Close()
		_ = forward.Close()
		run(t, conns[2], time.Second, false)
		done()
		done()
		run(t, conns[3], time.Second, false)
	})
}

// Long work fills all slots it can have; every host is heard of in time all the same.
func TestUrgentBesideLongWork(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		hosts, slots, down int
		within             time.Duration // between two signs of a host
	}{
		{200, 50, 0, 45 * time.Second},
		{200, 50, 20, 60 * time.Second},
		{200, 12, 0, 60 * time.Second},
		{30, 2, 0, 60 * time.Second},
		{2, 2, 0, 22 * time.Second},
	} {
		t.Run(fmt.Sprintf("%d hosts, %d slots, %d down", test.hosts, test.slots, test.down), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				network, conns := hosts(t, test.slots, test.hosts)
				ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
				defer cancel()
				var all sync.WaitGroup
				for _, conn := range conns {
					all.Go(func() { _ = conn.Run(ctx, transport.Command{Name: "2h"}) })
				}
				synctest.Wait()
				network.mu.Lock()
				for i := range test.down {
					network.down[conns[len(conns)-1-i].Host().Name] = true
				}
				network.mu.Unlock()
				longest := make([]time.Duration, len(conns))
				for i, conn := range conns[:len(conns)-test.down] {
					all.Go(func() { longest[i] = beat(ctx, conn) })
				}
				for _, conn := range conns[len(conns)-test.down:] {
					all.Go(func() { _ = beat(ctx, conn) })
				}
				all.Wait()
				if most := slices.Max(longest); most > test.within {
					t.Errorf("a host was not heard of for %v", most)
				}
				if network.most > test.slots {
					t.Errorf("%d connections at a time", network.most)
				}
			})
		})
	}
}

// beat gives a sign every 20 s until ctx ends, and tells how long it took from one to the next at the most.
func beat(ctx context.Context, conn *pool.Conn) (longest time.Duration) {
	last := time.Now()
	for ctx.Err() == nil {
		select {
		case <-time.After(20*time.Second - time.Since(last)%(20*time.Second)):
		case <-ctx.Done():
			return longest
		}
		if conn.Run(ctx, transport.Command{Name: "100ms", Urgent: true}) == nil {
			longest = max(longest, time.Since(last))
			last = time.Now()
		}
	}
	return longest
}

// Work is not starved by what is urgent either.
func TestWorkBesideSigns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, conns := hosts(t, 2, 200) // one slot for 199 beats every 20 s, of which each takes more than 1 s
		ctx, cancel := context.WithCancel(t.Context())
		var beats sync.WaitGroup
		for _, conn := range conns {
			beats.Go(func() { _ = beat(ctx, conn) })
		}
		start := time.Now()
		var work sync.WaitGroup
		for _, conn := range conns {
			work.Go(func() { run(t, conn, 10*time.Second, false) })
		}
		work.Wait()
		if took := time.Since(start); took > 2*200*11*time.Second {
			t.Errorf("it took %v", took)
		}
		cancel()
		beats.Wait()
	})
}

// A host that cannot be reached gives its error, and its slot to others; it may be there the next time.
func TestUnreachable(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		network, conns := hosts(t, 2, 3)
		network.down["web1"] = true
		for range 3 {
			if err := conns[0].Connect(t.Context()); !errors.Is(err, transport.ErrUnreachable) {
				t.Error(err)
			}
			run(t, conns[1], time.Second, false)
			run(t, conns[2], time.Second, false)
		}
		network.down["web1"] = false
		if err := conns[0].Connect(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// Closing ends what runs and what waits, on that host alone.
func TestClose(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		network, conns := hosts(t, 2, 3)
		ended := make(chan error)
		for _, conn := range conns[:2] {
			go func() { ended <- conn.Run(t.Context(), transport.Command{Name: "1h"}) }()
			synctest.Wait()
		}
		<-time.After(time.Minute)
		_ = conns[1].Close() // it waits: there is one slot for work
		if err := <-ended; !errors.Is(err, transport.ErrLost) {
			t.Error(err)
		}
		network.mu.Lock()
		for _, l := range network.open {
			l.end() // the link drops
		}
		network.mu.Unlock()
		if err := <-ended; !errors.Is(err, transport.ErrLost) {
			t.Error(err)
		}
		run(t, conns[0], time.Second, false)
		run(t, conns[2], time.Second, false)
		for _, conn := range conns {
			_ = conn.Close()
			_ = conn.Close()
			if err := conn.Run(t.Context(), transport.Command{}); !errors.Is(err, transport.ErrLost) {
				t.Error(err)
			}
		}
		if len(network.open) != 0 {
			t.Errorf("%d connections are left", len(network.open))
		}
	})
}

// Everything at once, at random: never more connections than slots, none closed under a command, nobody left behind.
func TestChaos(t *testing.T) {
	t.Parallel()
	for seed := range uint64(12) {
		synctest.Test(t, func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 1))
			slots := 2 + random.IntN(6)
			network, conns := hosts(t, slots, 2+random.IntN(20))
			var all sync.WaitGroup
			for i := range 200 {
				conn, kind, length := conns[random.IntN(len(conns))], random.IntN(6), time.Duration(random.IntN(5000))*time.Millisecond
				begin := time.Duration(random.IntN(60_000)) * time.Millisecond
				all.Go(func() {
					<-time.After(begin)
					ctx, cancel := context.WithTimeout(t.Context(), length*4)
					defer cancel()
					switch kind {
					case 0:
						_ = conn.Run(ctx, transport.Command{Name: length.String(), Urgent: true})
					case 1:
						done := conn.Lease(ctx)
						_ = conn.Run(ctx, transport.Command{Name: length.String()})
						<-time.After(length)
						done()
					case 2:
						if forward, err := conn.Dial(ctx, "tcp", "x"); err == nil {
							<-time.After(length)
							_ = forward.Close()
						}
					case 3:
						if i%20 == 0 {
							network.mu.Lock()
							network.down[conn.Host().Name] = !network.down[conn.Host().Name]
							for _, l := range network.open {
								if l.host.Name == conn.Host().Name {
									l.end()
								}
							}
							network.mu.Unlock()
						}
					default:
						_ = conn.Run(ctx, transport.Command{Name: length.String()})
					}
				})
			}
			all.Wait()
			if network.most > slots {
				t.Errorf("seed %d: %d connections in %d slots", seed, network.most, slots)
			}
			clear(network.down)
			for _, conn := range conns {
				run(t, conn, time.Second, false)
				_ = conn.Close()
			}
			if len(network.open) != 0 {
				t.Errorf("seed %d: %d connections are left", seed, len(network.open))
			}
		})
	}
}
