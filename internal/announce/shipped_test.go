package announce

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/github"
	"github.com/slipway/slipway/internal/github/githubtest"
)

// numbered are so many commits.
func numbered(n int) (commits []string) {
	for i := range n {
		commits = append(commits, fmt.Sprintf("%040x", i+1))
	}
	return commits
}

func merge(n int, commits ...string) githubtest.Merge {
	return githubtest.Merge{Number: n, Title: fmt.Sprint("Title ", n), User: "ben", Commits: commits}
}

// texts are merges as `12 9 +1 ?2`: pull requests, commits of none, commits that were not looked up.
func texts(m deploy.Merges) string {
	var parts []string
	for _, pull := range m.Pulls {
		parts = append(parts, fmt.Sprint(pull.Number))
	}
	if m.Alone > 0 {
		parts = append(parts, fmt.Sprint("+", m.Alone))
	}
	if m.Unread > 0 {
		parts = append(parts, fmt.Sprint("?", m.Unread))
	}
	return strings.Join(parts, " ")
}

func TestShipped(t *testing.T) {
	t.Parallel()
	// main: 1, 2 (squashed, #2), 5 (merges 3 and 4, #5), 6 (pushed); production: 1, 2, 7 (a hotfix, #7)
	repo := githubtest.Repo{
		Branches: map[string][]string{"main": {sha("1"), sha("2"), sha("3"), sha("4"), sha("5"), sha("6")}, "production": {sha("1"), sha("2"), sha("7")}},
		Parents:  map[string][]string{sha("5"): {sha("2"), sha("4")}, sha("3"): {sha("2")}},
		Merges:   []githubtest.Merge{merge(1, sha("1")), merge(2, sha("2")), merge(5, sha("3"), sha("4"), sha("5")), merge(7, sha("7")), {Number: 9, Commits: []string{sha("6")}, Open: true}},
	}
	for name, test := range map[string]struct {
		from, to string
		first    bool
		in, out  string
		commits  [2]int
		unknown  string
	}{
		"forwards":       {from: sha("1"), to: sha("6"), in: "5 2 +1", commits: [2]int{5, 0}},
		"by its digits":  {from: "1111111", to: sha("2"), in: "2", commits: [2]int{1, 0}},
		"back":           {from: sha("6"), to: sha("2"), out: "5 +1", commits: [2]int{0, 4}},
		"apart":          {from: sha("7"), to: sha("5"), in: "5", out: "7", commits: [2]int{3, 1}},
		"the same":       {from: sha("2"), to: sha("2")},
		"the first":      {to: sha("5"), first: true, in: "5"},
		"not recorded":   {from: "", to: sha("5"), unknown: "nothing records what 20261119-101500-1111111-02be44 was built of"},
		"of no commit":   {from: sha("1"), to: "v2", unknown: "nothing records what the release was built of"},
		"not in there":   {from: sha("9"), to: sha("2"), unknown: "compare 9999999 with 2222222: acme/site has none (404)"},
		"other digits":   {from: "9999999", to: sha("2"), unknown: "compare 9999999 with 2222222: acme/site has none (404)"},
		"first, unknown": {to: "", first: true, unknown: "nothing records"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			j := newJob(t, repo)
			h := header("deploy")
			h.Revision, h.Replaced.Commit = test.to, test.from
			if test.first {
				h.Replaced = deploy.Replaced{}
			}
			o := j.options(t)
			o.Deployment = false
			of := play(t, o, h, deploy.OutcomeActivated).Shipped
			if texts(of.In) != test.in || texts(of.Out) != test.out || of.First != test.first || [2]int{of.In.Commits, of.Out.Commits} != test.commits {
				t.Errorf("in %q of %d, out %q of %d, %+v", texts(of.In), of.In.Commits, texts(of.Out), of.Out.Commits, of)
			}
			if !strings.Contains(of.Unknown, test.unknown) || (of.Unknown == "") != (test.unknown == "") {
				t.Error(of.Unknown)
			}
		})
	}
}

// Only what is live is said to be shipped.
func TestNothingShipped(t *testing.T) {
	t.Parallel()
	j := newJob(t, githubtest.Repo{})
	for _, outcome := range []deploy.Outcome{deploy.OutcomeFailed, deploy.OutcomeUnwound, deploy.OutcomePerson, deploy.OutcomeCancelled, deploy.OutcomeSuperseded} {
		if res := play(t, j.options(t), header("deploy"), outcome); !res.Shipped.IsZero() {
			t.Errorf("%s: %+v", outcome, res.Shipped)
		}
	}
}

// Of many commits those of the branch itself come first, and no more is asked than is shown.
func TestManyCommits(t *testing.T) {
	t.Parallel()
	commits := numbered(301)
	every := func(of []string) (list []githubtest.Merge) {
		for i, commit := range of {
			list = append(list, merge(i+1, commit))
		}
		return list
	}
	side := map[string][]string{commits[300]: {commits[0], commits[299]}} // a merge of all that is between
	for name, test := range map[string]struct {
		repo  githubtest.Repo
		want  string
		asked int
	}{
		"a pull request each":          {githubtest.Repo{Merges: every(commits)}, "250", mostPulls},
		"no pull requests":             {githubtest.Repo{}, "+100 ?200", mostAsked},
		"all in one":                   {githubtest.Repo{Parents: side, Merges: []githubtest.Merge{merge(7, commits...)}}, "7 ?200", mostAsked},
		"the merge, and no more known": {githubtest.Repo{Parents: side, Merges: []githubtest.Merge{merge(7, commits[300])}}, "7 +99 ?200", mostAsked},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test.repo.Branches = map[string][]string{"main": commits}
			j := newJob(t, test.repo)
			h := header("deploy")
			h.Replaced.Commit, h.Revision = commits[0], commits[300]
			o := j.options(t)
			o.Deployment = false
			of := play(t, o, h, deploy.OutcomeActivated).Shipped
			got := texts(of.In)
			if name == "a pull request each" {
				if of.In.Pulls[0].Number != 301 || len(of.In.Pulls) != mostPulls {
					t.Errorf("%d, the first is %d", len(of.In.Pulls), of.In.Pulls[0].Number)
				}
				_, got, _ = strings.Cut(got, "?")
			}
			asked := slices.DeleteFunc(j.server.Asked(), func(path string) bool { return !strings.HasSuffix(path, "/pulls") })
			if got != test.want || len(asked) != test.asked || of.In.Commits != 300 {
				t.Errorf("%s, %d calls", got, len(asked))
			}
		})
	}
}

func TestOrder(t *testing.T) {
	t.Parallel()
	c := func(sha string, parents ...string) github.Commit { return github.Commit{SHA: sha, Parents: parents} }
	for name, test := range map[string]struct {
		commits []github.Commit
		want    []int
	}{
		"none":      {nil, nil},
		"a line":    {[]github.Commit{c("c", "b"), c("b", "a"), c("a", "x")}, []int{0, 1, 2}},
		"a merge":   {[]github.Commit{c("m", "a", "s2"), c("s2", "s1"), c("s1", "a"), c("a", "x")}, []int{0, 3, 1, 2}},
		"nested":    {[]github.Commit{c("m", "a", "n"), c("n", "s1", "s2"), c("s2", "x"), c("s1", "x"), c("a", "x")}, []int{0, 1, 4, 2, 3}},
		"a root":    {[]github.Commit{c("b", "a"), c("a")}, []int{0, 1}},
		"a circle":  {[]github.Commit{c("b", "a"), c("a", "b")}, []int{0, 1}},
		"the oddly": {[]github.Commit{c("b", "z"), c("a", "y")}, []int{0, 1}},
	} {
		if got := order(test.commits); !slices.Equal(got, test.want) {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// Why the pull requests are not known is said, with the commits; what was found before stays.
func TestPullsAreNotKnown(t *testing.T) {
	t.Parallel()
	commits := numbered(21)
	j := newJob(t, githubtest.Repo{Branches: map[string][]string{"main": commits}, Merges: []githubtest.Merge{merge(7, commits[20])}})
	h := header("deploy")
	h.Replaced.Commit, h.Revision = commits[0], commits[20]
	o := j.options(t)
	o.Deployment = false
	j.server.Lack("pull-requests")
	of := play(t, o, h, deploy.OutcomeActivated).Shipped
	if of.In.Commits != 20 || of.Unknown != "" || !strings.Contains(of.In.Unknown, "permissions: {pull-requests: read}") {
		t.Errorf("%+v", of)
	}
	j.server.Lack("contents")
	if of := play(t, o, h, deploy.OutcomeActivated).Shipped; !strings.Contains(of.Unknown, "permissions: {contents: read}") {
		t.Errorf("%+v", of)
	}
	j.server.Lack("")
	j.server.Fail(commits[10]+"/pulls", githubtest.Answer{Status: http.StatusTooManyRequests, Header: http.Header{"Retry-After": {"7200"}}})
	if of := play(t, o, h, deploy.OutcomeActivated).Shipped; texts(of.In) != "7 +9 ?10" || of.In.Unknown != "" {
		t.Errorf("%s, %+v", texts(of.In), of)
	}
}

// A GitHub that is silent is waited for no longer than is said.
func TestShippedIsSilent(t *testing.T) {
	t.Parallel()
	j := newJob(t, githubtest.Repo{})
	j.server.Hang("/compare")
	o := j.options(t)
	o.Deployment, o.limits.wait = false, 10*time.Millisecond
	if of := play(t, o, header("deploy"), deploy.OutcomeActivated).Shipped; of.Unknown != "GitHub did not answer in time" {
		t.Errorf("%+v", of)
	}
}

func (j *job) comments() []string {
	var list []string
	for _, c := range j.server.Comments() {
		_, text, _ := strings.Cut(c.Body, "\n")
		list = append(list, "#"+c.Pull+" "+text)
	}
	return list
}

// Each pull request that is shipped has one comment for an environment, which a later deployment or a rollback brings up to date.
func TestComments(t *testing.T) {
	t.Parallel()
	j := newJob(t, githubtest.Repo{Merges: []githubtest.Merge{merge(12, sha("2")), merge(13, sha("2"))}})
	o := j.options(t)
	o.Deployment = false
	play(t, o, header("deploy"), deploy.OutcomeActivated)
	if got := j.comments(); len(got) != 0 {
		t.Errorf("nobody asked for %q", got)
	}
	o.Comments = true
	play(t, o, header("deploy"), deploy.OutcomeFailed)
	play(t, o, header("deploy"), deploy.OutcomeActivated)
	play(t, o, header("deploy"), deploy.OutcomeUnchanged) // a re-run
	staging := header("deploy")
	staging.Environment = "staging"
	play(t, o, staging, deploy.OutcomeActivated)
	o.RunID++
	play(t, o, header("rollback"), deploy.OutcomeActivated)
	o.RunID -= 2 // an old run
	play(t, o, header("deploy"), deploy.OutcomeActivated)
	want := []string{"#12 rollback of #12", "#13 rollback of #13", "#12 deploy of #12", "#13 deploy of #13"}
	if got := j.comments(); !slices.Equal(got, want) {
		t.Errorf("%q, wanted %q", got, want)
	}
}

func TestCommentsAreRefused(t *testing.T) {
	t.Parallel()
	j := newJob(t, githubtest.Repo{Merges: []githubtest.Merge{merge(12, sha("2")), merge(13, sha("2"))}})
	j.server.Lack("pull-requests: write")
	o := j.options(t)
	o.Deployment, o.Comments = false, true
	res := play(t, o, header("deploy"), deploy.OutcomeActivated)
	if len(res.Warnings) != 1 || !strings.HasPrefix(res.Warnings[0], "2 of 2 pull requests have no comment on this deployment: GitHub: comment on pull request 12: ") ||
		!strings.Contains(res.Warnings[0], "permissions: {pull-requests: write}") {
		t.Errorf("%q", res.Warnings)
	}
	j.server.Lack("")
	j.server.Hang("/issues/13")
	o.limits.others = 300 * time.Millisecond
	res = play(t, o, header("deploy"), deploy.OutcomeActivated)
	if len(res.Warnings) != 1 || !strings.HasPrefix(res.Warnings[0], "1 of 2 pull requests have no comment on this deployment: GitHub did not take it all") {
		t.Errorf("%q", res.Warnings)
	}
}

// Where nobody knows which pull requests were shipped, it is said that none has a comment.
func TestCommentsOfNobodyKnowsWhat(t *testing.T) {
	t.Parallel()
	j := newJob(t, githubtest.Repo{Merges: []githubtest.Merge{merge(12, sha("2"))}})
	o := j.options(t)
	o.Deployment, o.Comments = false, true
	for _, lacks := range []string{"pull-requests", "contents"} {
		j.server.Lack(lacks)
		res := play(t, o, header("deploy"), deploy.OutcomeActivated)
		if len(res.Warnings) != 1 || !strings.HasPrefix(res.Warnings[0], "no pull request has a comment on this deployment: which it shipped is not known: GitHub: ") {
			t.Errorf("%s: %q", lacks, res.Warnings)
		}
	}
}

func TestRecord(t *testing.T) {
	t.Parallel()
	j := newJob(t, githubtest.Repo{})
	o := j.options(t)
	o.Deployment, o.Record, o.Key = false, true, "eu"
	play(t, o, header("deploy"), deploy.OutcomeFailed)
	if got := j.server.Records(); len(got) != 0 {
		t.Errorf("%v", got)
	}
	play(t, o, header("deploy"), deploy.OutcomeActivated)
	if got := j.server.Records(); len(got) != 1 || got[0]["name"] != "site" || got[0]["deployment_name"] != "site-eu" || got[0]["logical_environment"] != "production" {
		t.Errorf("%v", got)
	}
	h := header("rollback")
	h.ArtifactSHA = ""
	if res := play(t, o, h, deploy.OutcomeActivated); len(res.Warnings) != 1 || !strings.Contains(res.Warnings[0], "the deployment record is not changed") {
		t.Errorf("%q", res.Warnings)
	}
	j.server.Lack("artifact-metadata")
	if res := play(t, o, header("deploy"), deploy.OutcomeActivated); len(res.Warnings) != 1 || !strings.Contains(res.Warnings[0], "permissions: {artifact-metadata: write}") {
		t.Errorf("%q", res.Warnings)
	}
}
