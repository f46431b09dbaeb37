//go:build linux

package sweep

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/slipway/slipway/internal/needtest"
	"github.com/slipway/slipway/internal/sshtest"
)

// token is a secret of the deployment: it must show in no output and in no file on a host but a step's environment.
const token = "tok-3b1946-never-seen"

// world is three hosts with a site each, and the folder of a CI job. It serves one trial at a time.
type world struct {
	mission
	dir   string
	job   string // the job's folder: deploy file, artifacts, what the runner hands over
	key   string // logs in everywhere
	hosts []*host
	trial atomic.Pointer[trial] // whom operations are told to
	saved string                // the hosts' disks as the mission begins with them
}

// build makes a machine: newInProcess, newOpenSSH.
type build func(t testing.TB, name, root, authorized string, see func(operation) error) (machine, error)

// newWorld makes a world in which v1 is live on every host, to deploy v2.
func newWorld(t testing.TB, how build) *world {
	t.Helper()
	return newWorldFor(t, deploying, how)
}

// newWorldFor makes the world of a mission.
func newWorldFor(t testing.TB, m mission, how build) *world {
	t.Helper()
	key, authorized := sshtest.ClientKey()
	w := &world{mission: m, dir: t.TempDir(), key: key.Reveal()}
	w.job, w.saved = filepath.Join(w.dir, "job"), filepath.Join(w.dir, "saved")
	for _, dir := range []string{w.job, w.saved, w.ciFiles(), w.temp()} {
		must(t, os.MkdirAll(dir, 0o755))
	}
	for _, name := range []string{"web1", "web2", "web3"} {
		h := &host{name: name, root: filepath.Join(w.dir, name)}
		must(t, os.Mkdir(h.root, 0o700))
		if mayMount() {
			t.Cleanup(needtest.Disk(t, h.root, diskOptions))
		}
		var err error
		h.machine, err = how(t, name, h.root, authorized, w.see)
		must(t, err)
		h.site, err = newSite(h.deployPath())
		must(t, err)
		t.Cleanup(func() {
			killAll(h.all())
			h.close()
			h.site.close()
		})
		w.hosts = append(w.hosts, h)
	}
	for _, version := range versions {
		must(t, os.WriteFile(filepath.Join(w.job, version+".tar"), tarball(t, version), 0o644))
	}
	must(t, os.WriteFile(filepath.Join(w.job, "slipway.yml"), []byte(w.file(w)), 0o644))
	w.deploy(t, "v1")
	if w.ready != nil {
		w.ready(t, w)
	}
	for _, h := range w.hosts {
		must(t, copyTree(h.root, filepath.Join(w.saved, h.name)))
	}
	return w
}

// deploy deploys a version, without a fault.
func (w *world) deploy(t testing.TB, version string, flags ...string) {
	t.Helper()
	first, err := w.start(version, 1, append([]string{"deploy"}, flags...)...)
	must(t, err)
	if code, err := first.wait(context.Background()); code != 0 {
		t.Fatalf("%s is not deployed: exit %d, %v\n%s", version, code, err, first.output())
	}
}

func (w *world) ciFiles() string { return filepath.Join(w.job, "ci") }

func (w *world) temp() string { return filepath.Join(w.job, "temp") }

// failing is the file that has a mission fail its checks while it is there.
func (w *world) failing() string { return filepath.Join(w.dir, "failing") }

// see is told of every operation, by hosts and runners.
func (w *world) see(op operation) error {
	if t := w.trial.Load(); t != nil {
		return t.see(op)
	}
	return nil
}

// reset makes every host what it was when v1 had just gone live.
func (w *world) reset() error {
	for _, h := range w.hosts {
		killAll(h.all())
		entries, err := os.ReadDir(h.root)
		if err != nil {
			return err
		}
		for _, entry := range entries {
			if err := os.RemoveAll(filepath.Join(h.root, entry.Name())); err != nil {
				return err
			}
		}
		if err := copyTree(filepath.Join(w.saved, h.name), h.root); err != nil {
			return err
		}
		h.site.boot()
	}
	for _, dir := range []string{w.ciFiles(), w.temp()} {
		if err := os.RemoveAll(dir); err != nil {
			return err
		}
		if err := os.Mkdir(dir, 0o755); err != nil {
			return err
		}
	}
	return nil
}

// copyTree makes the folder `to` hold what `from` holds, modes, times and links included.
func copyTree(from, to string) error {
	if err := os.MkdirAll(to, 0o700); err != nil {
		return err
	}
	out, err := exec.Command("cp", "-a", from+"/.", to).CombinedOutput()
	if err != nil {
		return fmt.Errorf("cp: %w: %s", err, out)
	}
	return nil
}

// start runs a command of the program as a job of the run that deploys a version.
func (w *world) start(version string, attempt int, args ...string) (*runner, error) {
	env := []string{
		asRunner + "=1", "GOGC=400", "PATH=" + os.Getenv("PATH"), "HOME=" + w.job, "TMPDIR=" + w.temp(),
		"GITHUB_ACTIONS=true", "GITHUB_SERVER_URL=https://ci.example", "GITHUB_REPOSITORY=acme/site", "GITHUB_REPOSITORY_ID=7",
		"GITHUB_RUN_ID=10" + strings.TrimPrefix(version, "v"), fmt.Sprintf("GITHUB_RUN_ATTEMPT=%d", attempt), "GITHUB_JOB=deploy",
		"GITHUB_ACTOR=anna", "GITHUB_SHA=" + strings.Repeat(strings.TrimPrefix(version, "v"), 40),
		"GITHUB_OUTPUT=" + filepath.Join(w.ciFiles(), "output"), "GITHUB_STATE=" + filepath.Join(w.ciFiles(), "state"),
		"GITHUB_STEP_SUMMARY=" + filepath.Join(w.ciFiles(), "summary"),
		"INPUT_SSH_KEY=" + w.key, "INPUT_ENVIRONMENT=" + w.environment, "INPUT_SECRETS=TOKEN=" + token,
		"INPUT_KNOWN_HOSTS=" + w.knownHosts(), "GORACE=" + os.Getenv("GORACE"),
	}
	env = append(env, w.inputs...)
	if args[0] != "rollback" && args[0] != "promote" {
		env = append(env, "INPUT_ARTIFACT="+version+".tar")
	}
	return startRunner(w.job, args, env, w.see)
}

func (w *world) knownHosts() string {
	var lines []string
	for _, h := range w.hosts {
		lines = append(lines, strings.TrimSpace(h.hostKeys()))
	}
	return strings.Join(lines, "\n")
}

// deployFile is the deployment under test. The migrate step says when it starts and when it is done, and takes a moment
// between the two in which a host can die.
const deployFile = `app: sweep
timeout: 150s
keep_releases: 3
shared: {dirs: [run]}
secrets: [TOKEN]
prepare:
  - {name: One, run: 'cat version > one; touch "$SLIPWAY_SHARED_PATH/run/prepared"', timeout: 10s}
  - name: Two
    once: true
    idempotent: true
    produces: [made]
    timeout: 10s
    run: |
      mkdir -p made
      cat one > made/two
      cp asset made/copy
      ln -sf two made/link
      touch "$SLIPWAY_SHARED_PATH/run/made"
migrate:
  - name: Migrate
    timeout: 10s
    run: |
      test -n "$TOKEN"
      echo "start $SLIPWAY_DEPLOYMENT" >> "$SLIPWAY_SHARED_PATH/run/witness"
      sleep 0.05
      echo "done $SLIPWAY_DEPLOYMENT" >> "$SLIPWAY_SHARED_PATH/run/witness"
rollout: {batch: 2}
ensure: [{name: Page, roles: [first], timeout: 10s, run: 'touch "$SLIPWAY_SHARED_PATH/run/page"', undo: 'rm -f "$SLIPWAY_SHARED_PATH/run/page"'}]
activate:
  restart: {name: Reload, run: 'touch "$SLIPWAY_SHARED_PATH/run/reload"', timeout: 10s}
  verify:
    - {name: Health, ` + health + `, within: 3s, interval: 100ms}
  roles:
    pool:
      drain: {name: Out, timeout: 10s, wait: 0s, run: 'touch "$SLIPWAY_SHARED_PATH/run/out"', undo: 'rm -f "$SLIPWAY_SHARED_PATH/run/out"'}
`

// health is how the site is looked at.
const health = `http: "http://127.0.0.1:${PORT}/", body: "all of", header: "X-Release: ${SLIPWAY_RELEASE}"`

// hostsOf are the hosts of a deploy file, with a text for each behind its address.
func (w *world) hostsOf(more func(i int, h *host) string) string {
	var b strings.Builder
	b.WriteString("hosts:\n")
	for i, h := range w.hosts {
		fmt.Fprintf(&b, "  - {name: %s, address: %q, %s}\n", h.name, h.address(), more(i, h))
	}
	return b.String()
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
