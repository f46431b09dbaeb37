package announce

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/github"
	"github.com/slipway/slipway/internal/github/githubtest"
	"github.com/slipway/slipway/internal/secret"
)

const (
	token      = "ghs_correcthorsebatterystaple"
	oldRelease = deploy.ReleaseID("20261119-101500-1111111-02be44")
	newRelease = deploy.ReleaseID("20261121-073000-2222222-9f3c51")
)

func sha(digit string) string { return strings.Repeat(digit, 40) }

// job is a step of a job: GitHub, and what the step keeps for the post step.
type job struct {
	server *githubtest.Server
	mu     sync.Mutex
	state  map[string]string
}

func newJob(t *testing.T, repo githubtest.Repo) *job {
	t.Helper()
	j := &job{server: githubtest.Start("acme/site", token), state: map[string]string{}}
	t.Cleanup(func() {
		for _, wrong := range j.server.Wrong() {
			t.Errorf("the client did wrong: %s", wrong)
		}
		j.server.Close()
	})
	if repo.Branches == nil {
		repo.Branches = map[string][]string{"main": {sha("1"), sha("2"), sha("3")}}
	}
	j.server.Set(repo)
	return j
}

func (j *job) client(t *testing.T) *github.Client {
	t.Helper()
	client, err := github.New(github.Options{API: j.server.API(), Repository: "acme/site", Token: secret.New(token)})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func (j *job) options(t *testing.T) Options {
	t.Helper()
	return Options{
		GitHub: j.client(t), Deployment: true, RunID: 412, LogURL: "https://github.example/acme/site/actions/runs/412/job/7",
		Words: Words{
			Clean:    func(text string) string { return strings.ReplaceAll(text, "hunter22", "***") },
			Headline: func(res deploy.Result) string { return "it is " + string(res.Outcome) },
			Comment:  func(res deploy.Result, n int) string { return fmt.Sprintf("%s of #%d", res.Command, n) },
		},
		Save: func(name, value string) error {
			j.mu.Lock()
			defer j.mu.Unlock()
			j.state[name] = value
			return nil
		},
		limits: limits{call: 10 * time.Second, last: 10 * time.Second, hasty: 10 * time.Second, look: 10 * time.Second, wait: 10 * time.Second, others: 10 * time.Second},
	}
}

func (j *job) kept() Kept { return ReadKept(func(name string) string { return j.state[name] }) }

func header(command string) deploy.Header {
	h := deploy.Header{
		Command: command, App: "site", Environment: "production", URL: "https://site.example", Release: newRelease, Revision: sha("2"), Actor: "anna",
		Replaced: deploy.Replaced{Release: oldRelease, Commit: sha("1")}, ArtifactSHA: deploy.Digest(strings.Repeat("ab", 32)),
	}
	if command == "rollback" {
		h.Release, h.Revision, h.Replaced = oldRelease, sha("1"), deploy.Replaced{Release: newRelease, Commit: sha("2")}
	}
	return h
}

// play tells an Announcer of a deployment, and gives its result.
func play(t *testing.T, o Options, h deploy.Header, outcome deploy.Outcome, phases ...deploy.Phase) deploy.Result {
	t.Helper()
	a := New(t.Context(), o)
	a.Emit(deploy.Started{Header: h})
	for _, phase := range phases {
		a.Emit(deploy.PhaseStarted{Phase: phase})
	}
	res := deploy.Result{Header: h, Outcome: outcome}
	a.Finish(t.Context(), &res)
	return res
}

// told is each deployment with its states, doubles of one that follow each other once.
func (j *job) told() []string {
	var list []string
	for _, d := range j.server.Deployments() {
		var states []string
		for _, s := range d.Statuses {
			states = append(states, s.State)
		}
		list = append(list, fmt.Sprintf("%s %.1s %s: %s", d.Task, d.SHA, d.Environment, strings.Join(slices.Compact(states), " ")))
	}
	return list
}

func (j *job) wants(t *testing.T, want ...string) {
	t.Helper()
	if got := j.told(); !slices.Equal(got, want) {
		t.Errorf("GitHub has\n%s\nwanted\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// until waits until something is so.
func until(t *testing.T, ok func() bool) {
	t.Helper()
	for !ok() {
		select {
		case <-time.After(time.Millisecond):
		case <-t.Context().Done():
			t.Fatal("it never came")
		}
	}
}

// settled waits until the newest deployment has a state.
func (j *job) settled(t *testing.T, state string) {
	t.Helper()
	until(t, func() bool {
		all := j.server.Deployments()
		return len(all) > 0 && all[len(all)-1].State() == state
	})
}

// The phases are told while they run, each with the log, and the end with the address of what is live.
func TestPhases(t *testing.T) {
	t.Parallel()
	j := newJob(t, githubtest.Repo{})
	o := j.options(t)
	a := New(t.Context(), o)
	a.Emit(deploy.Started{Header: header("deploy")})
	j.settled(t, "queued")
	for _, phase := range []deploy.Phase{deploy.Prepare, deploy.Migrate, deploy.Activate, deploy.Finish} {
		a.Emit(deploy.PhaseStarted{Phase: phase})
		until(t, func() bool {
			statuses := j.server.Deployments()[0].Statuses
			return strings.HasPrefix(statuses[len(statuses)-1].Description, string(phase)+": ")
		})
	}
	res := deploy.Result{Header: header("deploy"), Outcome: deploy.OutcomeActivated}
	a.Finish(t.Context(), &res)
	j.wants(t, "deploy 2 production: queued in_progress success")
	d := j.server.Deployments()[0]
	for i, s := range d.Statuses {
		if isLast := i == len(d.Statuses)-1; s.LogURL != o.LogURL || (s.EnvironmentURL == "https://site.example") != isLast {
			t.Errorf("%+v", s)
		}
	}
	if last := d.Statuses[len(d.Statuses)-1]; last.Description != "it is activated" || d.Description != "release 2222222 of site by anna" {
		t.Errorf("%+v of %q", last, d.Description)
	}
	if string(d.Payload) != `{"app":"site","tool":"slipway"}` {
		t.Errorf("payload %s", d.Payload)
	}
	if len(res.Warnings) != 0 {
		t.Error(res.Warnings)
	}
}

func TestEnds(t *testing.T) {
	t.Parallel()
	for outcome, want := range map[deploy.Outcome]string{
		deploy.OutcomeActivated: "success", deploy.OutcomeUnchanged: "success", deploy.OutcomeFailed: "failure", deploy.OutcomeUnwound: "failure",
		deploy.OutcomePerson: "error", deploy.OutcomeCancelled: "error", deploy.OutcomeSuperseded: "inactive", deploy.OutcomePrepared: "in_progress",
	} {
		t.Run(string(outcome), func(t *testing.T) {
			t.Parallel()
			j := newJob(t, githubtest.Repo{})
			res := play(t, j.options(t), header("deploy"), outcome)
			if d := j.server.Deployments(); len(d) != 1 || d[0].State() != want || len(res.Warnings) != 0 {
				t.Errorf("%+v, %q", d, res.Warnings)
			}
			if j.kept().Status != nil {
				t.Error("a status is left to the post step")
			}
		})
	}
}

// One deployment for an environment and commit: a re-run finds it again, and so does another run. What it replaces becomes inactive:
// nothing else does, of another application, key or tool.
func TestReplaces(t *testing.T) {
	t.Parallel()
	j := newJob(t, githubtest.Repo{})
	foreign := githubtest.Deployment{SHA: sha("1"), Environment: "production", Task: "deploy", Payload: []byte(`""`), Statuses: []githubtest.Status{{State: "success"}}}
	j.server.AddDeployment(foreign)
	foreign.Payload = []byte(`{"app":"site","tool":"other"}`)
	j.server.AddDeployment(foreign)
	o := j.options(t)
	shop := header("deploy")
	shop.App = "shop"
	keyed := o
	keyed.Key = "eu"
	staging := header("deploy")
	staging.Environment = "staging"
	first := header("deploy")
	first.Revision = sha("1")
	for _, test := range []struct {
		o       Options
		h       deploy.Header
		outcome deploy.Outcome
	}{
		{o, shop, deploy.OutcomeActivated},
		{keyed, first, deploy.OutcomeActivated},
		{o, staging, deploy.OutcomeActivated},
		{o, first, deploy.OutcomeActivated},
		{o, header("deploy"), deploy.OutcomeFailed}, // leaves the first one live
		{o, header("deploy"), deploy.OutcomeActivated},
		{o, header("rollback"), deploy.OutcomeActivated},
		{o, header("deploy"), deploy.OutcomeActivated},
	} {
		if res := play(t, test.o, test.h, test.outcome); len(res.Warnings) != 0 {
			t.Error(res.Warnings)
		}
	}
	var states []string
	for _, d := range j.server.Deployments() {
		states = append(states, fmt.Sprintf("%s %.1s %s", d.Task, d.SHA, d.State()))
	}
	want := []string{
		"deploy 1 success", "deploy 1 success", "deploy 2 success", "deploy 1 success", "deploy 2 success", // two of others, shop, eu, staging
		"deploy 1 inactive", "deploy 2 success", "rollback 1 inactive",
	}
	if !slices.Equal(states, want) {
		t.Errorf("%q, wanted %q", states, want)
	}
	if payload := string(j.server.Deployments()[7].Payload); payload != `{"app":"site","rollback":"true","tool":"slipway"}` {
		t.Error(payload)
	}
}

// A part of a fleet replaces nothing: the rest runs what it ran.
func TestLimit(t *testing.T) {
	t.Parallel()
	j := newJob(t, githubtest.Repo{})
	first, part := header("deploy"), header("deploy")
	first.Revision, part.LeftOut = sha("1"), []string{"web2"}
	play(t, j.options(t), first, deploy.OutcomeActivated)
	play(t, j.options(t), part, deploy.OutcomeActivated)
	for _, d := range j.server.Deployments() {
		if d.State() != "success" {
			t.Errorf("%.1s is %s", d.SHA, d.State())
		}
	}
}

// What a dead run left open before becomes inactive with the next success; a newer run's, which waits, does not.
func TestDeadRun(t *testing.T) {
	t.Parallel()
	j := newJob(t, githubtest.Repo{})
	own := []byte(`{"app":"site","tool":"slipway"}`)
	j.server.AddDeployment(githubtest.Deployment{SHA: sha("1"), Environment: "production", Task: "deploy", Payload: own, Statuses: []githubtest.Status{{State: "in_progress"}}})
	j.server.AddDeployment(githubtest.Deployment{SHA: sha("2"), Environment: "production", Task: "deploy", Payload: own})
	j.server.AddDeployment(githubtest.Deployment{SHA: sha("3"), Environment: "production", Task: "deploy", Payload: own, Statuses: []githubtest.Status{{State: "queued"}}})
	play(t, j.options(t), header("deploy"), deploy.OutcomeActivated)
	if all := j.server.Deployments(); all[0].State() != "inactive" || all[1].State() != "success" || all[2].State() != "queued" {
		t.Errorf("%q", j.told())
	}
}

// Nothing is told of what has no release, or is no deployment.
func TestNothingToTell(t *testing.T) {
	t.Parallel()
	j := newJob(t, githubtest.Repo{})
	for _, command := range []string{"join", "exec", "prune", "rollback"} {
		h := header(command)
		h.Release = ""
		play(t, j.options(t), h, deploy.OutcomeFailed)
	}
	h := header("join")
	play(t, j.options(t), h, deploy.OutcomeActivated)
	if asked := j.server.Asked(); len(asked) != 0 {
		t.Errorf("%q", asked)
	}
}

// A commit of which only the first digits are known is looked up; one that nobody knows is said.
func TestCommit(t *testing.T) {
	t.Parallel()
	j := newJob(t, githubtest.Repo{})
	h := header("rollback")
	h.Revision = "1111111"
	if res := play(t, j.options(t), h, deploy.OutcomeActivated); len(res.Warnings) != 0 {
		t.Error(res.Warnings)
	}
	if d := j.server.Deployments(); len(d) != 1 || d[0].SHA != sha("1") || d[0].State() != "success" {
		t.Errorf("%q", j.told())
	}
	for revision, why := range map[string]string{"": "nothing records what the release was built of", sha("9"): "No ref found for: 9999999", "9999999": "has no ref 9999999"} {
		h.Revision = revision
		res := play(t, j.options(t), h, deploy.OutcomeActivated)
		if len(res.Warnings) != 1 || !strings.Contains(res.Warnings[0], why) {
			t.Errorf("%q: %q", revision, res.Warnings)
		}
	}
}

// Without the permission one warning names the line, and GitHub is left alone.
func TestNoPermission(t *testing.T) {
	t.Parallel()
	j := newJob(t, githubtest.Repo{})
	j.server.Lack("deployments")
	a := New(t.Context(), j.options(t))
	a.Emit(deploy.Started{Header: header("deploy")})
	<-a.tracker.done // it gave up
	for _, phase := range deploy.Phases {
		a.Emit(deploy.PhaseStarted{Phase: phase})
	}
	res := deploy.Result{Header: header("deploy"), Outcome: deploy.OutcomeActivated}
	a.Finish(t.Context(), &res)
	const want = "the deployment on GitHub is not up to date: GitHub: list deployments: the token may not do that in acme/site (403 Resource not accessible by integration); " +
		"give the job `permissions: {deployments: write}`, and beside it what else it needs: what is not named is none"
	if len(res.Warnings) != 1 || res.Warnings[0] != want {
		t.Errorf("%q", res.Warnings)
	}
	asked := slices.DeleteFunc(j.server.Asked(), func(path string) bool { return !strings.Contains(path, "/deployments") })
	if len(asked) != 1 || j.kept().begun() {
		t.Errorf("%q, kept %+v", asked, j.kept())
	}
}

// A GitHub that is silent holds nothing up. What it was not told, the post step tells.
func TestSilent(t *testing.T) {
	t.Parallel()
	j := newJob(t, githubtest.Repo{})
	j.server.Hang("/deployments")
	o := j.options(t)
	o.limits.last = 20 * time.Millisecond
	res := play(t, o, header("deploy"), deploy.OutcomeActivated, deploy.Phases...)
	if len(res.Warnings) != 1 || !strings.Contains(res.Warnings[0], "GitHub did not answer within 20ms") {
		t.Errorf("%q", res.Warnings)
	}
	kept := j.kept()
	if kept.Status == nil || kept.Status.State != github.StateSuccess || kept.Deployment.ID != 0 {
		t.Fatalf("kept %+v", kept)
	}
	j.server.Hang()
	if err := kept.Tell(t.Context(), j.client(t)); err != nil {
		t.Error(err)
	}
	j.wants(t, "deploy 2 production: success")
}

// The last status does not wait for one before it that gets no answer.
func TestLastOvertakes(t *testing.T) {
	t.Parallel()
	j := newJob(t, githubtest.Repo{})
	a := New(t.Context(), j.options(t))
	a.Emit(deploy.Started{Header: header("deploy")})
	j.settled(t, "queued")
	j.server.Hang("/statuses")
	before := len(j.server.Asked())
	a.Emit(deploy.PhaseStarted{Phase: deploy.Activate})
	until(t, func() bool { return len(j.server.Asked()) > before })
	j.server.Hang()
	res := deploy.Result{Header: header("deploy"), Outcome: deploy.OutcomeUnwound}
	a.Finish(t.Context(), &res)
	if len(res.Warnings) != 0 {
		t.Error(res.Warnings)
	}
	j.wants(t, "deploy 2 production: queued failure")
}

// A run that was cancelled tells its end all the same, and asks for nothing else.
func TestCancelled(t *testing.T) {
	t.Parallel()
	j := newJob(t, githubtest.Repo{})
	ctx, cancel := context.WithCancel(t.Context())
	o := j.options(t)
	o.Record, o.Comments = true, true
	a := New(ctx, o)
	a.Emit(deploy.Started{Header: header("deploy")})
	j.settled(t, "queued")
	cancel()
	res := deploy.Result{Header: header("deploy"), Outcome: deploy.OutcomeCancelled}
	a.Finish(ctx, &res)
	j.wants(t, "deploy 2 production: queued error")
	if len(res.Warnings) != 0 || len(j.server.Records()) != 0 || !res.Shipped.IsZero() {
		t.Errorf("%+v", res)
	}
}

// The post step goes on with the deployment that a killed main step left, also one that was not made yet.
func TestPostStep(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		outcome deploy.Outcome
		now     deploy.ReleaseID
		want    string
	}{
		"brought back":      {deploy.OutcomeReconciled, oldRelease, "failure"},
		"stands everywhere": {deploy.OutcomeReconciled, newRelease, "success"},
		"not reconciled":    {deploy.OutcomeFailed, newRelease, "failure"},
		"a person":          {deploy.OutcomePerson, newRelease, "error"},
	} {
		for _, made := range []bool{true, false} {
			t.Run(fmt.Sprint(name, made), func(t *testing.T) {
				t.Parallel()
				j := newJob(t, githubtest.Repo{})
				if !made {
					j.server.Hang("/deployments")
				}
				main := New(t.Context(), j.options(t))
				main.Emit(deploy.Started{Header: header("deploy")})
				if made {
					j.settled(t, "queued")
				} else {
					until(t, func() bool { return len(j.server.Asked()) > 0 })
				}
				main.stop() // killed
				<-main.tracker.done
				j.server.Hang()
				if kept := j.kept(); !kept.begun() || made != (kept.Deployment.ID == 1) {
					t.Errorf("kept %+v", kept)
				}
				o := j.options(t)
				o.Deployment, o.Kept = false, j.kept()
				h := header("deploy")
				h.Reconcile, h.Revision = true, ""
				a := New(t.Context(), o)
				a.Emit(deploy.Started{Header: h})
				a.Emit(deploy.PhaseStarted{Phase: deploy.Unwind})
				res := deploy.Result{Header: h, Outcome: test.outcome, Hosts: []deploy.HostResult{{Host: "web1", Now: test.now}}}
				a.Finish(t.Context(), &res)
				if all := j.server.Deployments(); len(all) != 1 || all[0].State() != test.want || len(res.Warnings) != 0 {
					t.Errorf("%q, %q", j.told(), res.Warnings)
				}
			})
		}
	}
}

// Nothing that is kept is read as more than it is.
func FuzzReadKept(f *testing.F) {
	for _, seed := range []string{"", "{}", `{"ID":1,"Environment":"x"}`, `{"State":"success","Replaces":true}`, "[]", "null", `{"ID":"1"}`} {
		f.Add(seed, seed)
	}
	f.Fuzz(func(t *testing.T, deployment, status string) {
		k := ReadKept(func(name string) string {
			return map[string]string{KeptDeployment: deployment, KeptStatus: status}[name]
		})
		if k.Status != nil && status == "" {
			t.Errorf("%+v", k)
		}
	})
}

// After a deployment to a part of the fleet two are active; one to all hosts replaces both.
func TestReplacesParts(t *testing.T) {
	t.Parallel()
	j := newJob(t, githubtest.Repo{})
	first, part, whole := header("deploy"), header("deploy"), header("deploy")
	first.Revision, whole.Revision, part.LeftOut = sha("1"), sha("3"), []string{"web2"}
	states := func() (list []string) {
		for _, d := range j.server.Deployments() {
			list = append(list, d.State())
		}
		return list
	}
	play(t, j.options(t), first, deploy.OutcomeActivated)
	play(t, j.options(t), part, deploy.OutcomeActivated)
	if got := states(); !slices.Equal(got, []string{"success", "success"}) {
		t.Errorf("after a part: %q", got)
	}
	play(t, j.options(t), whole, deploy.OutcomeActivated)
	if got := states(); !slices.Equal(got, []string{"inactive", "inactive", "success"}) {
		t.Errorf("after the whole: %q", got)
	}
}

// What a shard failed in stays until the job is run again, or all goes on: a shard that ends after it takes nothing of that back.
func TestShards(t *testing.T) {
	t.Parallel()
	j := newJob(t, githubtest.Repo{})
	shard := func(number, attempt int) deploy.Header {
		h := header("deploy")
		h.Shard, h.Attempt = deploy.Shard{Number: number, Of: 2}, attempt
		return h
	}
	state := func(want string) {
		t.Helper()
		if d := j.server.Deployments(); len(d) != 1 || d[0].State() != want {
			t.Errorf("%q, wanted %s", j.told(), want)
		}
	}
	o := j.options(t)
	play(t, o, shard(1, 1), deploy.OutcomeFailed, deploy.Prepare)
	state("failure")
	play(t, o, shard(2, 1), deploy.OutcomePrepared, deploy.Prepare)
	state("failure")
	play(t, o, shard(1, 2), deploy.OutcomePrepared, deploy.Prepare)
	state("in_progress")
	play(t, o, shard(1, 2), deploy.OutcomeFailed, deploy.Prepare)
	o.LogURL, o.RunID = "https://github.example/acme/site/actions/runs/4123/job/8", 4123 // another run
	play(t, o, shard(1, 1), deploy.OutcomePrepared, deploy.Prepare)
	state("in_progress")
	rest := header("deploy")
	rest.Shard = deploy.Shard{Rest: true}
	play(t, o, rest, deploy.OutcomeActivated, deploy.Activate)
	state("success")
}

// Descriptions have no secrets, and are as long as GitHub takes them.
func TestDescriptions(t *testing.T) {
	t.Parallel()
	j := newJob(t, githubtest.Repo{})
	o := j.options(t)
	o.Words.Headline = func(deploy.Result) string { return strings.Repeat("é", 134) + "hunter22" + strings.Repeat("é", 50) }
	h := header("deploy")
	h.App, h.URL, h.Actor = strings.Repeat("日本", 90), "https://hunter22.example", "hunter22"
	play(t, o, h, deploy.OutcomeActivated)
	d := j.server.Deployments()[0]
	last := d.Statuses[len(d.Statuses)-1]
	if !strings.HasSuffix(last.Description, "***éé…") || last.EnvironmentURL != "" || !strings.HasSuffix(d.Description, "…") {
		t.Errorf("%q, %q", last, d.Description)
	}
}

// Outside of GitHub it is said that nobody is told.
func TestWithoutGitHub(t *testing.T) {
	t.Parallel()
	o := Options{Without: context.Canceled, Deployment: true, Comments: true, Record: true}
	if res := play(t, o, header("deploy"), deploy.OutcomeActivated); len(res.Warnings) != 1 || !strings.Contains(res.Warnings[0], "told nothing") {
		t.Errorf("%q", res.Warnings)
	}
	if res := play(t, Options{Without: context.Canceled}, header("deploy"), deploy.OutcomeActivated); len(res.Warnings) != 0 || !res.Shipped.IsZero() {
		t.Errorf("%+v", res)
	}
}
