package github

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	api "github.com/google/go-github/v93/github"
)

// Commit is a commit of a history.
type Commit struct {
	SHA     string
	Parents []string // that of the branch which was merged into first
}

// Ahead is what the history of a commit has that another's has not.
type Ahead struct {
	Count   int      // of the commits
	Missing int      // commits that only the other has
	Commits []Commit // the newest first; of many the newest MaxCommits
}

// MaxCommits is how many commits of a comparison are read.
const MaxCommits = 250

// Pull is a pull request.
type Pull struct {
	Number             int
	Title, Author, URL string
}

// Ahead says which commits the history of head has and that of base has not. Both are commits, at least 7 digits of them.
func (c *Client) Ahead(ctx context.Context, base, head string) (Ahead, error) {
	var of Ahead
	read := func(page int) (next int, err error) {
		compared, response, err := c.api.Repositories.CompareCommits(ctx, c.owner, c.name, base, head, &api.ListOptions{PerPage: perPage, Page: page})
		if err != nil {
			return 0, c.explain(ctx, response, err, fmt.Sprintf("compare %.7s with %.7s", base, head), "contents: read")
		}
		of.Count, of.Missing = compared.GetAheadBy(), compared.GetBehindBy()
		for _, one := range compared.Commits {
			commit := Commit{SHA: one.GetSHA()}
			for _, parent := range one.Parents {
				commit.Parents = append(commit.Parents, parent.GetSHA())
			}
			of.Commits = append(of.Commits, commit)
		}
		return response.NextPage, nil
	}
	next, err := read(1)
	if whole := MaxCommits/perPage + 1; err == nil && of.Count > whole*perPage { // the oldest come first: the last pages are asked for
		of.Commits = nil
		next = (of.Count+perPage-1)/perPage - whole + 1
	}
	for range maxPages {
		if err != nil || next == 0 {
			break
		}
		next, err = read(next)
	}
	slices.Reverse(of.Commits)
	of.Commits = of.Commits[:min(len(of.Commits), MaxCommits)]
	return of, err
}

// MergedBy are the pull requests that brought a commit and are merged, by their numbers. There may be none.
func (c *Client) MergedBy(ctx context.Context, commit string) (merged []Pull, err error) {
	list, response, err := c.api.PullRequests.ListPullRequestsWithCommit(ctx, c.owner, c.name, commit, &api.ListOptions{PerPage: perPage})
	if err != nil {
		return nil, c.explain(ctx, response, err, fmt.Sprintf("list the pull requests of %.7s", commit), "pull-requests: read")
	}
	for _, one := range list {
		if one.MergedAt != nil {
			merged = append(merged, Pull{Number: one.GetNumber(), Title: one.GetTitle(), Author: one.GetUser().GetLogin(), URL: one.GetHTMLURL()})
		}
	}
	slices.SortFunc(merged, func(a, b Pull) int { return cmp.Compare(a.Number, b.Number) })
	return merged, nil
}
