package shipped

import (
	"strings"
	"testing"

	"github.com/slipway/slipway/internal/deploy"
)

const (
	one = "1111111111111111111111111111111111111111"
	two = "2222222222222222222222222222222222222222"
)

func pull(n int, title, author string) deploy.Pull {
	return deploy.Pull{Number: n, Title: title, Author: author, URL: "https://github.example/acme/site/pull/1"}
}

func TestLine(t *testing.T) {
	t.Parallel()
	three := deploy.Merges{Commits: 7, Pulls: []deploy.Pull{pull(3, "c", "x"), pull(2, "b", "y"), pull(1, "a", "z")}}
	for want, of := range map[string]deploy.Shipped{
		"":                                       {},
		"3 pull requests, 7 commits":             {From: one, To: two, In: three},
		"taken back: 3 pull requests, 7 commits": {From: two, To: one, Out: three},
		"0 pull requests, 1 commit; taken back: 3 pull requests, 7 commits": {From: one, To: two, In: deploy.Merges{Commits: 1, Alone: 1}, Out: three},
		"no commits: 1111111 was live before":                               {From: one, To: one},
		"all up to 1111111: the first release here":                         {To: one, First: true},
		"not known: nobody answered":                                        {From: one, To: two, Unknown: "nobody answered"},
		"9 commits; of which pull requests is not known: it may not":        {From: one, To: two, In: deploy.Merges{Commits: 9, Unknown: "it may not"}},
		"1 pull request, 300 commits, of which 200 were not looked up":      {From: one, To: two, In: deploy.Merges{Commits: 300, Unread: 200, Pulls: three.Pulls[:1]}},
	} {
		if got := Line(of); got != want {
			t.Errorf("%+v: %s, wanted %s", of, got, want)
		}
	}
}

// A title is text and nothing else; the list of many is folded.
func TestList(t *testing.T) {
	t.Parallel()
	of := deploy.Shipped{From: one, To: two, In: deploy.Merges{Commits: 2, Alone: 1, Pulls: []deploy.Pull{pull(12, "See #9, @team and <b>", "anna"), pull(9, "Plain", "")}}}
	const want = "Shipped:\n\n- [`#12`](<https://github.example/acme/site/pull/1>) See `#9`, `@team` and `<b>` by `@anna`\n" +
		"- [`#9`](<https://github.example/acme/site/pull/1>) Plain\n- 1 commit of no pull request"
	if got := List(of); got != want {
		t.Errorf("it is\n%s\nwanted\n%s", got, want)
	}
	if got := List(deploy.Shipped{From: one, To: two, In: deploy.Merges{Commits: 2, Alone: 2}}); got != "" {
		t.Error(got)
	}
	of.Out = deploy.Merges{Commits: 50, Unread: 30}
	for n := range few + 1 {
		of.Out.Pulls = append(of.Out.Pulls, pull(n+20, "x", "y"))
	}
	if got := List(of); !strings.HasPrefix(got, "Shipped:") || !strings.Contains(got, "<details><summary>Taken back: 11 pull requests</summary>\n\n- ") || !strings.HasSuffix(got, "- 30 older commits not looked up\n\n</details>") {
		t.Error(got)
	}
}

// A comment calls nobody and refers to no other pull request: neither a bare @ nor a bare # is in it, nor another one's address.
func TestComment(t *testing.T) {
	t.Parallel()
	merges := deploy.Merges{Commits: 2, Pulls: []deploy.Pull{pull(12, "See #9 and @team", "anna"), {Number: 9, Title: "Cart `x`", Author: "ben", URL: "https://github.example/acme/site/pull/9"}}}
	res := deploy.Result{
		Header: deploy.Header{
			Command: "deploy", App: "site", Environment: "production", URL: "https://site.example", Release: "20261121-073000-2222222-9f3c51", Revision: two, Actor: "anna",
			RunURL: "https://github.example/acme/site/actions/runs/412",
		},
		Shipped: deploy.Shipped{From: one, To: two, In: merges},
	}
	const want = "### Live in [production](<https://site.example>)\n\n| | site → production |\n| --- | --- |\n| Release | `20261121-073000-2222222-9f3c51` |\n| Commit | `2222222` |\n" +
		"| Run | [deploy](<https://github.example/acme/site/actions/runs/412>) by `anna` |\n| Shipped | 2 pull requests, 2 commits |\n\nWith it:\n\n- ``#9 Cart `x` by ben``\n"
	if got := Comment(res, 12); got != want {
		t.Errorf("it is\n%s\nwanted\n%s", got, want)
	}
	if got := Comment(res, 9); !strings.Contains(got, "- `#12 See #9 and @team by anna`") {
		t.Error(got)
	}
	res.Command, res.Shipped = "rollback", deploy.Shipped{From: two, To: one, Out: merges}
	if got := Comment(res, 12); !strings.HasPrefix(got, "### No longer live in [production]") || !strings.Contains(got, "Taken back with it:\n\n- ``#9 ") {
		t.Error(got)
	}
}
