//go:build long

package stage_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/release"
	"github.com/slipway/slipway/internal/release/releasetest"
	"github.com/slipway/slipway/internal/release/stage"
)

// An origin that gives a little now and then is given up: the archive would come for as long as the deployment may take.
func TestPullFromASlowServer(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		fetching(t, host, map[string]string{"dash": "wget", "ash": "curl", "bash": "curl"}[host.Name])
		s := serve(t, plainTar(t, "", noisy(100<<10)), 0)
		s.Trust(t, host.Home)
		open(t, host)
		host.Patch = func(script string) string { return strings.Replace(script, "patience=30", "patience=4", 1) }
		received, err := s.pull(t, host, "https://"+s.Addr+"/slow")
		if !errors.Is(err, stage.ErrNotPulled) || !strings.Contains(err.Error(), "it gets less than 10 KiB a second, over another connection, too") {
			t.Fatal(err)
		}
		if len(received) == 0 || received[len(received)-1] == 0 {
			t.Errorf("it was slow, and gave nothing: %v", received)
		}
		noRelease(t, host)
		stagedAs(t, host, releaseID, s.built)
	})
}

// What comes byte by byte stays in the memory of curl, and of BusyBox's head, for longer than a deployment may take.
func TestPullFromAServerThatTrickles(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		fetching(t, host, map[string]string{"dash": "curl", "ash": "curl", "bash": "wget"}[host.Name])
		s := serve(t, plainTar(t, "", noisy(100<<10)), 0)
		s.Trust(t, host.Home)
		open(t, host)
		host.Patch = func(script string) string { return strings.Replace(script, "patience=30", "patience=2", 1) }
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		err := release.Run(ctx, host, s.operation(t, host, "https://"+s.Addr+"/trickle", func(int64) {}))
		if !errors.Is(err, stage.ErrNotPulled) || !strings.Contains(err.Error(), "it gets less than 10 KiB a second, over another connection, too") {
			t.Fatal(err)
		}
		stagedAs(t, host, releaseID, s.built)
	})
}

// A connection that brings nothing is not one that brings hardly anything: its own time-out ends it, and others follow.
func TestPullThatBeginsLate(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		fetching(t, host, "curl")
		s := serve(t, plainTar(t, "", noisy(100<<10)), 0)
		s.Trust(t, host.Home)
		open(t, host)
		host.Patch = func(script string) string {
			return strings.Replace(strings.Replace(script, "patience=30", "patience=2", 1), "| curl --config", "| (sleep 4; cat) | curl --config", 1)
		}
		if _, err := s.pull(t, host, s.Address(s.Addr, "archive")); err != nil {
			t.Fatal(err)
		}
		wantLike(t, host, s.built)
	})
}
