package fleetlock

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/release"
	"github.com/slipway/slipway/internal/release/lock"
	"github.com/slipway/slipway/internal/release/releasetest"
	"github.com/slipway/slipway/internal/transport"
)

// counted is a connection that counts its commands.
type counted struct {
	transport.Conn
	commands int
}

func (c *counted) Run(ctx context.Context, cmd transport.Command) error {
	c.commands++
	return c.Conn.Run(ctx, cmd)
}

// The last thing under a lock is done, and the lock given back, by one command; also where the link fails, or the last thing does.
func TestReleaseAfter(t *testing.T) {
	t.Parallel()
	errLast := errors.New("the last thing failed")
	for name, test := range map[string]struct {
		last     string
		lost     bool
		unlocked bool // by a person, meanwhile
		commands int  // of the deployment's
		want     error
	}{
		"in one":          {`echo done >"$1"`, false, false, 1, nil},
		"nobody heard it": {`echo done >"$1"`, true, false, 2, nil},
		"it failed":       {`exit 91`, false, false, 1, errLast},
		"unlocked":        {`echo done >"$1"`, false, true, 1, lock.ErrFenced},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			host := releasetest.NewHost(t, "dash")
			held := mustAcquire(t, asker("1", 1, host))
			cut := &deaf{Conn: held.Conn("web1"), name: "last"}
			if test.lost {
				cut.cuts = 1
			}
			line := &counted{Conn: cut}
			if test.unlocked {
				if err := release.Run(t.Context(), host, lock.Release(host.Site, held.Generation("web1"))); err != nil {
					t.Fatal(err)
				}
			}
			made := filepath.Join(host.Home, "made")
			last := release.Operation{
				Name: "last", Script: test.last, Args: []string{made}, Reasons: map[int]release.Reason{91: {Err: errLast}},
				Read: func(release.Answer) error { return nil },
			}
			if errors.Is(test.want, errLast) {
				last.Script = "echo why >&2; " + last.Script
			}
			err := held.ReleaseAfter(t.Context(), "web1", last, func(op release.Operation) error {
				return release.Do(t.Context(), line, op, long)
			})
			if !errors.Is(err, test.want) {
				t.Errorf("%v, wanted %v", err, test.want)
			}
			if line.commands != test.commands {
				t.Errorf("%d commands, wanted %d", line.commands, test.commands)
			}
			if _, err := os.Stat(made); (err == nil) != (test.want == nil) {
				t.Errorf("the last thing: %v", err)
			}
			if state := surveyed(t, asker("2", 1, host)).Wants[0].Seen; !state.Released {
				t.Errorf("the lock is not given back: %+v", state)
			}
			if held.Generation("web1") != 0 && !errors.Is(test.want, lock.ErrFenced) {
				t.Error("it is taken for held still")
			}
		})
	}
}

// While the last thing goes on the lock is kept alive; that a heartbeat finds it given back then is no loss of it.
func TestLastThingTakesLong(t *testing.T) {
	t.Parallel()
	host := releasetest.NewHost(t, "dash")
	held := mustAcquire(t, asker("1", 1, host))
	beat := filepath.Join(host.Site.Root, ".slipway", "lock", "1", "heartbeat")
	last := release.Operation{Name: "last", Args: []string{beat}, Script: `read -r first <"$1"; tries=0
while read -r now <"$1" && [ "$now" = "$first" ]; do tries=$((tries + 1)); [ "$tries" -lt 100 ] || exit 91; sleep 0.1; done`}
	released, err := held.ReleaseWith(t.Context(), "web1", last, func(op release.Operation) error {
		err := release.Run(t.Context(), held.Conn("web1"), op)
		one := lock.Fence(host, host.Site, 1)
		if refused := release.Run(t.Context(), one, lock.Beat(host.Site, 1)); !errors.Is(refused, lock.ErrFenced) {
			t.Errorf("a heartbeat behind it: %v", refused)
		}
		<-time.After(2 * short / 10) // for the deployment's own
		return err
	})
	if !released || err != nil {
		t.Errorf("released: %v, %v", released, err)
	}
	if held.lost.Err() != nil {
		t.Errorf("the lock counts as lost: %v", context.Cause(held.lost))
	}
}

// A last thing that fails keeps the lock, and another one may follow.
func TestLastThingFails(t *testing.T) {
	t.Parallel()
	host := releasetest.NewHost(t, "dash")
	held := mustAcquire(t, asker("1", 1, host))
	do := func(op release.Operation) error { return release.Run(t.Context(), held.Conn("web1"), op) }
	released, err := held.ReleaseWith(t.Context(), "web1", release.Operation{Name: "last", Script: "exit 1"}, do)
	if state := surveyed(t, asker("2", 1, host)).Wants[0].Seen; released || err == nil || state.Released {
		t.Errorf("released: %v, %v; %+v", released, err, state)
	}
	if released, err = held.ReleaseWith(t.Context(), "web1", release.Operation{Name: "last", Script: ":"}, do); !released || err != nil {
		t.Errorf("the second: %v, %v", released, err)
	}
}

// Whoever did not see whether the lock was given back finds out the next time.
func TestLastThingUnseen(t *testing.T) {
	t.Parallel()
	host := releasetest.NewHost(t, "dash")
	held := mustAcquire(t, asker("1", 1, host))
	over, cancel := context.WithCancel(t.Context())
	last := release.Operation{Name: "last", Script: ":"}
	released, err := held.ReleaseWith(over, "web1", last, func(op release.Operation) error {
		_ = release.Run(over, held.Conn("web1"), op)
		cancel()
		return over.Err()
	})
	if released || err == nil {
		t.Errorf("%v, %v", released, err)
	}
	err = held.ReleaseAfter(t.Context(), "web1", last, func(op release.Operation) error { return release.Run(t.Context(), held.Conn("web1"), op) })
	if err != nil {
		t.Error(err)
	}
}
