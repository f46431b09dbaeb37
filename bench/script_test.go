//go:build bench && linux

package bench

import (
	"context"
	"os/exec"
	"path/filepath"
	"testing"
)

// script is peers/script.sh: ssh, and scp or rsync, as people use them.
type script struct {
	peer
	how string // "scp" or "rsync"
}

func (s *script) name() string { return s.how + " + ssh" }

func (s *script) root(h *host) string { return s.path(h, s.how) }

func (s *script) version() []string {
	if s.how == "scp" {
		return []string{"ssh", "-V"}
	}
	return []string{"rsync", "--version"}
}

func (s *script) prepare(ctx context.Context, t *testing.T, d deployment) *exec.Cmd {
	t.Helper()
	more := []string{"ControlMaster no"}
	if s.how == "rsync" { // one log-in for both; those who deploy with scp seldom know of it
		more = []string{"ControlMaster auto", "ControlPath " + filepath.Join(s.dir, "%n"), "ControlPersist 60"}
	}
	config, _ := s.sshConfig(t, d.over, more...)
	args := []string{"./script.sh", d.action(), s.how, config, d.site.path, d.release(), s.yes()}
	return s.command(ctx, t, ".", append(args, d.targets(s.root)...)...)
}
