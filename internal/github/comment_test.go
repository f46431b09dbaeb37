package github

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/github/githubtest"
)

const jobsBot = "github-actions[bot]"

func onPull(run int64, text string) Comment {
	return Comment{Pull: 12, Mark: "plan-1a2b", Run: run, Text: text}
}

// texts are the comments as users and texts, without marks.
func texts(server *githubtest.Server) (list []string) {
	for _, c := range server.Comments() {
		body := c.Body
		if strings.HasPrefix(body, onPull(0, "").mark()) {
			_, body, _ = strings.Cut(body, "\n")
		}
		list = append(list, fmt.Sprintf("%d %s: %s", c.ID, c.User, body))
	}
	return list
}

func TestComment(t *testing.T) {
	t.Parallel()
	marked := func(run int64, text string) string { return onPull(run, text).body() }
	type there struct{ pull, user, body string }
	others := []there{{"12", "anna", "looks good"}, {"13", jobsBot, marked(1, "of another pull request")}}
	for name, test := range map[string]struct {
		there []there
		login string
		want  string // what is on the pull request
	}{
		"the first":                         {there: others, want: "1 anna: looks good; 3 github-actions[bot]: new"},
		"in the place of the run before":    {there: []there{{"12", jobsBot, marked(8, "old")}, {"12", "anna", "hm"}}, want: "1 github-actions[bot]: new; 2 anna: hm"},
		"the same run again":                {there: []there{{"12", jobsBot, marked(9, "old")}}, want: "1 github-actions[bot]: new"},
		"a later run has spoken":            {there: []there{{"12", jobsBot, marked(10, "later")}}, want: "1 github-actions[bot]: later"},
		"doubles":                           {there: []there{{"12", jobsBot, marked(7, "a")}, {"12", jobsBot, marked(8, "b")}}, want: "1 github-actions[bot]: new"},
		"doubles, one of a later run":       {there: []there{{"12", jobsBot, marked(7, "a")}, {"12", jobsBot, marked(10, "later")}}, want: "1 github-actions[bot]: later"},
		"somebody wrote the mark":           {there: []there{{"12", "mallory", marked(99, "forged")}}, want: "1 mallory: forged; 2 github-actions[bot]: new"},
		"another bot wrote the mark":        {there: []there{{"12", "other[bot]", marked(99, "forged")}}, want: "1 other[bot]: forged; 2 github-actions[bot]: new"},
		"a person is called as the bot":     {there: []there{{"12", "github-actions", marked(99, "forged")}}, want: "1 github-actions: forged; 2 github-actions[bot]: new"},
		"the mark is not at the beginning":  {there: []there{{"12", jobsBot, "quoted: " + marked(8, "old")}}, want: "1 github-actions[bot]: quoted: <!-- slipway plan-1a2b run 8 -->\nold; 2 github-actions[bot]: new"},
		"another mark that begins the same": {there: []there{{"12", jobsBot, "<!-- slipway plan-1a2b3 run 8 -->\nold"}}, want: "1 github-actions[bot]: <!-- slipway plan-1a2b3 run 8 -->\nold; 2 github-actions[bot]: new"},
		"a token of a person's":             {login: "anna", there: []there{{"12", "anna", marked(8, "old")}}, want: "1 anna: new"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, client := start(t, githubtest.Repo{Pulls: map[string]string{"12/merge": sha("1")}})
			server.Login = test.login
			for _, c := range test.there {
				server.Say(c.pull, c.user, c.body)
			}
			url, err := client.Comment(t.Context(), onPull(9, "new"))
			if err != nil || !strings.HasPrefix(url, "https://github.example/acme/site/pull/12#issuecomment-") {
				t.Errorf("%q, %v", url, err)
			}
			var got []string
			for i, text := range texts(server) {
				if server.Comments()[i].Pull == "12" {
					got = append(got, text)
				}
			}
			if list := strings.Join(got, "; "); list != test.want {
				t.Errorf("there is\n%s\nwanted\n%s", list, test.want)
			}
		})
	}
}

func TestCommentIsFoundOnAnyPage(t *testing.T) {
	t.Parallel()
	server, client := start(t, githubtest.Repo{Pulls: map[string]string{"12/merge": sha("1")}})
	server.PerPage = 5
	for i := range 23 {
		server.Say("12", "anna", fmt.Sprint(i))
	}
	server.Say("12", jobsBot, onPull(8, "old").body())
	server.Say("12", "anna", "last")
	if _, err := client.Comment(t.Context(), onPull(9, "new")); err != nil {
		t.Error(err)
	}
	if got := texts(server); len(got) != 25 || got[23] != "24 github-actions[bot]: new" {
		t.Errorf("%q", got)
	}
}

// However many runs speak at once, one comment is left.
func TestCommentsAtOnce(t *testing.T) {
	t.Parallel()
	server, client := start(t, githubtest.Repo{Pulls: map[string]string{"12/merge": sha("1")}})
	var group sync.WaitGroup
	for run := range int64(8) {
		group.Go(func() {
			if _, err := client.Comment(t.Context(), onPull(run, fmt.Sprint("of run ", run))); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if got := texts(server); len(got) != 1 || !strings.Contains(got[0], "of run ") {
		t.Errorf("%q", got)
	}
}

func TestCommentIsRefused(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		lacks       string
		pull        int
		path        string
		answer      githubtest.Answer
		cause, hint string
	}{
		"a token that may only read": {lacks: "pull-requests: write", cause: "comment on pull request 12: the token may not do that in acme/site (403 Resource not accessible by integration)", hint: "`permissions: {pull-requests: write}`"},
		"a token that may not read":  {lacks: "pull-requests: read", cause: "list the comments of pull request 12: the token may not do that", hint: "`permissions: {pull-requests: write}`"},
		"no such pull request":       {pull: 13, cause: "acme/site has none (404)"},
		"a user that is not told":    {path: "/graphql", answer: githubtest.Answer{Status: http.StatusOK, Body: `{"errors":[{"message":"Something went wrong"}]}`}, cause: "ask whose the token is: Something went wrong"},
		"no user":                    {path: "/graphql", answer: githubtest.Answer{Status: http.StatusOK, Body: `{"data":{}}`}, cause: "the answer names no user"},
		"no JSON":                    {path: "/graphql", answer: githubtest.Answer{Status: http.StatusOK, Body: `<html>`}, cause: "invalid character"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, client := start(t, githubtest.Repo{Pulls: map[string]string{"12/merge": sha("1")}})
			server.Lacks = test.lacks
			if test.path != "" {
				server.Fail(test.path, test.answer)
			}
			comment := onPull(9, "new")
			if test.pull != 0 {
				comment.Pull = test.pull
			}
			_, err := client.Comment(t.Context(), comment)
			var failure *deploy.Error
			if !errors.As(err, &failure) || !strings.Contains(failure.Cause.Error(), test.cause) || !strings.Contains(failure.Hint, test.hint) {
				t.Errorf("%v, wanted %q (%q)", err, test.cause, test.hint)
			}
			if got := texts(server); len(got) != 0 {
				t.Errorf("%q", got)
			}
		})
	}
}

// What a comment may have fits with its mark, also where characters are counted.
func TestLargestComment(t *testing.T) {
	t.Parallel()
	server, client := start(t, githubtest.Repo{Pulls: map[string]string{"12/merge": sha("1")}})
	comment := onPull(1<<62, strings.Repeat("x", MaxComment))
	comment.Mark = strings.Repeat("m", 64)
	if _, err := client.Comment(t.Context(), comment); err != nil || len(server.Comments()) != 1 {
		t.Error(err)
	}
}

func TestGraphQL(t *testing.T) {
	t.Parallel()
	for base, want := range map[string]string{
		"":                                    "https://api.github.com/graphql",
		"https://api.acme.ghe.com":            "https://api.acme.ghe.com/graphql",
		"https://github.acme.example/api/v3":  "https://github.acme.example/api/graphql",
		"https://github.acme.example/api/v3/": "https://github.acme.example/api/graphql",
	} {
		client, err := New(Options{API: base, Repository: "acme/site"})
		if err != nil || client.graphQL() != want {
			t.Errorf("%s: %s, %v", base, client.graphQL(), err)
		}
	}
}
