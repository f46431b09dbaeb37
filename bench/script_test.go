//go:build bench && linux

package bench

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"slipway/internal/secret"
)

// script is script.sh: scp and ssh, as people use them; with verify, as few do.
type script struct {
	verify  string // "yes" or "no"
	program string
	dir     string
	key     string // a file
}

func newScript(t *testing.T, key secret.Secret, verify string) *script {
	t.Helper()
	for _, program := range []string{"ssh", "scp", "tar"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Fatal(err)
		}
	}
	program, err := filepath.Abs("script.sh")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	s := &script{verify: verify, program: program, dir: dir, key: filepath.Join(dir, "key")}
	write(t, s.key, key.Reveal())
	return s
}

func (s *script) name() string {
	if s.verify == "yes" {
		return "scp + ssh, verified"
	}
	return "scp + ssh"
}

func (s *script) root(h *host) string { return filepath.Join(h.dir, "script-"+s.verify) }

func (s *script) prepare(ctx context.Context, t *testing.T, over *link, tarball *site, round int) *exec.Cmd {
	t.Helper()
	config := filepath.Join(s.dir, "config")
	args := []string{config, tarball.path, fmt.Sprintf("release%d", round), s.verify}
	var text strings.Builder
	for _, h := range over.hosts {
		if err := os.MkdirAll(s.root(h.host), 0o755); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&text, "Host %s\n\tHostName %s\n\tPort %d\n\tUser %s\n", h.name, h.address, h.port, h.server.User)
		args = append(args, h.name+":"+s.root(h.host))
	}
	known := filepath.Join(s.dir, "known_hosts")
	write(t, known, over.known)
	fmt.Fprintf(&text, "Host *\n\tIdentityFile %s\n\tIdentitiesOnly yes\n\tUserKnownHostsFile %s\n\tBatchMode yes\n\tControlMaster no\n",
		s.key, known)
	write(t, config, text.String())

	cmd := exec.CommandContext(ctx, s.program, args...)
	cmd.Env = []string{"HOME=" + s.dir, "PATH=" + os.Getenv("PATH")}
	return cmd
}

func (s *script) done(*testing.T) map[string]float64 { return nil }
