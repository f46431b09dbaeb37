package github

import (
	"fmt"
	"strings"
	"testing"

	"github.com/slipway/slipway/internal/github/githubtest"
)

// numbered are so many commits.
func numbered(n int) (commits []string) {
	for i := range n {
		commits = append(commits, fmt.Sprintf("%040x", i+1))
	}
	return commits
}

func TestAhead(t *testing.T) {
	t.Parallel()
	_, client := start(t, githubtest.Repo{
		Branches: map[string][]string{"main": {sha("1"), sha("2"), sha("3")}, "other": {sha("1"), sha("4")}}, Parents: map[string][]string{sha("3"): {sha("2"), sha("9")}},
	})
	for name, test := range map[string]struct {
		base, head     string
		count, missing int
		commits        string
	}{
		"forwards":  {sha("1"), sha("3"), 2, 0, "3333333<2222222,9999999 2222222<1111111"},
		"digits":    {"1111111", "3333333", 2, 0, "3333333<2222222,9999999 2222222<1111111"},
		"backwards": {sha("3"), sha("1"), 0, 2, ""},
		"the same":  {sha("2"), sha("2"), 0, 0, ""},
		"apart":     {sha("2"), sha("4"), 1, 1, "4444444<1111111"},
	} {
		of, err := client.Ahead(t.Context(), test.base, test.head)
		var commits []string
		for _, c := range of.Commits {
			var parents []string
			for _, parent := range c.Parents {
				parents = append(parents, parent[:7])
			}
			commits = append(commits, c.SHA[:7]+"<"+strings.Join(parents, ","))
		}
		if got := strings.Join(commits, " "); err != nil || of.Count != test.count || of.Missing != test.missing || got != test.commits {
			t.Errorf("%s: %d and %d, %s, %v", name, of.Count, of.Missing, got, err)
		}
	}
	if _, err := client.Ahead(t.Context(), sha("3"), sha("8")); err == nil || !strings.Contains(err.Error(), "compare 3333333 with 8888888: acme/site has none (404)") {
		t.Error(err)
	}
}

// Of many commits the newest are read, on no more pages than it takes.
func TestAheadOfMany(t *testing.T) {
	t.Parallel()
	for n, test := range map[int]struct{ read, calls int }{
		99: {99, 1}, 100: {100, 1}, 101: {101, 2}, 250: {250, 3}, 251: {250, 3}, 300: {250, 3}, 301: {201, 4}, 399: {250, 4}, 1042: {242, 4},
	} {
		commits := numbered(n + 1)
		server, client := start(t, githubtest.Repo{Branches: map[string][]string{"main": commits}})
		of, err := client.Ahead(t.Context(), commits[0], commits[n])
		if err != nil || of.Count != n || len(of.Commits) != test.read || of.Commits[0].SHA != commits[n] {
			t.Errorf("%d: %d of %d commits, %v", n, len(of.Commits), of.Count, err)
			continue
		}
		if oldest := of.Commits[test.read-1].SHA; oldest != commits[n-test.read+1] {
			t.Errorf("%d: there is a gap before %s", n, oldest)
		}
		if calls := len(server.Asked()); calls != test.calls {
			t.Errorf("%d: %d calls", n, calls)
		}
	}
}

func TestMergedBy(t *testing.T) {
	t.Parallel()
	_, client := start(t, githubtest.Repo{Branches: map[string][]string{"main": {sha("1"), sha("2")}}, Merges: []githubtest.Merge{
		{Number: 13, Title: "Second", User: "ben", Commits: []string{sha("1")}},
		{Number: 12, Title: "First", User: "anna", Commits: []string{sha("1")}},
		{Number: 14, Title: "Not yet", User: "anna", Commits: []string{sha("1"), sha("2")}, Open: true},
	}})
	merged, err := client.MergedBy(t.Context(), sha("1"))
	want := Pull{Number: 12, Title: "First", Author: "anna", URL: "https://github.example/acme/site/pull/12"}
	if err != nil || len(merged) != 2 || merged[0] != want || merged[1].Number != 13 {
		t.Errorf("%+v, %v", merged, err)
	}
	if merged, err := client.MergedBy(t.Context(), sha("2")); len(merged) != 0 || err != nil {
		t.Errorf("%+v, %v", merged, err)
	}
}
