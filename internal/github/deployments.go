package github

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"

	api "github.com/google/go-github/v93/github"
)

// Deployment is a deployment of a commit to an environment, as GitHub has it.
type Deployment struct {
	ID          int64  // GitHub's; 0 of one that is not there yet
	Commit      string // full
	Environment string
	Task        string            // what is done: "deploy"
	Description string            // at most MaxDescription characters
	Payload     map[string]string // tells it from others of the same commit, environment and task; nil where it is of another kind
}

// DeploymentStatus is how far a deployment is.
type DeploymentStatus struct {
	State          DeploymentState
	Description    string // at most MaxDescription characters
	LogURL         string // "" is none
	EnvironmentURL string // "" is none
}

// DeploymentState is a state of a deployment.
type DeploymentState string

// The states that are used here, of those that GitHub has.
const (
	StateQueued     DeploymentState = "queued"
	StateInProgress DeploymentState = "in_progress"
	StateSuccess    DeploymentState = "success"
	StateFailure    DeploymentState = "failure"
	StateError      DeploymentState = "error"
	StateInactive   DeploymentState = "inactive"
)

// MaxDescription is how many characters a description may have.
const MaxDescription = 140

const mayDeploy = "deployments: write"

// Deploy gives the ID of a deployment: of one that has the commit, environment, task and payload already, else of a new one. Where several
// are made at the same time, or one call was repeated, the oldest stays and the others become inactive.
func (c *Client) Deploy(ctx context.Context, d Deployment) (int64, error) {
	same, err := c.same(ctx, d)
	if err != nil {
		return 0, err
	}
	if len(same) == 0 {
		made, response, err := c.api.Repositories.CreateDeployment(ctx, c.owner, c.name, api.DeploymentRequest{
			Ref: d.Commit, Task: &d.Task, Environment: &d.Environment, Description: &d.Description, Payload: d.Payload,
			AutoMerge: new(bool), RequiredContexts: []string{}, // else it merges the default branch first, and waits for checks
		})
		if err != nil {
			return 0, c.explain(ctx, response, err, "create a deployment", mayDeploy)
		}
		if same, err = c.same(ctx, d); err != nil || len(same) == 0 {
			return made.GetID(), nil //nolint:nilerr // it is there; whether another one is, the next run sees
		}
	}
	for _, double := range same[1:] {
		if err := c.SetStatus(ctx, double.ID, DeploymentStatus{State: StateInactive}); err != nil {
			return 0, err
		}
	}
	return same[0].ID, nil
}

// same are the deployments that are the same as one, the oldest first.
func (c *Client) same(ctx context.Context, d Deployment) ([]Deployment, error) {
	found, err := c.deployments(ctx, api.DeploymentsListOptions{SHA: d.Commit, Environment: d.Environment, Task: d.Task}, maxPages)
	found = slices.DeleteFunc(found, func(other Deployment) bool {
		return other.Commit != d.Commit || other.Environment != d.Environment || other.Task != d.Task || !maps.Equal(other.Payload, d.Payload)
	})
	slices.SortFunc(found, func(a, b Deployment) int { return cmp.Compare(a.ID, b.ID) })
	return found, err
}

// Deployments are those of an environment, the newest first, a hundred at most.
func (c *Client) Deployments(ctx context.Context, environment string) ([]Deployment, error) {
	found, err := c.deployments(ctx, api.DeploymentsListOptions{Environment: environment}, 1)
	slices.SortFunc(found, func(a, b Deployment) int { return cmp.Compare(b.ID, a.ID) })
	return found, err
}

// deployments are so many pages of what the API lists.
func (c *Client) deployments(ctx context.Context, of api.DeploymentsListOptions, most int) (found []Deployment, err error) {
	err = pages(func(page api.ListOptions) (*api.Response, error) {
		of.ListOptions = page
		list, response, err := c.api.Repositories.ListDeployments(ctx, c.owner, c.name, &of)
		if err != nil {
			return nil, c.explain(ctx, response, err, "list deployments", mayDeploy)
		}
		for _, one := range list {
			found = append(found, deploymentOf(one))
		}
		if page.Page >= most {
			response.NextPage = 0
		}
		return response, nil
	})
	return found, err
}

func deploymentOf(d *api.Deployment) Deployment {
	var payload map[string]string
	if json.Unmarshal(d.Payload, &payload) != nil {
		payload = nil // another tool's
	}
	return Deployment{
		ID: d.GetID(), Commit: d.GetSHA(), Environment: d.GetEnvironment(), Task: d.GetTask(), Description: d.GetDescription(), Payload: payload,
	}
}

// SetStatus gives a deployment a status. No other deployment's is changed by it.
func (c *Client) SetStatus(ctx context.Context, id int64, s DeploymentStatus) error {
	text := func(value string) *string {
		if value == "" {
			return nil
		}
		return &value
	}
	_, response, err := c.api.Repositories.CreateDeploymentStatus(ctx, c.owner, c.name, id, api.DeploymentStatusRequest{
		State: string(s.State), Description: text(s.Description), LogURL: text(s.LogURL), EnvironmentURL: text(s.EnvironmentURL), AutoInactive: new(bool),
	})
	if err != nil {
		return c.explain(ctx, response, err, "set the status of a deployment", mayDeploy)
	}
	return nil
}

// Status is the newest status of a deployment; zero where it has none yet.
func (c *Client) Status(ctx context.Context, id int64) (DeploymentStatus, error) {
	list, response, err := c.api.Repositories.ListDeploymentStatuses(ctx, c.owner, c.name, id, &api.ListOptions{PerPage: 1})
	switch {
	case err != nil:
		return DeploymentStatus{}, c.explain(ctx, response, err, "ask for the status of a deployment", mayDeploy)
	case len(list) == 0:
		return DeploymentStatus{}, nil
	}
	newest := list[0]
	return DeploymentStatus{
		State: DeploymentState(newest.GetState()), Description: newest.GetDescription(), LogURL: newest.GetLogURL(), EnvironmentURL: newest.GetEnvironmentURL(),
	}, nil
}

// Record is where an artifact runs, for the organisation that owns the repository.
type Record struct {
	Name        string // of the artifact: the same wherever it runs
	SHA256      string // of its file, in hexadecimal digits
	Environment string
	Deployment  string // tells it from others in the environment; what runs under this name now replaces what ran before
}

// SetRecord writes down where an artifact runs. A repository that no organisation owns has no such records.
func (c *Client) SetRecord(ctx context.Context, r Record) error {
	const op = "write the deployment record"
	_, response, err := c.api.Organizations.CreateArtifactDeploymentRecord(ctx, c.owner, api.CreateArtifactDeploymentRequest{
		Name: r.Name, Digest: "sha256:" + strings.ToLower(r.SHA256), Status: "deployed", LogicalEnvironment: r.Environment, DeploymentName: r.Deployment,
		GithubRepository: &c.name,
	})
	switch {
	case err == nil:
		return nil
	case ctx.Err() == nil && response != nil && response.StatusCode == http.StatusNotFound:
		return refused(op, "leave `deployment_record` out where no organisation owns the repository; else give the job `permissions: {artifact-metadata: write}`",
			"%s has no deployment records (404)", c.owner)
	}
	return c.explain(ctx, response, err, op, "artifact-metadata: write")
}
