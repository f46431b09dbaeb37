package step_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/release"
	"github.com/slipway/slipway/internal/release/journal"
	"github.com/slipway/slipway/internal/release/releasetest"
	"github.com/slipway/slipway/internal/release/step"
	"github.com/slipway/slipway/internal/sshtest"
	"github.com/slipway/slipway/internal/sshtest/hosttest"
	"github.com/slipway/slipway/internal/transport"
	"github.com/slipway/slipway/internal/transport/pool"
	"github.com/slipway/slipway/internal/transport/ssh"
)

// The connection is reset again and again while a step prints; who connects again hears the rest.
func TestConnectionReset(t *testing.T) {
	t.Parallel()
	server := hosttest.Start(t, sshtest.Options{})
	dialer, err := ssh.NewDialer(ssh.Config{Key: server.Key, KnownHosts: server.KnownHosts})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = dialer.Close() })
	conn := pool.New(dialer, 0).Conn(deploy.Host{Name: "web1", Address: server.Address})
	t.Cleanup(func() { _ = conn.Close() })

	site := release.Site{Root: filepath.Join(t.TempDir(), "site")}
	if err := errors.Join(release.Run(t.Context(), conn, journal.Open(site, deployment, []byte("{}"), deploy.Owner{})), os.MkdirAll(site.Release(releaseID), 0o755)); err != nil {
		t.Fatal(err)
	}
	inst := step.Instance{Deployment: deployment, Release: releaseID, Try: 1, Step: deploy.Step{
		Name: "Print", Phase: deploy.Migrate, Number: 1, Timeout: time.Minute,
		Run: `i=0; while [ $i -lt 200 ]; do echo "line $i"; i=$((i + 1)); sleep 0.01; done; echo ran >>../count; exit 9`,
	}}
	var lines, want []string
	for i := range 200 {
		want = append(want, fmt.Sprint("line ", i))
	}
	out := func(line string) {
		if lines = append(lines, line); len(lines)%50 == 10 {
			server.Cut()
		}
	}
	status, next, err := releasetest.RunStep(t.Context(), conn, site, inst, out)
	lost := 0
	for ; errors.Is(err, transport.ErrLost); lost++ {
		status, next, err = releasetest.FollowStep(t.Context(), conn, site, inst, next, out)
	}
	if err != nil || status.Exit != 9 || lost < 2 {
		t.Errorf("%s, %v, after %d connections", status, err, lost)
	}
	count, _ := os.ReadFile(filepath.Join(site.Root, "releases", "count"))
	if !slices.Equal(lines, want) || string(count) != "ran\n" {
		t.Errorf("ran %q and printed %d lines: %q", count, len(lines), lines)
	}
}
