package github

import (
	"context"
	"fmt"
	"time"

	api "github.com/google/go-github/v93/github"
)

// Check is a check run or a commit status.
type Check struct {
	Name   string    // of a status its context
	Status bool      // a commit status, else a check run
	State  string    // of a check run that has ended its conclusion, else its status; of a commit status its state
	At     time.Time // when it began, or was made
	URL    string    // its page; may be empty
}

// CheckRuns are the newest check runs of a name on a commit: one of each check suite that has it.
func (c *Client) CheckRuns(ctx context.Context, commit, name string) (found []Check, err error) {
	latest := "latest"
	err = pages(func(page api.ListOptions) (*api.Response, error) {
		list, response, err := c.api.Checks.ListCheckRunsForRef(ctx, c.owner, c.name, commit, &api.ListCheckRunsOptions{
			CheckName: &name, Filter: &latest, ListOptions: page,
		})
		if err != nil {
			return nil, c.explain(ctx, response, err, fmt.Sprintf("list the check runs of %.7s", commit), "checks: read")
		}
		for _, run := range list.CheckRuns {
			state := run.GetStatus()
			if state == "completed" {
				state = run.GetConclusion()
			}
			found = append(found, Check{Name: run.GetName(), State: state, At: run.GetStartedAt().Time, URL: run.GetHTMLURL()})
		}
		return response, nil
	})
	return found, err
}

// Statuses are the newest commit statuses of a commit, one of each context.
func (c *Client) Statuses(ctx context.Context, commit string) (found []Check, err error) {
	err = pages(func(page api.ListOptions) (*api.Response, error) {
		all, response, err := c.api.Repositories.GetCombinedStatus(ctx, c.owner, c.name, commit, &page)
		if err != nil {
			return nil, c.explain(ctx, response, err, fmt.Sprintf("list the statuses of %.7s", commit), "statuses: read")
		}
		for _, status := range all.Statuses {
			found = append(found, Check{Name: status.GetContext(), Status: true, State: status.GetState(), At: status.GetUpdatedAt().Time, URL: status.GetTargetURL()})
		}
		return response, nil
	})
	return found, err
}
