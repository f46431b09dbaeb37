package ask

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/slipway/slipway/internal/github"
	"github.com/slipway/slipway/internal/github/githubtest"
	"github.com/slipway/slipway/internal/policy"
	"github.com/slipway/slipway/internal/secret"
)

const (
	first, second = "1111111111111111111111111111111111111111", "2222222222222222222222222222222222222222"
	own, policies = "ghs_own", "github_pat_policy"
)

func asker(t *testing.T) (*githubtest.Server, Asker) {
	t.Helper()
	server := githubtest.Start("acme/site", own)
	server.PolicyToken = policies
	server.PerPage = 1 // so that there are next pages
	server.Set(githubtest.Repo{
		Branches: map[string][]string{"main": {first}, "next": {first, second}},
		Checks: []githubtest.Check{
			{Commit: second, Name: "test", State: "failure", ID: 1},
			{Commit: second, Name: "test", State: "success", ID: 2},
			{Commit: first, Name: "test", State: "failure", ID: 3},
			{Commit: second, Name: "lint", State: "in_progress", ID: 4},
			{Commit: second, Name: "ci/old", Status: true, State: "pending", ID: 5},
			{Commit: second, Name: "ci/old", Status: true, State: "success", ID: 6},
			{Commit: second, Name: "ci/other", Status: true, State: "failure", ID: 7},
		},
		Teams: map[string]map[string]string{"acme/ops": {"anna": "active", "ben": "pending"}},
	})
	t.Cleanup(func() {
		server.Close()
		for _, wrong := range server.Wrong() {
			t.Error(wrong)
		}
	})
	client := func(token string) *github.Client {
		c, err := github.New(github.Options{API: server.API(), Repository: "acme/site", Token: secret.New(token)})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	return server, Asker{Repository: client(own), Teams: client(policies)}
}

func TestEverythingIsAsked(t *testing.T) {
	_, asks := asker(t)
	rules := policy.Rules{Branches: named("main", "next", "gone"), Checks: named("test", "ci/old"), Teams: named("acme/ops", "acme/none")}
	commit := rules.ToAskOfCommit()
	got := asks.Ask(t.Context(), policy.Questions{Teams: []string{"acme/ops", "acme/none"}, Branches: commit.Branches, Checks: commit.Checks}, "anna", second)
	for team, want := range map[string]bool{"acme/ops": true, "acme/none": false} {
		if answer := got.Member[team]; answer.Yes != want || answer.Err != nil {
			t.Errorf("anna in %s: %v", team, answer)
		}
	}
	for branch, want := range map[string]bool{"main": false, "next": true, "gone": false} {
		if answer := got.Contains[branch]; answer.Yes != want || answer.Err != nil {
			t.Errorf("%s contains it: %v", branch, answer)
		}
	}
	run := policy.Run{Command: "deploy", CI: "github"}
	if v := rules.JudgeCommit(run, second, got); len(v.Problems) > 0 {
		t.Error(v.Problems)
	}
	rules.Checks = named("test", "lint", "ci/other")
	if v := rules.JudgeCommit(run, second, asks.Ask(t.Context(), rules.ToAskOfCommit(), "", second)); len(v.Problems) != 2 {
		t.Errorf("lint runs and ci/other failed: %v", v.Problems)
	}
}

func named(texts ...string) (list []policy.Rule) {
	for _, text := range texts {
		list = append(list, policy.Rule{Text: text})
	}
	return list
}

func TestAnInvitationIsNoMembership(t *testing.T) {
	_, asks := asker(t)
	if answer := asks.Ask(t.Context(), policy.Questions{Teams: []string{"acme/ops"}}, "ben", "").Member["acme/ops"]; answer.Yes || answer.Err != nil {
		t.Error(answer)
	}
}

// What cannot be asked refuses, and says which permission is missing.
func TestWhatIsNotAnsweredRefuses(t *testing.T) {
	run := policy.Run{Command: "deploy", CI: "github", Actor: "anna"}
	for name, c := range map[string]struct {
		rules policy.Rules
		spoil func(*githubtest.Server, *Asker)
		want  string
	}{
		"check runs":          {policy.Rules{Checks: named("test")}, func(s *githubtest.Server, _ *Asker) { s.Lacks = "checks: read" }, "checks: read"},
		"statuses":            {policy.Rules{Checks: named("test")}, func(s *githubtest.Server, _ *Asker) { s.Lacks = "statuses: read" }, "statuses: read"},
		"compare":             {policy.Rules{Branches: named("next")}, func(s *githubtest.Server, _ *Asker) { s.Lacks = "contents: read" }, "contents: read"},
		"the job's own token": {policy.Rules{Teams: named("acme/ops")}, func(_ *githubtest.Server, a *Asker) { a.Teams = a.Repository }, "read:org"},
		"an outage": {policy.Rules{Teams: named("acme/ops")}, func(s *githubtest.Server, _ *Asker) {
			s.Fail("memberships", githubtest.Answer{Status: http.StatusNotImplemented})
		}, "501"},
		"nobody can be asked": {policy.Rules{Checks: named("test")}, func(_ *githubtest.Server, a *Asker) {
			a.Repository, a.Why = nil, Unable("no API here", "set github_token")
		}, "set github_token"},
		"no token for teams": {policy.Rules{Teams: named("acme/ops")}, func(_ *githubtest.Server, a *Asker) { a.Teams, a.WhyTeams = nil, errors.New("set policy_token") }, "set policy_token"},
		"an answer of nothing": {policy.Rules{Teams: named("acme/ops")}, func(s *githubtest.Server, _ *Asker) {
			s.Fail("memberships", githubtest.Answer{Status: http.StatusOK, Body: "<html>"})
		}, "could not be checked"},
	} {
		server, asks := asker(t)
		c.spoil(server, &asks)
		ofRun := c.rules.JudgeRun(run, asks.Ask(t.Context(), c.rules.ToAsk(run), run.Actor, ""))
		problems := ofRun.And(c.rules.JudgeCommit(run, second, asks.Ask(t.Context(), c.rules.ToAskOfCommit(), "", second))).Problems
		if len(problems) != 1 || !strings.Contains(problems[0].Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, problems, c.want)
		}
	}
}
