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

	"github.com/slipway/slipway/internal/secret"
)

// slipway is the built program, run as GitHub runs the action: inputs in the environment, the deploy file in the
// workspace, annotations, outputs and a summary written.
type slipway struct {
	program string
	dir     string // the workspace
	key     string
}

func newSlipway(t *testing.T, key secret.Secret) *slipway {
	t.Helper()
	s := &slipway{dir: t.TempDir(), key: key.Reveal()}
	s.program = filepath.Join(s.dir, "contender")
	build := exec.Command("go", "build", "-trimpath", "-tags", "nethttpomithttp2", "-ldflags", "-s -w", "-o", s.program, "..")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	file, err := os.ReadFile("slipway.yml")
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(s.dir, "slipway.yml"), string(file))
	return s
}

func (s *slipway) name() string { return "Slipway" }

func (s *slipway) verifies() bool { return true }

func (s *slipway) version() []string { return []string{s.program, "version"} }

func (s *slipway) root(h *host) string { return filepath.Join(h.dir, "slipway") }

func (s *slipway) prepare(ctx context.Context, t *testing.T, d deployment) *exec.Cmd {
	t.Helper()
	var hosts []string
	for _, h := range d.over.hosts {
		hosts = append(hosts, fmt.Sprintf("%s@%s:%d name=%s deploy_path=%s", h.server.User, h.address, h.port, h.name, s.root(h.host)))
	}
	command, attempt := d.action(), 1
	if d.scenario == nothing { // "Re-run all jobs"
		d.number, attempt = d.number-1, 2
	}
	return s.command(ctx, t, command, strings.Join(hosts, "\n"), d.over.known, d.site, d.number, attempt)
}

// command is one of a run and its attempt, on hosts, which are lines as in the input.
func (s *slipway) command(ctx context.Context, t *testing.T, command, hosts, known string, tarball *site, run, attempt int) *exec.Cmd {
	t.Helper()
	outputs, summary := filepath.Join(s.dir, "outputs"), filepath.Join(s.dir, "summary")
	write(t, outputs, "")
	write(t, summary, "")
	home := freshHome(t, s.dir)
	cmd := exec.CommandContext(ctx, s.program)
	cmd.Dir = s.dir
	cmd.Env = []string{
		"HOME=" + home, "PATH=" + os.Getenv("PATH"), "RUNNER_TEMP=" + home, "TMPDIR=" + home,
		"GITHUB_ACTIONS=true", "GITHUB_OUTPUT=" + outputs, "GITHUB_STEP_SUMMARY=" + summary,
		"GITHUB_SERVER_URL=https://github.com", "GITHUB_REPOSITORY=example/bench", "GITHUB_REPOSITORY_ID=1",
		fmt.Sprintf("GITHUB_RUN_ID=%d", 1000+run), fmt.Sprintf("GITHUB_RUN_ATTEMPT=%d", attempt), "GITHUB_JOB=deploy", "GITHUB_ACTION=slipway",
		"GITHUB_ACTOR=anna", "GITHUB_REF=refs/heads/main", "GITHUB_SHA=" + fmt.Sprintf("%040x", run),
		"INPUT_COMMAND=" + command, "INPUT_HOSTS=" + hosts, "INPUT_SSH_KEY=" + s.key, "INPUT_KNOWN_HOSTS=" + known,
	}
	if command == "deploy" {
		cmd.Env = append(cmd.Env, "INPUT_ARTIFACT="+tarball.path)
	}
	return cmd
}
