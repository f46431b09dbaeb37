package policy

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/deploy"
)

func rules(texts ...string) (list []Rule) {
	for i, text := range texts {
		list = append(list, Rule{text, deploy.Position{File: "slipway.yml", Line: 10 + i, Column: 5}})
	}
	return list
}

func run(command string) Run {
	return Run{
		Command: command, Environment: "production", CI: "github", Ref: "refs/heads/main", Event: "push", Actor: "Anna",
		Now: time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC), // a Saturday
	}
}

func messages(v Verdict) string {
	var list []string
	for _, p := range v.Problems {
		list = append(list, p.Message+" | "+p.Hint)
	}
	return strings.Join(list, "\n")
}

func TestRuns(t *testing.T) {
	yes, no := Answer{Yes: true}, Answer{}
	broken := Answer{Err: &deploy.Error{Cause: errors.New("GitHub: 403"), Hint: "give permissions"}}
	for name, c := range map[string]struct {
		rules  Rules
		change func(*Run)
		member map[string]Answer
		want   []string // pieces; none is that it may
	}{
		"no rules":                 {},
		"the ref":                  {rules: Rules{Refs: rules("refs/heads/ma*")}},
		"another ref":              {rules: Rules{Refs: rules("refs/heads/production", "refs/tags/v*")}, want: []string{"deploy to production", "`refs/heads/main`", "refs/heads/production, refs/tags/v*"}},
		"a CI without a ref":       {rules: Rules{Refs: rules("refs/heads/production")}, change: func(r *Run) { r.Ref = "" }, want: []string{"no ref"}},
		"a person has no ref":      {rules: Rules{Refs: rules("refs/heads/production"), Events: rules("push"), Actors: rules("ben"), Teams: rules("acme/ops")}, change: func(r *Run) { r.CI = "" }},
		"another event":            {rules: Rules{Events: rules("workflow_dispatch")}, want: []string{"`push` started it", "allow.events has workflow_dispatch"}},
		"the event":                {rules: Rules{Events: rules("workflow_dispatch", "push")}},
		"an actor in another case": {rules: Rules{Actors: rules("ben", "anna")}},
		"another actor":            {rules: Rules{Actors: rules("ben")}, want: []string{"Anna asked for it", "ben (allow.actors)"}},
		"no actor":                 {rules: Rules{Actors: rules("ben")}, change: func(r *Run) { r.Actor = "" }, want: []string{"nobody known"}},
		"in one of the teams":      {rules: Rules{Teams: rules("acme/web", "acme/ops")}, member: map[string]Answer{"acme/web": no, "acme/ops": yes}},
		"in no team":               {rules: Rules{Teams: rules("acme/ops")}, member: map[string]Answer{"acme/ops": no}, want: []string{"members of acme/ops", "policy_token"}},
		"an actor, and in no team": {rules: Rules{Actors: rules("anna"), Teams: rules("acme/ops")}},
		"neither":                  {rules: Rules{Actors: rules("ben"), Teams: rules("acme/ops")}, member: map[string]Answer{"acme/ops": no}, want: []string{"ben (allow.actors) or members of acme/ops (allow.teams)"}},
		"a team nobody could ask":  {rules: Rules{Teams: rules("acme/ops")}, member: map[string]Answer{"acme/ops": broken}, want: []string{"could not be checked: GitHub: 403", "give permissions"}},
		"in one, and one unknown":  {rules: Rules{Teams: rules("acme/web", "acme/ops")}, member: map[string]Answer{"acme/web": broken, "acme/ops": yes}},
		"in none, and one unknown": {rules: Rules{Teams: rules("acme/web", "acme/ops")}, member: map[string]Answer{"acme/web": broken, "acme/ops": no}, want: []string{"team acme/web could not be checked"}},
		"a team nobody was asked":  {rules: Rules{Teams: rules("acme/ops")}, want: []string{"could not be checked"}},
		"all at once": {
			rules: Rules{Refs: rules("refs/heads/x"), Events: rules("x"), Actors: rules("x")}, want: []string{"allow.refs", "allow.events", "allow.actors"},
		},
		"exec is held to who":       {rules: Rules{Actors: rules("ben")}, change: func(r *Run) { r.Command = "exec" }, want: []string{"this run may not exec in production"}},
		"unlock is held to who":     {rules: Rules{Refs: rules("refs/heads/x")}, change: func(r *Run) { r.Command = "unlock" }, want: []string{"unlock in production"}},
		"status is held to nothing": {rules: Rules{Refs: rules("refs/heads/x")}, change: func(r *Run) { r.Command = "status" }},
	} {
		r := run("deploy")
		if c.change != nil {
			c.change(&r)
		}
		got := messages(c.rules.JudgeRun(r, Answers{Member: c.member}))
		if len(c.want) == 0 && got != "" || len(c.want) > 0 && got == "" {
			t.Errorf("%s: %q", name, got)
		}
		for _, want := range c.want {
			if !strings.Contains(got, want) {
				t.Errorf("%s: %q lacks %q", name, got, want)
			}
		}
	}
}

func TestWhenWindowsHold(t *testing.T) {
	weekend := []Window{parsed(t, "Fri 15:00-Mon 08:00 Europe/Berlin")}
	for _, c := range []struct {
		name    string
		command string
		change  func(*Run, *Rules)
		refused string // a piece of the hint; "" is that it may
	}{
		{name: "deploy", command: "deploy", refused: "override_reason"},
		{name: "promote", command: "promote", refused: "override_reason"},
		{name: "a rollback goes at any time", command: "rollback"},
		{name: "unless the rules say otherwise", command: "rollback", change: func(_ *Run, r *Rules) { r.NotOnRollback = true }, refused: "override_reason"},
		{name: "a host joins at any time", command: "join"},
		{name: "exec", command: "exec"},
		{name: "during the week", command: "deploy", change: func(r *Run, _ *Rules) { r.Now = r.Now.AddDate(0, 0, -2) }},
		{name: "a reason in a dispatch", command: "deploy", change: func(r *Run, _ *Rules) { r.Override, r.Dispatch = "the shop is down", true }},
		{name: "a reason in a push", command: "deploy", change: func(r *Run, _ *Rules) { r.Override = "the shop is down" }, refused: "not in its re-runs"},
		{name: "a dispatch without one", command: "deploy", change: func(r *Run, _ *Rules) { r.Dispatch = true }, refused: "override_reason"},
		{name: "a person at a terminal", command: "deploy", change: func(r *Run, _ *Rules) { r.CI, r.Dispatch = "", true }, refused: "--override_reason"},
		{name: "who says why", command: "deploy", change: func(r *Run, _ *Rules) { r.CI, r.Dispatch, r.Override = "", true, "the shop is down" }},
	} {
		r, held := run(c.command), Rules{NotOn: weekend}
		if c.change != nil {
			c.change(&r, &held)
		}
		v := held.JudgeRun(r, Answers{})
		got := messages(v)
		if (got == "") != (c.refused == "") || !strings.Contains(got, c.refused) {
			t.Errorf("%s: %q", c.name, got)
		}
		if overridden := r.Override != "" && r.Dispatch; overridden != (len(v.Overridden) == 1) {
			t.Errorf("%s: overridden %v", c.name, v.Overridden)
		}
		if c.refused != "" && (!strings.Contains(got, "until Mon 2026-11-30 08:00 CET") || v.Problems[0].At.Line != 7) {
			t.Errorf("%s: %q at %s", c.name, got, v.Problems[0].At)
		}
	}
}

func TestCommits(t *testing.T) {
	const commit = "1a2b3c4d5e6f7a8b9c0d1a2b3c4d5e6f7a8b9c0d"
	at := func(minute int) time.Time { return time.Date(2026, 11, 28, 11, minute, 0, 0, time.UTC) }
	broken := errors.New("GitHub: 403")
	for name, c := range map[string]struct {
		rules   Rules
		command string
		commit  string
		answers Answers
		want    []string
	}{
		"in a branch":                  {rules: Rules{Branches: rules("main", "release")}, answers: Answers{Contains: map[string]Answer{"main": {}, "release": {Yes: true}}}},
		"in none":                      {rules: Rules{Branches: rules("main", "release")}, answers: Answers{Contains: map[string]Answer{"main": {}, "release": {}}}, want: []string{"1a2b3c4 is in none of the branches of allow.branches: main, release", "merge it"}},
		"in one, and one unknown":      {rules: Rules{Branches: rules("main", "release")}, answers: Answers{Contains: map[string]Answer{"main": {Err: broken}, "release": {Yes: true}}}},
		"in none, and one unknown":     {rules: Rules{Branches: rules("main", "release")}, answers: Answers{Contains: map[string]Answer{"main": {Err: broken}, "release": {}}}, want: []string{"whether the branch main contains 1a2b3c4 could not be checked: GitHub: 403"}},
		"a check that passed":          {rules: Rules{Checks: rules("test")}, answers: Answers{Checks: []Check{{Name: "test", State: "success"}}}},
		"a status that passed":         {rules: Rules{Checks: rules("ci/x")}, answers: Answers{Checks: []Check{{Name: "ci/x", Status: true, State: "success"}}}},
		"a neutral one":                {rules: Rules{Checks: rules("test")}, answers: Answers{Checks: []Check{{Name: "test", State: "neutral"}}}},
		"one that was skipped":         {rules: Rules{Checks: rules("test")}, answers: Answers{Checks: []Check{{Name: "test", State: "skipped"}}}, want: []string{"is skipped", "has looked at nothing"}},
		"one that runs":                {rules: Rules{Checks: rules("test")}, answers: Answers{Checks: []Check{{Name: "test", State: "in_progress"}}}, want: []string{"wait until it has ended"}},
		"none of the name":             {rules: Rules{Checks: rules("test")}, answers: Answers{Checks: []Check{{Name: "tests", State: "success"}}}, want: []string{"has no check `test`"}},
		"the newest failed":            {rules: Rules{Checks: rules("test")}, answers: Answers{Checks: []Check{{Name: "test", State: "failure", At: at(2), URL: "https://ci.example/2"}, {Name: "test", State: "success", At: at(1)}}}, want: []string{"is failure", "https://ci.example/2"}},
		"the newest passed":            {rules: Rules{Checks: rules("test")}, answers: Answers{Checks: []Check{{Name: "test", State: "failure", At: at(1)}, {Name: "test", State: "success", At: at(2)}}}},
		"one that waits to begin":      {rules: Rules{Checks: rules("test")}, answers: Answers{Checks: []Check{{Name: "test", State: "success", At: at(2)}, {Name: "test", State: "queued"}}}, want: []string{"is queued"}},
		"a status beside a check run":  {rules: Rules{Checks: rules("test")}, answers: Answers{Checks: []Check{{Name: "test", State: "success", At: at(2)}, {Name: "test", Status: true, State: "failure", At: at(1)}}}, want: []string{"is failure"}},
		"checks that nobody could ask": {rules: Rules{Checks: rules("test", "lint")}, answers: Answers{ChecksBy: broken}, want: []string{"could not be checked: GitHub: 403"}},
		"each is told":                 {rules: Rules{Branches: rules("main"), Checks: rules("test", "lint")}, answers: Answers{Contains: map[string]Answer{"main": {}}}, want: []string{"allow.branches", "`test`", "`lint`"}},
		"no commit":                    {rules: Rules{Checks: rules("test")}, commit: "-", want: []string{"nobody knows which commit", "revision"}},
		"a rollback":                   {rules: Rules{Branches: rules("main"), Checks: rules("test")}, command: "rollback"},
		"a join":                       {rules: Rules{Branches: rules("main"), Checks: rules("test")}, command: "join"},
	} {
		of, command := commit, "deploy"
		if c.commit == "-" {
			of = ""
		}
		if c.command != "" {
			command = c.command
		}
		got := messages(c.rules.JudgeCommit(run(command), of, c.answers))
		if (got == "") != (len(c.want) == 0) {
			t.Errorf("%s: %q", name, got)
		}
		for _, want := range c.want {
			if !strings.Contains(got, want) {
				t.Errorf("%s: %q lacks %q", name, got, want)
			}
		}
	}
}

func TestOnlyWhatMattersIsAsked(t *testing.T) {
	held := Rules{Actors: rules("anna"), Teams: rules("acme/ops")}
	if asked := held.ToAsk(run("deploy")); len(asked.Teams) != 0 {
		t.Errorf("anna is named, and still the API is asked for %v", asked.Teams)
	}
	other := run("deploy")
	if other.Actor = "ben"; len(held.ToAsk(other).Teams) != 1 {
		t.Error("nobody asks whether ben is in the team")
	}
}
