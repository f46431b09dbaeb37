package fleetlock

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/release"
	"github.com/slipway/slipway/internal/release/lock"
	"github.com/slipway/slipway/internal/release/releasetest"
	"github.com/slipway/slipway/internal/sshtest"
	"github.com/slipway/slipway/internal/transport"
	"github.com/slipway/slipway/internal/transport/ssh"
)

// Many deployments race for the same hosts, each with its own names and order of them; some die with the lock in their
// hands. Never two own, and never nobody for longer than a lease: the witness is a file on each host, which owners write to
// under the fence and which nobody reads before the end.
func TestLockRacers(t *testing.T) {
	t.Parallel()
	const racers, turns, raceLease = 5, 3, 3 * time.Second
	race := &race{t: t, lease: raceLease}
	for i, toolset := range []string{"dash", "ash", "dash"} {
		race.hosts = append(race.hosts, startRaceHost(t, toolset, i))
	}
	var wait sync.WaitGroup
	for i := range racers {
		wait.Go(func() {
			conns := race.connect()
			if conns == nil {
				return
			}
			for turn := range turns {
				race.turn(i, turn, conns, turn == 1 && i < 2)
			}
		})
	}
	wait.Wait()
	for _, held := range race.gone {
		if err := held.testify(t.Context(), "back from the dead"); !errors.Is(err, lock.ErrFenced) {
			t.Errorf("one that died and came back: %v", err)
		}
	}
	race.judge(racers * turns)
}

// raceHost is a host with its own shell and a clock that is hours off.
type raceHost struct {
	server *sshtest.Server
	login  ssh.Config
	site   release.Site
}

func startRaceHost(t *testing.T, toolset string, n int) raceHost {
	t.Helper()
	tools := releasetest.NewHost(t, toolset)
	shims := t.TempDir()
	date := fmt.Sprintf("#!/bin/sh\necho %d\n", time.Now().Unix()+int64(n-1)*5*3600)
	if err := os.WriteFile(filepath.Join(shims, "date"), []byte(date), 0o755); err != nil {
		t.Fatal(err)
	}
	key, authorized := sshtest.ClientKey()
	root := t.TempDir()
	server, err := sshtest.Start(sshtest.Options{
		Root: root, AuthorizedKey: authorized, Shell: tools.Shell, Env: []string{"PATH=" + shims + ":" + tools.Path},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	return raceHost{
		server: server, site: release.Site{Root: filepath.Join(root, "site")},
		login: ssh.Config{Key: key, KnownHosts: server.HostKeyLine(), ConnectTimeout: 10 * time.Second},
	}
}

type race struct {
	t     *testing.T
	lease time.Duration
	hosts []raceHost

	mu    sync.Mutex
	gone  []*Locks  // of those that died
	idle  time.Time // since when nobody owns all hosts
	owned int
}

// connect is a racer's own connections.
func (r *race) connect() []transport.Conn {
	var conns []transport.Conn
	for i, host := range r.hosts {
		dialer, err := ssh.NewDialer(host.login)
		if err != nil {
			r.t.Error(err)
			return nil
		}
		r.t.Cleanup(func() { _ = dialer.Close() })
		address, port := host.server.Addr()
		conn, err := dialer.Connect(r.t.Context(), deploy.Host{Name: fmt.Sprint("web", i), Address: deploy.Address{User: host.server.User(), Host: address, Port: port}})
		if err != nil {
			r.t.Error(err)
			return nil
		}
		r.t.Cleanup(func() { _ = conn.Close() })
		conns = append(conns, conn)
	}
	return conns
}

// turn is one deployment: it takes every host, writes to every witness, and gives all back, or dies.
func (r *race) turn(racer, turn int, conns []transport.Conn, dies bool) {
	ctx := r.t.Context()
	token := rand.Text()
	request := Request{
		Owner: deploy.LockOwner{Deployment: deploy.DeploymentID(fmt.Sprintf("%d-%d", racer, turn)), Attempt: 1, Token: token},
		Wait:  2 * time.Minute, Lease: r.lease, Beat: r.lease / 10, Note: func(string) {},
	}
	for _, i := range mathrand.Perm(len(conns)) {
		want := Want{Host: fmt.Sprintf("%d-of-%d", (i+racer)%len(conns), racer), Conn: conns[i], Site: r.hosts[i].site}
		state, err := releasetest.ReadLock(ctx, want.Conn, want.Site)
		if err != nil {
			r.t.Error(err)
			return
		}
		want.Seen = state
		request.Wants = append(request.Wants, want)
	}
	held, err := Acquire(ctx, request)
	if err != nil {
		r.t.Error(err)
		return
	}
	r.enters()
	if err := errors.Join(held.testify(ctx, "begin "+token), held.testify(ctx, "end "+token)); err != nil {
		r.t.Error(err)
	}
	r.leaves()
	if dies {
		held.die()
		r.mu.Lock()
		r.gone = append(r.gone, held)
		r.mu.Unlock()
	} else if err := held.release(ctx); err != nil {
		r.t.Error(err)
	}
}

// testify writes a line into each host's witness.
func (l *Locks) testify(ctx context.Context, line string) error {
	return atOnce(l.holds, func(h *hostLock) error {
		return l.Conn(h.Host).Run(ctx, transport.Command{
			Name: "testify", Script: `printf '%s\n' "$2" >>"$1"`, Args: []string{h.Site.Root + "/witness", line},
		})
	})
}

func (r *race) enters() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if gap := time.Since(r.idle); !r.idle.IsZero() && gap > 2*r.lease {
		r.t.Errorf("nobody had the lock for %s, with a lease of %s", gap, r.lease)
	}
	r.owned++
}

func (r *race) leaves() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.idle = time.Now()
}

// judge reads the witnesses.
func (r *race) judge(want int) {
	if r.owned != want {
		r.t.Errorf("the lock was owned %d times, wanted %d", r.owned, want)
	}
	var orders []string
	for i, host := range r.hosts {
		text, err := os.ReadFile(host.site.Root + "/witness")
		if err != nil {
			r.t.Fatal(err)
		}
		inside, order := "", ""
		for line := range strings.Lines(string(text)) {
			what, token, _ := strings.Cut(strings.TrimSpace(line), " ")
			switch {
			case what == "begin" && inside == "":
				inside = token
				order += token + "\n"
			case what == "end" && inside == token:
				inside = ""
			default:
				r.t.Errorf("host %d: %q while %q owns", i, line, inside)
			}
		}
		if n := strings.Count(order, "\n"); n != want {
			r.t.Errorf("host %d saw %d owners, wanted %d", i, n, want)
		}
		orders = append(orders, order)
	}
	for i, order := range orders {
		if order != orders[0] {
			r.t.Errorf("host %d saw another order of owners:\n%s\nwanted\n%s", i, order, orders[0])
		}
	}
}
