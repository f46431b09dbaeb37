package rollout_test

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/sshtest"
)

// job is a job of the newest run that makes one deployment together with others, each a second later than the one before.
func (f *fleet) job(shard deploy.Shard) *fleet {
	f.t.Helper()
	cfg := *f.cfg
	cfg.Shard = shard
	f.late++
	f.runs = max(f.runs, 1)
	job := &fleet{t: f.t, cfg: &cfg, known: f.known, key: f.key, opts: f.opts, server: f.server, runs: f.runs - 1, late: f.late}
	return job
}

// attempt makes it one of a later attempt of the run.
func (f *fleet) attempt(n int) *fleet {
	f.runs++
	return f.again(n)
}

// newRun is the next CI run, whose jobs make one deployment.
func (f *fleet) newRun() { f.runs, f.late = f.runs+1, 0 }

func part(number, of int) deploy.Shard { return deploy.Shard{Number: number, Of: of} }

func rest(of int) deploy.Shard { return deploy.Shard{Rest: true, Of: of} }

// hostsOf are the hosts of a result.
func hostsOf(r deploy.Result) (names []string) {
	for _, h := range r.Hosts {
		names = append(names, h.Host)
	}
	return names
}

// noticed are the notices of a run.
func (e *events) noticed() (texts []string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, event := range e.list {
		if n, ok := event.(deploy.Noted); ok && n.Level == deploy.LevelNotice {
			texts = append(texts, n.Text)
		}
	}
	return texts
}

func (f *fleet) wantRan(name string, want map[string]int) {
	f.t.Helper()
	got := map[string]int{}
	for _, host := range f.cfg.Hosts {
		if n := f.ran(host.Name, name); n > 0 {
			got[host.Name] = n
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		f.t.Errorf("%s ran: %s", name, diff)
	}
}

func TestShards(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 3)
	before, _ := f.deploy(t.Context(), good)
	wantEnd(t, before, deploy.ExitDone, deploy.OutcomeActivated)
	migrate := counted(deploy.Migrate, "Migrate", "true")
	migrate.Once = true
	f.cfg.Migrate = number(migrate)
	f.cfg.Prepare = number(counted(deploy.Prepare, "First", "true"), collect(f, ""), counted(deploy.Prepare, "Last", "test -e static/big"))
	f.newRun()
	every := map[string]int{"web1": 1, "web2": 1, "web3": 1}

	first, _ := f.job(part(1, 2)).deploy(t.Context(), next)
	wantEnd(t, first, deploy.ExitDone, deploy.OutcomePrepared)
	if diff := cmp.Diff([]string{"web1", "web3"}, hostsOf(first)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"web2"}, first.Others); diff != "" {
		t.Error(diff)
	}
	f.wantRan("First", map[string]int{"web1": 1, "web3": 1})
	second, _ := f.job(part(2, 2)).deploy(t.Context(), next)
	wantEnd(t, second, deploy.ExitDone, deploy.OutcomePrepared)
	f.wantRan("First", every)
	f.wantRan("Last", map[string]int{})
	f.wantRan("Migrate", map[string]int{})
	if made := f.made(); made != "" {
		t.Errorf("a shard ran what runs once: %s", made)
	}
	if first.Release != second.Release || first.Deployment != second.Deployment {
		t.Errorf("releases %s and %s of %s and %s", first.Release, second.Release, first.Deployment, second.Deployment)
	}
	f.wantCurrent(before.Release)
	if locked := f.locked(); len(locked) > 0 {
		t.Errorf("still locked: %v", locked)
	}
	for _, host := range f.cfg.Hosts {
		if got := f.read(host.Name, ".slipway/deployments/"+string(first.Deployment)+"/outcome"); got != "prepared\n" {
			t.Errorf("%s: outcome %q", host.Name, got)
		}
	}

	whole, log := f.job(rest(2)).deploy(t.Context(), next)
	wantEnd(t, whole, deploy.ExitDone, deploy.OutcomeActivated)
	f.wantCurrent(first.Release)
	for _, step := range []string{"Upload", "First"} {
		if diff := cmp.Diff([]string{"web1", "web2", "web3"}, kept(whole, step)); diff != "" {
			t.Errorf("%s: %s", step, diff)
		}
	}
	f.wantRan("First", every)
	f.wantRan("Last", every)
	f.wantRan("Migrate", map[string]int{"web1": 1})
	f.wantAlike("static/css/main.css", "static/big")
	if whole.Earlier != nil || len(log.noticed()) > 0 {
		t.Errorf("it goes on from %+v, and says %q", whole.Earlier, log.noticed())
	}
	if marks, _ := filepath.Glob(filepath.Join(f.path("web1"), ".slipway/releases/*/waiting")); len(marks) > 0 {
		t.Errorf("still waiting: %v", marks)
	}
	again, _ := f.job(part(1, 2)).attempt(2).deploy(t.Context(), next)
	wantEnd(t, again, deploy.ExitDone, deploy.OutcomePrepared)
	f.wantRan("First", every)
	if got := f.read("web1", ".slipway/deployments/"+string(first.Deployment)+"/outcome"); got != "activated\n" {
		t.Errorf("a shard that has nothing to do any more wrote %q", got)
	}
	unchanged, _ := f.job(rest(2)).attempt(2).deploy(t.Context(), next)
	wantEnd(t, unchanged, deploy.ExitDone, deploy.OutcomeUnchanged)
}

// Two shards that begin at the same moment, each with a name of its own for the release, agree on one.
func TestShardsAgreeOnARelease(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 4)
	var both sync.WaitGroup
	both.Add(2)
	claims := 0
	var mu sync.Mutex
	before := func(host string, op sshtest.Operation) error {
		if host == "web1" && op.Kind == sshtest.Input && strings.Contains(op.Detail, "/claim-$3") {
			mu.Lock()
			claims++
			late := claims > 2
			mu.Unlock()
			if !late {
				both.Done()
				both.Wait()
			}
		}
		return nil
	}
	f.before.Store(&before)
	var results [2]deploy.Result
	var logs [2]*events
	var jobs sync.WaitGroup
	for i := range results {
		job := f.job(part(i+1, 2))
		jobs.Go(func() { results[i], logs[i] = job.deploy(t.Context(), good) })
	}
	jobs.Wait()
	for _, result := range results {
		wantEnd(t, result, deploy.ExitDone, deploy.OutcomePrepared)
	}
	if results[0].Release != results[1].Release {
		t.Errorf("they named %s and %s", results[0].Release, results[1].Release)
	}
	notices := append(logs[0].noticed(), logs[1].noticed()...)
	if claims != 2 || len(notices) != 1 || !strings.Contains(notices[0], "another shard was first: the release is "+string(results[0].Release)) {
		t.Errorf("%d claims, and said: %q", claims, notices)
	}
	for _, host := range f.cfg.Hosts {
		if _, err := os.Stat(filepath.Join(host.DeployPath, "releases", string(results[0].Release))); err != nil {
			t.Error(err)
		}
	}
	whole, _ := f.job(rest(2)).deploy(t.Context(), good)
	wantEnd(t, whole, deploy.ExitDone, deploy.OutcomeActivated)
	f.wantCurrent(results[0].Release)
}

// A shard that fails says so of its own hosts, and goes on where it stopped. The job that goes on prepares what is left.
func TestFailedShard(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 4)
	f.cfg.Prepare = number(
		counted(deploy.Prepare, "First", "true"),
		counted(deploy.Prepare, "Second", `test "$SLIPWAY_HOST" != web3 || test -e "$SLIPWAY_SHARED_PATH/run/mended"`),
	)
	failed, _ := f.job(part(1, 2)).deploy(t.Context(), good)
	wantEnd(t, failed, deploy.ExitFailed, deploy.OutcomeFailed)
	if diff := cmp.Diff([]string{"web3"}, failed.FailedHosts()); diff != "" {
		t.Error(diff)
	}
	still, _ := f.job(part(1, 2)).deploy(t.Context(), good)
	wantEnd(t, still, deploy.ExitFailed, deploy.OutcomeFailed)
	f.touch("web3", "mended")

	whole, log := f.job(rest(2)).deploy(t.Context(), good)
	wantEnd(t, whole, deploy.ExitDone, deploy.OutcomeActivated)
	f.wantCurrent(failed.Release)
	f.wantRan("First", map[string]int{"web1": 1, "web2": 1, "web3": 1, "web4": 1})
	f.wantRan("Second", map[string]int{"web1": 1, "web2": 1, "web3": 3, "web4": 1})
	if said := log.noticed(); len(said) != 1 || said[0] != "no shard has prepared web2, web4: they are prepared now" {
		t.Errorf("said: %q", said)
	}
}

func TestRestWithoutShards(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 2)
	whole, log := f.job(rest(0)).deploy(t.Context(), good)
	wantEnd(t, whole, deploy.ExitDone, deploy.OutcomeActivated)
	f.wantCurrent(whole.Release)
	if said := log.noticed(); len(said) != 1 || !strings.Contains(said[0], "the same `deployment_key`") {
		t.Errorf("said: %q", said)
	}
}
