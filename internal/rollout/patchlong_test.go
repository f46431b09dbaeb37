//go:build long

package rollout_test

import (
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/needtest"
	"github.com/slipway/slipway/internal/sshtest"
)

// A host that hangs when it is asked for old contents keeps no host waiting for longer than the delta takes, which is sent then.
func TestPatchWhereTheHostThatIsAskedHangs(t *testing.T) {
	t.Parallel()
	one := hex.Dump([]byte(noise(1, 40<<10)))
	f := newFleet(t, 3)
	_, _ = f.deploy(t.Context(), heavy("static/one", one))
	f.opts.Bandwidth = 100_000 // without it, hosts that answer at once are not worth a patch
	over := make(chan struct{})
	t.Cleanup(func() { close(over) })
	var asked atomic.Int64
	hang := func(_ string, op sshtest.Operation) error {
		if op.Kind == sshtest.Taken && strings.Contains(op.Detail, "Prints files of a release, up to a hundred at a time") {
			asked.Add(1)
			<-over
		}
		return nil
	}
	f.before.Store(&hang)
	next := heavy("static/one", one+"v2")
	second, log := f.deploy(t.Context(), next)
	wantEnd(t, second, deploy.ExitDone, deploy.OutcomeActivated)
	for _, h := range second.Hosts {
		f.wantFiles(h.Host, next)
		if text := said(log, h.Host); h.Traffic.Patched != 0 || !strings.HasPrefix(text, "reused 3 files, sent ") {
			t.Errorf("%s: %+v, and says %q", h.Host, h.Traffic, text)
		}
	}
	if asked.Load() != 1 {
		t.Errorf("%d hosts were asked for old contents", asked.Load())
	}
}

// Old contents that the runner has not are sent by one host, where there are enough hosts; what was changed there is not among them.
func TestPatchOfWhatAHostSends(t *testing.T) {
	t.Parallel()
	one, two := hex.EncodeToString([]byte(noise(1, 75<<10))), hex.EncodeToString([]byte(noise(2, 75<<10)))
	f := newFleet(t, 3)
	_, _ = f.deploy(t.Context(), heavy("static/one", one, "static/two", two, "static/three", noise(3, 150<<10)))
	f.opts.Bandwidth = 10_000
	next := heavy("static/one", one+"v2", "static/two", two+"v2", "static/three", noise(3, 150<<10))
	var asked atomic.Int64
	allow := func(_ string, op sshtest.Operation) error {
		if op.Kind == sshtest.Taken && strings.Contains(op.Detail, "Prints files of a release, up to a hundred at a time") {
			asked.Add(1)
		}
		return nil
	}
	f.before.Store(&allow)
	second, log := f.deploy(t.Context(), next)
	wantEnd(t, second, deploy.ExitDone, deploy.OutcomeActivated)
	for _, h := range second.Hosts {
		f.wantFiles(h.Host, next)
		if text := said(log, h.Host); h.Traffic.Patched != 2 || h.Traffic.Sent > 3000 || !strings.HasPrefix(text, "reused 3 files, patched 2, sent ") {
			t.Errorf("%s: %+v, and says %q", h.Host, h.Traffic, text)
		}
	}
	if asked.Load() != 1 {
		t.Errorf("%d hosts were asked for old contents", asked.Load())
	}
	for _, host := range []string{"web1", "web2", "web3"} {
		if err := os.WriteFile(filepath.Join(f.path(host), "current/static/two"), []byte("by hand"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	next["static/one"], next["static/two"] = one+"v3", two+"v3"
	third, log := f.deploy(t.Context(), next)
	wantEnd(t, third, deploy.ExitDone, deploy.OutcomeActivated)
	for _, h := range third.Hosts {
		f.wantFiles(h.Host, next)
		if text := said(log, h.Host); h.Traffic.Patched != 1 || !strings.HasPrefix(text, "reused 3 files, patched 1, sent ") {
			t.Errorf("%s: %+v, and says %q", h.Host, h.Traffic, text)
		}
	}
	// What is unfit differs from host to host: none is asked for a patch that is for itself alone.
	before := asked.Load()
	for _, host := range []string{"web1", "web2", "web3"} {
		if err := os.WriteFile(filepath.Join(f.path(host), "current/static/three"), []byte("by hand on "+host), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	next["static/one"], next["static/two"] = one+"v4", two+"v4"
	fourth, log := f.deploy(t.Context(), next)
	wantEnd(t, fourth, deploy.ExitDone, deploy.OutcomeActivated)
	for _, h := range fourth.Hosts {
		f.wantFiles(h.Host, next)
		if h.Traffic.Patched != 0 {
			t.Errorf("%s: %+v, and says %q", h.Host, h.Traffic, said(log, h.Host))
		}
	}
	if n := asked.Load() - before; n != 1 {
		t.Errorf("%d hosts were asked for old contents", n)
	}
}

// A host with a zstd of yesterday is sent the file beside one that is sent what differs.
func TestPatchBesideAnOldZstd(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 1)
	bin, zstd := t.TempDir(), needtest.Program(t, "zstd")
	old := "#!/bin/sh\ncase $1 in\n--version) echo '*** zstd command line interface 64-bits v1.4.8, by Yann Collet ***' ;;\n*) exec " + zstd + " \"$@\" ;;\nesac\n"
	if err := os.WriteFile(filepath.Join(bin, "zstd"), []byte(old), 0o700); err != nil {
		t.Fatal(err)
	}
	f.env = []string{"PATH=" + bin + ":/usr/local/bin:/usr/bin:/bin"}
	f.add("web2", f.authorized)
	_, _ = f.deploy(t.Context(), heavy())
	f.patching(heavy())
	next := heavy("static/one", "v2"+noise(1, 150<<10))
	second, log := f.deploy(t.Context(), next)
	wantEnd(t, second, deploy.ExitDone, deploy.OutcomeActivated)
	for host, want := range map[string]string{"web1": "reused 3 files, patched 1, sent ", "web2": "reused 3 files, sent 15"} {
		f.wantFiles(host, next)
		if text := said(log, host); !strings.HasPrefix(text, want) {
			t.Errorf("%s says %q", host, text)
		}
	}
}
