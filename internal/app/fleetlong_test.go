//go:build long

package app_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/artifact/pack"
	"github.com/slipway/slipway/internal/ci/citest"
	"github.com/slipway/slipway/internal/sshtest/fleet"
)

// fleetLimit is what the deploying process may have in memory with 200 hosts, at the most, in bytes.
const fleetLimit = 256 << 20

// Hundreds of hosts, from a process of its own: the program deploys within its memory and its connections, and tells what
// became of every host, whatever happens to some of them.
func TestFleet(t *testing.T) {
	t.Parallel()
	count, places, size := 10, 4, 1<<20
	if os.Getenv("SLIPWAY_SCALE") != "" { // make scale
		count, places, size = 200, 50, 4<<20
	}
	f, err := fleet.Start(fleet.Options{Dir: t.TempDir(), Count: count, Limit: places})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	job := newFleetJob(t, f, places, size)
	some := []string{f.Hosts[2].Name, f.Hosts[count/2].Name, f.Hosts[count-1].Name}

	restart := `test ! -e "$HOME/stuck"`
	good := job.run(t, ":", restart)
	good.want(t, 0, "activated", nil)
	unprepared := job.run(t, on(some, "echo no space; exit 3"), restart)
	unprepared.want(t, 1, "failed", some)
	// The new release's restart keeps the old one's from ever succeeding on two hosts, and then fails on another: sooner, the two
	// might not come to be switched.
	seen := t.TempDir()
	stuck := job.run(t, ":", on(some[1:2], fmt.Sprintf(`until [ "$(ls '%s' | wc -l)" = 2 ]; do sleep 0.1; done; echo no such module; exit 5`, seen))+"\n"+
		on([]string{some[0], some[2]}, fmt.Sprintf(`touch "$HOME/stuck" '%s'/"$SLIPWAY_HOST"`, seen)))
	stuck.want(t, 4, "person", some)
	for _, name := range some[:2] {
		_ = job.host(name).Server.Close()
	}
	unreachable := job.run(t, ":", restart)
	unreachable.want(t, 1, "failed", some[:2])

	// Who looks is told of every host, too.
	status := job.command(t, "status", "INPUT_DRIFT=true")
	status.looks(t, some[:2])
	history := job.command(t, "history")
	history.says(t, "activated on "+fmt.Sprintf("%d of %d", count-2, count), some[0]+" did not answer")
	logs := job.command(t, "logs", "INPUT_ALLOW_LOGS=true", "INPUT_STEP=Prepare")
	logs.says(t, "ok    Prepare", some[0]+" did not answer")
	for _, end := range []fleetEnd{good, unprepared, stuck, unreachable, status, history, logs} {
		if end.peak > fleetLimit {
			t.Errorf("%s: peak RSS is %d bytes, over %d", end.what, end.peak, fleetLimit)
		}
		t.Logf("%s: %d hosts in %.1f s, peak RSS %.1f MiB, %d connections", end.what, count, end.took.Seconds(), float64(end.peak)/(1<<20), end.connections)
	}
	if f.Over() > 0 || f.Most() > places {
		t.Errorf("%d connections at a time, and %d more were refused; %d are allowed", f.Most(), f.Over(), places)
	}
}

// fleetJob is a CI job that deploys to a fleet.
type fleetJob struct {
	fleet  *fleet.Fleet
	dir    string
	places int
	size   int
	runs   int
}

func newFleetJob(t *testing.T, f *fleet.Fleet, places, size int) *fleetJob {
	t.Helper()
	return &fleetJob{fleet: f, dir: t.TempDir(), places: places, size: size}
}

func (j *fleetJob) host(name string) fleet.Host {
	return j.fleet.Hosts[slices.IndexFunc(j.fleet.Hosts, func(h fleet.Host) bool { return h.Name == name })]
}

// fleetEnd is how a job ended.
type fleetEnd struct {
	what        string
	job         *fleetJob
	code        int
	log         string
	outputs     map[string]string
	peak        int64
	took, cpu   time.Duration
	connections int
	kept        kept
}

// on is a script that does something on some hosts.
func on(hosts []string, what string) string {
	return fmt.Sprintf(`case " %s " in *" $SLIPWAY_HOST "*) %s ;; esac`, strings.Join(hosts, " "), what)
}

// run deploys a new tarball, with a step that prepares it and one that restarts it.
func (j *fleetJob) run(t *testing.T, prepare, restart string) fleetEnd {
	t.Helper()
	j.runs++
	tarball := filepath.Join(j.dir, "site.tar.gz")
	content := filepath.Join(j.dir, "site")
	noise := make([]byte, j.size)
	_, _ = rand.NewChaCha8([32]byte{byte(j.runs)}).Read(noise)
	must(t, os.MkdirAll(content, 0o755), os.WriteFile(filepath.Join(content, "noise"), noise, 0o644))
	must(t, os.WriteFile(filepath.Join(content, "ok"), []byte(fmt.Sprint(j.runs)), 0o644))
	out, err := os.Create(tarball)
	must(t, err, pack.Folder(t.Context(), content, out, pack.Options{}), out.Close())
	file := fmt.Sprintf("app: shop\nrollout: {max_parallel: %d}\nprepare: [{name: Prepare, run: %q}]\n"+
		"activate:\n  restart: {name: Restart, run: %q}\n  verify: [{name: Health, run: test -e ok, within: 30s}]\n", j.places, prepare, restart)
	must(t, os.WriteFile(filepath.Join(j.dir, "slipway.yml"), []byte(file), 0o600))
	return j.command(t, "deploy", "INPUT_ARTIFACT="+tarball)
}

// command runs a command of the action.
func (j *fleetJob) command(t *testing.T, name string, inputs ...string) fleetEnd {
	t.Helper()
	for _, name := range []string{"outputs", "summary"} {
		must(t, os.WriteFile(filepath.Join(j.dir, name), nil, 0o600))
	}
	hosts, known := j.fleet.Inputs()
	cmd := exec.Command("slipway")
	cmd.Dir = j.dir
	cmd.Env = []string{
		"HOME=" + j.dir, "PATH=" + os.Getenv("PATH"), "RUNNER_TEMP=" + j.dir, "TMPDIR=" + j.dir, "TEST_PEAK=" + filepath.Join(j.dir, "peak"),
		"GITHUB_ACTIONS=true", "GITHUB_OUTPUT=" + filepath.Join(j.dir, "outputs"), "GITHUB_STEP_SUMMARY=" + filepath.Join(j.dir, "summary"),
		"GITHUB_SERVER_URL=https://github.com", "GITHUB_REPOSITORY=example/shop", "GITHUB_REPOSITORY_ID=1",
		fmt.Sprintf("GITHUB_RUN_ID=%d", j.runs), "GITHUB_RUN_ATTEMPT=1", "GITHUB_JOB=deploy", "GITHUB_ACTION=slipway",
		"GITHUB_ACTOR=anna", "GITHUB_REF=refs/heads/main", "GITHUB_SHA=" + fmt.Sprintf("%040x", j.runs),
		"INPUT_COMMAND=" + name, "INPUT_HOSTS=" + hosts, "INPUT_SSH_KEY=" + j.fleet.Key.Reveal(), "INPUT_KNOWN_HOSTS=" + known,
	}
	cmd.Env = append(cmd.Env, inputs...)
	end := fleetEnd{what: fmt.Sprintf("%s, run %d", name, j.runs), job: j, outputs: map[string]string{}, connections: -j.fleet.Accepted()}
	var log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &log, &log
	start := time.Now()
	must(t, cmd.Start())
	kept := keptBy(cmd)
	_ = cmd.Wait() // the exit code says it
	end.took, end.log, end.code, end.kept = time.Since(start), log.String(), cmd.ProcessState.ExitCode(), <-kept
	end.cpu = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	end.connections += j.fleet.Accepted()
	written, err := os.ReadFile(filepath.Join(j.dir, "outputs"))
	must(t, err)
	pairs, err := citest.ReadFile(written)
	must(t, err)
	for _, pair := range pairs {
		end.outputs[pair.Name] = pair.Value
	}
	peak, err := os.ReadFile(filepath.Join(j.dir, "peak"))
	must(t, err)
	end.peak, err = strconv.ParseInt(string(peak), 10, 64)
	must(t, err)
	if keep := os.Getenv("SLIPWAY_SCALE_KEEP"); keep != "" {
		summary, _ := os.ReadFile(filepath.Join(j.dir, "summary"))
		for name, text := range map[string][]byte{"log": log.Bytes(), "outputs": written, "summary.md": summary} {
			must(t, os.WriteFile(filepath.Join(keep, fmt.Sprintf("%d-%d.%s", len(j.fleet.Hosts), j.runs, name)), text, 0o600))
		}
	}
	return end
}

// hostOutcomes are what may become of a host in a deployment, by how that ended.
var hostOutcomes = map[string][]string{
	"activated": {"activated"},
	"failed":    {"unchanged"},
	"person":    {"unwound", "unchanged", "failed"},
}

// want compares how a job ended, and what its result says of every host.
func (e fleetEnd) want(t *testing.T, code int, outcome string, failed []string) {
	t.Helper()
	var result struct {
		Outcome string
		Hosts   []struct{ Host, Outcome string }
	}
	if err := json.Unmarshal([]byte(e.outputs["result"]), &result); err != nil {
		t.Fatalf("%s: %v\n%s", e.what, err, e.log)
	}
	if e.code != code || result.Outcome != outcome {
		t.Fatalf("%s: exit %d, %s; wanted exit %d, %s\n%s", e.what, e.code, result.Outcome, code, outcome, e.log)
	}
	if len(result.Hosts) != len(e.job.fleet.Hosts) {
		t.Errorf("%s: the result has %d hosts", e.what, len(result.Hosts))
	}
	for _, host := range result.Hosts {
		if !slices.Contains(hostOutcomes[outcome], host.Outcome) {
			t.Errorf("%s: %s is %s, wanted one of %v", e.what, host.Host, host.Outcome, hostOutcomes[outcome])
		}
	}
	var named []string
	must(t, json.Unmarshal([]byte(e.outputs["hosts_failed"]), &named))
	if !slices.Equal(named, failed) {
		t.Errorf("%s: failed on %v, wanted %v", e.what, named, failed)
	}
	for _, name := range failed {
		if !strings.Contains(e.log, name) {
			t.Errorf("%s: the log does not name %s:\n%s", e.what, name, e.log)
		}
	}
}

// looks holds the result of status against the fleet: which hosts did not answer.
func (e fleetEnd) looks(t *testing.T, unreachable []string) {
	t.Helper()
	var result struct {
		Hosts []struct{ Host, State string }
	}
	if err := json.Unmarshal([]byte(e.outputs["result"]), &result); err != nil {
		t.Fatalf("%s: %v\n%s", e.what, err, e.log)
	}
	var named []string
	for _, host := range result.Hosts {
		if host.State == "unreachable" {
			named = append(named, host.Host)
		}
	}
	if !slices.Equal(named, unreachable) {
		t.Errorf("%s: %q did not answer, wanted %q\n%s", e.what, named, unreachable, e.log)
	}
}

// says fails unless the command succeeded and its log has the texts.
func (e fleetEnd) says(t *testing.T, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if e.code != 0 || !strings.Contains(e.log, text) {
			t.Errorf("%s: exit %d, without %q:\n%s", e.what, e.code, text, e.log)
		}
	}
}

func must(t *testing.T, errs ...error) {
	t.Helper()
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
}
