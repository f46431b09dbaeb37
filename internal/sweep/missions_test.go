//go:build linux && long

package sweep

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/slipway/slipway/internal/needtest"
)

// TestSweepRollback has the faults take turns at the operations of a rollback to v1, which web1 lacks: it is brought there from a host that
// has it, prepared, and then live on all.
func TestSweepRollback(t *testing.T) {
	t.Parallel()
	needtest.Program(t, "curl")
	sweep(t, mission{command: "rollback", run: "v3", from: "v2", to: "v1", file: alikeFile, ready: pruned}, inThisProcess, inTurn)
}

// alikeFile is a deploy file in which no variable tells hosts apart: a release is brought to no host of which nobody recorded how it is
// restarted and verified there. The port of its site only the host knows.
func alikeFile(w *world) string {
	for _, h := range w.hosts {
		_ = os.MkdirAll(h.shared(), 0o755) // what comes of it the deployment of v1 shows
		_ = os.WriteFile(filepath.Join(h.shared(), "port"), []byte(h.site.port()), 0o644)
	}
	const looked = `run: 'curl -fsS -i "http://127.0.0.1:$(cat "$SLIPWAY_SHARED_PATH/run/port")/" | grep -q "^X-Release: $SLIPWAY_RELEASE"'`
	return strings.Replace(deployFile, health, looked, 1) + w.hostsOf(func(i int, h *host) string {
		roles := []string{"[web, pool]", "[web, first]", "[web, pool]"}[i]
		return fmt.Sprintf("deploy_path: %q, roles: %s", h.deployPath(), roles)
	})
}

// pruned deploys v2, and takes v1 from web1.
func pruned(t testing.TB, w *world) {
	t.Helper()
	w.deploy(t, "v2")
	root := w.hosts[0].deployPath()
	texts, err := filepath.Glob(filepath.Join(root, "releases", "*", "version"))
	must(t, err)
	for _, name := range texts {
		text, err := os.ReadFile(name)
		must(t, err)
		if string(text) == "v1" {
			release := filepath.Dir(name)
			must(t, os.RemoveAll(release))
			must(t, os.RemoveAll(filepath.Join(root, ".slipway", "releases", filepath.Base(release))))
			return
		}
	}
	t.Fatalf("v1 is not on web1: %v", texts)
}

// TestSweepPromote has the faults take turns at the operations of a promotion whose source is on the same machines: the hosts copy v2 from the
// releases of staging, and nothing is sent.
func TestSweepPromote(t *testing.T) {
	t.Parallel()
	sweep(t, mission{command: "promote", run: "v2", environment: "production", from: "v1", to: "v2", migrates: true, file: stagedFile, ready: staged}, inThisProcess, inTurn)
}

// stagedFile is a deploy file with two environments that share the machines.
func stagedFile(w *world) string {
	environments := "environments:\n  production:\n    from: staging\n" + indented(w.hostsOf(production)) +
		"  staging:\n    activate: {verify: [{name: Version, run: test -s version}], restart: {run: echo restarted}}\n    ensure: []\n" + indented(w.hostsOf(func(_ int, h *host) string {
		return fmt.Sprintf("deploy_path: %q, roles: [web]", filepath.Join(h.root, "staging"))
	}))
	return deployFile + environments
}

// TestSweepShard has the faults take turns at the operations of a shard, which prepares web2 and names the release on web1. Its re-run goes on
// where it stopped, and so does the job that switches all hosts; web1 and web3, whose shard never came, are prepared by that.
func TestSweepShard(t *testing.T) {
	t.Parallel()
	m := deploying
	m.shard, m.inputs, m.says = "2/2", []string{"INPUT_DEPLOYMENT_KEY=site"}, "PREPARED on 1 of 3 hosts (shard 2/2)"
	sweep(t, m, inThisProcess, inTurn)
}

func indented(text string) string {
	return "    " + strings.ReplaceAll(strings.TrimSuffix(text, "\n"), "\n", "\n    ") + "\n"
}

// staged deploys v2 to staging.
func staged(t testing.TB, w *world) {
	t.Helper()
	w.deploy(t, "v2", "--environment", "staging")
}
