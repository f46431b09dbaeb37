//go:build bench && linux

package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"slipway/internal/ci/citest"
	"slipway/internal/secret"
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
	build := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", s.program, "..")
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

func (s *slipway) name() string { return "slipway" }

func (s *slipway) root(h *host) string { return filepath.Join(h.dir, "slipway") }

func (s *slipway) prepare(ctx context.Context, t *testing.T, over *link, tarball *site, round int) *exec.Cmd {
	t.Helper()
	var hosts []string
	for _, h := range over.hosts {
		hosts = append(hosts, fmt.Sprintf("%s@%s:%d name=%s deploy_path=%s",
			h.server.User, h.address, h.port, h.name, s.root(h.host)))
	}
	return s.command(ctx, t, strings.Join(hosts, "\n"), over.known, tarball, round)
}

// command is a deployment to hosts, which are lines as in the input.
func (s *slipway) command(ctx context.Context, t *testing.T, hosts, known string, tarball *site, round int) *exec.Cmd {
	t.Helper()
	summary := filepath.Join(s.dir, "summary")
	write(t, s.outputs(), "")
	write(t, summary, "")
	cmd := exec.CommandContext(ctx, s.program)
	cmd.Dir = s.dir
	cmd.Env = []string{
		"HOME=" + s.dir, "PATH=" + os.Getenv("PATH"), "RUNNER_TEMP=" + s.dir, "TMPDIR=" + s.dir,
		"GITHUB_ACTIONS=true", "GITHUB_OUTPUT=" + s.outputs(), "GITHUB_STEP_SUMMARY=" + summary,
		"GITHUB_SERVER_URL=https://github.com", "GITHUB_REPOSITORY=example/bench", "GITHUB_REPOSITORY_ID=1",
		fmt.Sprintf("GITHUB_RUN_ID=%d", 1000+round), "GITHUB_RUN_ATTEMPT=1", "GITHUB_JOB=deploy", "GITHUB_ACTION=slipway",
		"GITHUB_ACTOR=anna", "GITHUB_REF=refs/heads/main", "GITHUB_SHA=" + fmt.Sprintf("%040x", round),
		"INPUT_COMMAND=deploy", "INPUT_ARTIFACT=" + tarball.path, "INPUT_HOSTS=" + hosts,
		"INPUT_SSH_KEY=" + s.key, "INPUT_KNOWN_HOSTS=" + known,
	}
	return cmd
}

func (s *slipway) outputs() string { return filepath.Join(s.dir, "outputs") }

func (s *slipway) done(t *testing.T) map[string]float64 {
	t.Helper()
	content, err := os.ReadFile(s.outputs())
	if err != nil {
		t.Fatal(err)
	}
	pairs, err := citest.ReadFile(content)
	if err != nil {
		t.Fatal(err)
	}
	var result struct {
		Outcome string
		Phases  []struct {
			Phase   string
			Seconds float64
		}
	}
	for _, pair := range pairs {
		if pair.Name == "result" {
			if err := json.Unmarshal([]byte(pair.Value), &result); err != nil {
				t.Fatal(err)
			}
		}
	}
	if result.Outcome != "activated" {
		t.Fatalf("the outcome is %q\n%s", result.Outcome, content)
	}
	phases := map[string]float64{}
	for _, phase := range result.Phases {
		phases[phase.Phase] = phase.Seconds
	}
	return phases
}
