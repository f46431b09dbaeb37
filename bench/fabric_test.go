//go:build bench && linux

package bench

import (
	"context"
	"os/exec"
	"testing"
)

// fabric is peers/fabfile.py.
type fabric struct{ peer }

func (f *fabric) name() string { return "Fabric" }

func (f *fabric) root(h *host) string { return f.path(h, "fabric") }

func (f *fabric) version() []string { return []string{"fab", "--version"} }

func (f *fabric) prepare(ctx context.Context, t *testing.T, d deployment) *exec.Cmd {
	t.Helper()
	config, _ := f.sshConfig(t, d.over)
	args := []string{"/usr/bin/python3", "fabfile.py", d.action(), config, d.site.path, d.release(), f.yes(), "on-host.sh"}
	return f.command(ctx, t, ".", append(args, d.targets(f.root)...)...)
}
