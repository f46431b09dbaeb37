package github

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/github/githubtest"
)

func toProduction() Deployment {
	return Deployment{Commit: sha("1"), Environment: "production", Task: "deploy", Description: "by anna", Payload: map[string]string{"app": "site"}}
}

// A deployment is found again by commit, environment, task and payload; whatever differs in one of them is another.
func TestDeploy(t *testing.T) {
	t.Parallel()
	server, client := start(t, githubtest.Repo{Branches: map[string][]string{"main": {sha("1"), sha("2")}}})
	server.PerPage = 2
	server.AddDeployment(githubtest.Deployment{SHA: sha("1"), Environment: "production", Task: "deploy", Payload: []byte(`""`)})
	server.AddDeployment(githubtest.Deployment{SHA: sha("1"), Environment: "production", Task: "deploy", Payload: []byte(`{"app":{"name":"site"}}`)})
	with := func(change func(*Deployment)) Deployment {
		d := toProduction()
		change(&d)
		return d
	}
	for i, test := range []struct {
		d    Deployment
		want int64
	}{
		{toProduction(), 3},
		{toProduction(), 3},
		{with(func(d *Deployment) { d.Description = "by ben" }), 3},
		{with(func(d *Deployment) { d.Commit = sha("2") }), 4},
		{with(func(d *Deployment) { d.Environment = "staging" }), 5},
		{with(func(d *Deployment) { d.Task = "rollback" }), 6},
		{with(func(d *Deployment) { d.Payload = map[string]string{"app": "shop"} }), 7},
		{with(func(d *Deployment) { d.Payload = map[string]string{"app": "site", "rollback": "true"} }), 8},
		{toProduction(), 3},
	} {
		if id, err := client.Deploy(t.Context(), test.d); id != test.want || err != nil {
			t.Errorf("%d: deployment %d, %v; wanted %d", i, id, err, test.want)
		}
	}
	all, err := client.Deployments(t.Context(), "production")
	if len(all) != 2 || err != nil { // a page of this server's
		t.Errorf("%+v, %v", all, err)
	}
	server.PerPage = 0
	all, err = client.Deployments(t.Context(), "production")
	if err != nil || len(all) != 7 || all[0].ID != 8 || all[0].Payload["rollback"] != "true" || all[5].Payload != nil {
		t.Errorf("%+v, %v", all, err)
	}
}

// However many are made at once, or because a call was repeated, one stays that is not inactive.
func TestDeployAtOnce(t *testing.T) {
	t.Parallel()
	server, client := start(t, githubtest.Repo{Branches: map[string][]string{"main": {sha("1")}}})
	var group sync.WaitGroup
	for range 6 {
		group.Go(func() {
			id, err := client.Deploy(t.Context(), toProduction())
			if err == nil {
				err = client.SetStatus(t.Context(), id, DeploymentStatus{State: StateInProgress})
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	server.AddDeployment(githubtest.Deployment{SHA: sha("1"), Environment: "production", Task: "deploy", Payload: []byte(`{"app":"site"}`)}) // a call that was repeated
	if id, err := client.Deploy(t.Context(), toProduction()); id != 1 || err != nil {
		t.Errorf("deployment %d, %v", id, err)
	}
	for i, d := range server.Deployments() {
		if want := map[bool]string{true: "in_progress", false: "inactive"}[i == 0]; d.State() != want {
			t.Errorf("deployment %d is %s", d.ID, d.State())
		}
	}
}

func TestSetStatus(t *testing.T) {
	t.Parallel()
	server, client := start(t, githubtest.Repo{Branches: map[string][]string{"main": {sha("1")}}})
	before := server.AddDeployment(githubtest.Deployment{Environment: "production", Statuses: []githubtest.Status{{State: "success"}}})
	id, err := client.Deploy(t.Context(), toProduction())
	if err != nil {
		t.Fatal(err)
	}
	if status, err := client.Status(t.Context(), id); status != (DeploymentStatus{}) || err != nil {
		t.Errorf("at first it is %q, %v", status.State, err)
	}
	want := githubtest.Status{State: "success", Description: strings.Repeat("é", MaxDescription), LogURL: "https://github.example/run", EnvironmentURL: "https://site.example"}
	for _, s := range []DeploymentStatus{{State: StateQueued}, {State: StateSuccess, Description: want.Description, LogURL: want.LogURL, EnvironmentURL: want.EnvironmentURL}} {
		if err := client.SetStatus(t.Context(), id, s); err != nil {
			t.Error(err)
		}
	}
	if got := server.Deployments()[id-1].Statuses; len(got) != 2 || got[1] != want {
		t.Errorf("%+v", got)
	}
	if status, err := client.Status(t.Context(), id); status.State != StateSuccess || err != nil {
		t.Errorf("at last it is %q, %v", status.State, err)
	}
	if status, err := client.Status(t.Context(), before); status.State != StateSuccess || err != nil {
		t.Errorf("another one became %q, %v", status.State, err)
	}
}

// What the API says instead of an answer to each call.
func TestDeploymentsAreRefused(t *testing.T) {
	t.Parallel()
	calls := map[string]func(context.Context, *Client) error{
		"deploy": func(ctx context.Context, c *Client) error { _, err := c.Deploy(ctx, toProduction()); return err },
		"list":   func(ctx context.Context, c *Client) error { _, err := c.Deployments(ctx, "production"); return err },
		"set": func(ctx context.Context, c *Client) error {
			return c.SetStatus(ctx, 1, DeploymentStatus{State: StateQueued})
		},
		"status": func(ctx context.Context, c *Client) error { _, err := c.Status(ctx, 1); return err },
		"record": func(ctx context.Context, c *Client) error { return c.SetRecord(ctx, record()) },
		"ahead":  func(ctx context.Context, c *Client) error { _, err := c.Ahead(ctx, sha("1"), sha("2")); return err },
		"merged": func(ctx context.Context, c *Client) error { _, err := c.MergedBy(ctx, sha("1")); return err },
	}
	limited := func(status int, after string) githubtest.Answer {
		return githubtest.Answer{Status: status, Header: http.Header{"Retry-After": {after}}, Body: `{"message":"You have exceeded a secondary rate limit."}`}
	}
	for name, permission := range map[string]string{
		"deploy": "deployments: write", "list": "deployments: write", "set": "deployments: write", "status": "deployments: write",
		"record": "artifact-metadata: write", "ahead": "contents: read", "merged": "pull-requests: read",
	} {
		for fault, test := range map[string]struct {
			lacks  string
			answer []githubtest.Answer
			cause  string // "" is none
			hint   string
			again  bool
		}{
			"no permission":        {lacks: strings.SplitN(permission, ":", 2)[0], cause: "403 Resource not accessible", hint: "permissions: {" + permission + "}"},
			"not to be seen":       {answer: []githubtest.Answer{{Status: 404, Body: `{"message":"Not Found"}`}}, cause: "(404)", hint: "permissions: {" + permission + "}"},
			"limited for a moment": {answer: []githubtest.Answer{limited(403, "1")}},
			"limited for an hour":  {answer: []githubtest.Answer{limited(429, "3600")}, cause: "its rate limit is used up until", again: true},
			"a bad gateway":        {answer: []githubtest.Answer{{Status: 502}, {Status: 503}}},
		} {
			t.Run(name+" "+fault, func(t *testing.T) {
				t.Parallel()
				server, client := start(t, githubtest.Repo{Branches: map[string][]string{"main": {sha("1"), sha("2")}}})
				server.AddDeployment(githubtest.Deployment{})
				server.Lacks = test.lacks
				server.Fail("/", test.answer...)
				ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
				defer cancel()
				err := calls[name](ctx, client)
				if test.cause == "" {
					if err != nil {
						t.Error(err)
					}
					return
				}
				var failure *deploy.Error
				if !errors.As(err, &failure) || !strings.Contains(failure.Cause.Error(), test.cause) || !strings.Contains(failure.Hint, test.hint) {
					t.Fatalf("%v, wanted %q (%q)", err, test.cause, test.hint)
				}
				if (failure.Fault == deploy.FaultHost) != test.again {
					t.Errorf("%v: fault %q", err, failure.Fault)
				}
			})
		}
	}
}

// An API that is silent is waited for no longer than the context lasts.
func TestDeploymentsHang(t *testing.T) {
	t.Parallel()
	server, client := start(t, githubtest.Repo{Branches: map[string][]string{"main": {sha("1")}}})
	server.Hang("/deployments")
	why := errors.New("it took too long")
	ctx, cancel := context.WithTimeoutCause(t.Context(), 20*time.Millisecond, why)
	defer cancel()
	if _, err := client.Deploy(ctx, toProduction()); !errors.Is(err, why) {
		t.Error(err)
	}
}

// A commit that GitHub does not know is said as such.
func TestDeployOfAnUnknownCommit(t *testing.T) {
	t.Parallel()
	_, client := start(t, githubtest.Repo{})
	if _, err := client.Deploy(t.Context(), toProduction()); err == nil || !strings.Contains(err.Error(), "422 No ref found for: 1111111") {
		t.Error(err)
	}
}

func record() Record {
	return Record{Name: "site", SHA256: strings.Repeat("AB", 32), Environment: "production", Deployment: "site"}
}

func TestSetRecord(t *testing.T) {
	t.Parallel()
	server, client := start(t, githubtest.Repo{})
	for range 2 { // the second takes the place of the first
		if err := client.SetRecord(t.Context(), record()); err != nil {
			t.Error(err)
		}
	}
	want := fmt.Sprint(githubtest.Record{
		"name": "site", "digest": "sha256:" + strings.Repeat("ab", 32), "status": "deployed", "logical_environment": "production", "deployment_name": "site", "github_repository": "site",
	})
	if got := server.Records(); len(got) != 1 || fmt.Sprint(got[0]) != want {
		t.Errorf("%v, wanted %v", got, want)
	}
	server.User = true
	if err := client.SetRecord(t.Context(), record()); err == nil || !strings.Contains(err.Error(), "acme has no deployment records (404) (leave `deployment_record` out where no organisation") {
		t.Error(err)
	}
}
