package lock_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/artifact"
	"github.com/slipway/slipway/internal/artifact/pack"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/release"
	"github.com/slipway/slipway/internal/release/activate"
	"github.com/slipway/slipway/internal/release/journal"
	"github.com/slipway/slipway/internal/release/lock"
	"github.com/slipway/slipway/internal/release/releasetest"
	"github.com/slipway/slipway/internal/release/stage"
	"github.com/slipway/slipway/internal/transport"
)

// The lock is lost while a long script runs: it stops before what it cannot take back.
func TestLostMeanwhile(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		ctx, site := t.Context(), host.Site
		built := artifactOf(t, "page")
		id := deploy.NewReleaseID(time.Unix(0, 0), "1a2b3c4", built.Content())
		next := deploy.NewReleaseID(time.Unix(60, 0), "1a2b3c4", built.Content())
		payload, err := built.Payload(ctx, "gzip")
		if err != nil {
			t.Fatal(err)
		}
		generation := take(t, host, anna)
		change := activate.Change{Deployment: anna.Deployment, Release: id, Target: "releases/" + string(id)}
		for _, err := range []error{
			release.Run(ctx, host, journal.Open(site, anna.Deployment, []byte("{}"), deploy.Owner{})),
			release.Run(ctx, host, stage.Upload(site, id, payload, nil)),
		} {
			if err != nil {
				t.Fatal(err)
			}
		}

		// losing is the host where the next call of a program costs the lock.
		losing := func(program string) transport.Conn {
			other := *host
			other.Patch = func(script string) string {
				taken := filepath.Join(site.Private(), "lock", "99")
				return program + `() { mkdir '` + quoted(taken) + `' 2>/dev/null; command ` + program + ` "$@"; }` + "\n" + script
			}
			return lock.Fence(&other, site, generation)
		}
		tests := map[string]func() error{
			"switch": func() error { return release.Run(ctx, losing("sync"), activate.Switch(site, change)) },
			"unlink": func() error {
				if err := os.Symlink(change.Target, site.Current()); err != nil {
					return err
				}
				return release.Run(ctx, losing("readlink"), activate.Unlink(site, change))
			},
			"upload": func() error { return release.Run(ctx, losing("uniq"), stage.Upload(site, next, payload, nil)) },
		}
		for name, change := range tests {
			before, _ := os.Readlink(site.Current())
			if name == "unlink" {
				before = "releases/" + string(id)
			}
			if err := change(); !errors.Is(err, lock.ErrFenced) {
				t.Errorf("%s: %v", name, err)
			}
			if now, _ := os.Readlink(site.Current()); now != before {
				t.Errorf("%s: current named %q and names %q", name, before, now)
			}
			if left, _ := filepath.Glob(site.Root + "/.switch-*"); len(left) > 0 {
				t.Errorf("%s left %q", name, left)
			}
			if err := os.Remove(filepath.Join(site.Private(), "lock", "99")); err != nil {
				t.Errorf("%s: the lock was not lost: %v", name, err)
			}
		}
		if _, err := os.Stat(site.Release(next)); !os.IsNotExist(err) {
			t.Errorf("a release that was refused: %v", err)
		}
	})
}

func artifactOf(t *testing.T, text string) *artifact.Artifact {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "index.html"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	file, err := os.Create(filepath.Join(t.TempDir(), "site.tar"))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(pack.Folder(t.Context(), dir, file, pack.Options{}), file.Close()); err != nil {
		t.Fatal(err)
	}
	built, err := artifact.Open(t.Context(), file.Name(), artifact.Options{TempDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = built.Close() })
	return built
}
