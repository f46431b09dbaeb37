//go:build long

package rollout_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/sshtest/relay"
)

// Where the link turns out to be slow while a delta is sent, a patch takes the place of what is left of it.
func TestPatchOverALinkThatIsSlow(t *testing.T) {
	t.Parallel()
	const size, rate = 6 << 20, 200_000
	f := newFleet(t, 1)
	release := func(change string) map[string]string {
		text := noise(7, size)
		return heavy("bin/server", text[:size/2]+change+text[size/2:])
	}
	_, _ = f.deploy(t.Context(), release(""))
	f.patching(release(""))
	f.opts.Bandwidth = 0
	h := &f.cfg.Hosts[0]
	line, err := relay.Start(h.Address.HostPort(), relay.Options{Line: relay.NewLine(rate)})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = line.Close() }()
	own := fmt.Sprintf("[%s]:%d", h.Address.Host, h.Address.Port)
	h.Address.Host, h.Address.Port = line.Addr()
	f.known[0] = strings.ReplaceAll(f.known[0], own, fmt.Sprintf("[%s]:%d", h.Address.Host, h.Address.Port))
	second, log := f.deploy(t.Context(), release("v2"))
	wantEnd(t, second, deploy.ExitDone, deploy.OutcomeActivated)
	f.wantFiles("web1", release("v2"))
	traffic := second.Traffic()
	t.Logf("%+v, %s", traffic, said(log, "web1"))
	if traffic.Patched != 1 || traffic.Sent > size*3/4 || !strings.Contains(said(log, "web1"), "patched 1, ") {
		t.Errorf("%+v, and says %q", traffic, said(log, "web1"))
	}
}
