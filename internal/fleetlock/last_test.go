package fleetlock

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

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
