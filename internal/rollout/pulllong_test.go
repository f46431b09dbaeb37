//go:build long

package rollout_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/release/stage"
	"github.com/slipway/slipway/internal/secret"
	"github.com/slipway/slipway/internal/sshtest/origin"
)

// pulling has the hosts fetch an artifact of files from a server, at an address of it or of what stands before it.
func (f *fleet) pulling(from *origin.Origin, addr string, files map[string]string) {
	f.t.Helper()
	archive := tarball(f.t, files)
	if err := os.WriteFile(filepath.Join(from.Dir, "archive"), archive, 0o600); err != nil {
		f.t.Fatal(err)
	}
	f.opts.Archive = &stage.Archive{
		Address: secret.New(from.Address(addr, "archive")), Encoding: "none", Size: int64(len(archive)),
		SHA256: deploy.Digest(fmt.Sprintf("%x", sha256.Sum256(archive))),
	}
}

// trusting lets hosts take the server's certificate.
func (f *fleet) trusting(from *origin.Origin, hosts ...string) {
	f.t.Helper()
	for _, host := range hosts {
		from.Trust(f.t, filepath.Dir(f.path(host)))
	}
}

// Hosts pull at once, one that cannot is sent all of it, and where a part is on the hosts already that comes first.
func TestPull(t *testing.T) {
	t.Parallel()
	f, from := newFleet(t, 4), origin.Start(t)
	f.trusting(from, "web1", "web2", "web3")
	f.pulling(from, from.Addr, heavy())
	first, log := f.deploy(t.Context(), heavy())
	wantEnd(t, first, deploy.ExitDone, deploy.OutcomeActivated)
	for i, h := range first.Hosts {
		f.wantFiles(h.Host, heavy())
		text, pulls := said(log, h.Host), i < 3
		if strings.HasPrefix(text, "pulled 31") != pulls || (h.Traffic.Pulled > 300<<10 && h.Traffic.Sent < 2000) != pulls {
			t.Errorf("%s says %q, %+v", h.Host, text, h.Traffic)
		}
		if !pulls && !strings.HasPrefix(text, "all of it is sent: this host could not pull it: curl ended 60: ") {
			t.Errorf("%s says %q", h.Host, text)
		}
		if strings.Contains(text, "signature") {
			t.Errorf("%s shows the address: %q", h.Host, text)
		}
	}
	asked := len(from.Asked(t))
	next := heavy("index.html", "v2")
	f.pulling(from, from.Addr, next)
	second, log := f.deploy(t.Context(), next)
	wantEnd(t, second, deploy.ExitDone, deploy.OutcomeActivated)
	for _, h := range second.Hosts {
		f.wantFiles(h.Host, next)
		if text := said(log, h.Host); !strings.HasPrefix(text, "reused 3 files, ") {
			t.Errorf("%s says %q", h.Host, text)
		}
	}
	if len(from.Asked(t)) != asked {
		t.Error("hosts pulled what they could reuse")
	}
}

// A run that is gone while hosts pull has its re-run fetch what is missing, and no more.
func TestPullIsResumed(t *testing.T) {
	t.Parallel()
	f, from := newFleet(t, 2), origin.Start(t)
	f.trusting(from, "web1", "web2")
	gate := origin.NewGate(t, from.Addr)
	gate.Most.Store(200 << 10)
	gate.Hold.Store(true)
	files := heavy()
	f.pulling(from, gate.Addr, files)
	ctx, cancel := context.WithCancelCause(t.Context())
	done := make(chan deploy.Result, 1)
	go func() {
		result, _ := f.deploy(ctx, files)
		done <- result
	}()
	for range f.cfg.Hosts {
		<-gate.Held
	}
	cancel(errors.New("the runner goes"))
	if result := <-done; result.ExitCode == deploy.ExitDone {
		t.Fatal("it ended well")
	}
	gate.Most.Store(0)
	again, log := f.again(2).deploy(t.Context(), files)
	wantEnd(t, again, deploy.ExitDone, deploy.OutcomeActivated)
	for _, h := range again.Hosts {
		f.wantFiles(h.Host, files)
		if text := said(log, h.Host); !strings.HasPrefix(text, "pulled 31") {
			t.Errorf("%s says %q", h.Host, text)
		}
	}
	if lines := from.Asked(t); len(lines) != 4 || len(slices.DeleteFunc(lines, func(line string) bool { return !strings.Contains(line, `" 206 `) })) != 2 {
		t.Errorf("the server gave %q", from.Asked(t))
	}
}
