package github

import (
	"cmp"
	"context"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	api "github.com/google/go-github/v93/github"

	"github.com/slipway/slipway/internal/deploy"
)

// Wanted says which artifact of CI is wanted.
type Wanted struct {
	Commit   string // full: that the run was for
	Artifact string // its name; of one that was uploaded without a zip that is the file's
	Workflow string // path or file name of the workflow, or its name; "" is any
	Rule     *deploy.ProvenanceRule
	RunID    int64 // the run whose artifact is taken before all others; 0 is none
}

// Stored is a file that GitHub keeps.
type Stored struct {
	ID     int64
	Name   string
	SHA256 deploy.Digest // of the file as it is downloaded; "" where GitHub does not say

	release bool // an asset of a release, else an artifact
}

// Built is an artifact and the run that built it.
type Built struct {
	Stored
	By deploy.Provenance
}

// Find is the artifact that CI built of a commit: of the newest run that ended in success in this very repository and keeps to the rule.
// What a run for a pull request built is passed over unless the rule names that event: it is the pull request's merge, and not the commit.
func (c *Client) Find(ctx context.Context, w Wanted) (Built, error) {
	runs, err := c.runs(ctx, w.Commit)
	if err != nil {
		return Built{}, err
	}
	slices.SortStableFunc(runs, func(a, b *api.WorkflowRun) int {
		first := func(run *api.WorkflowRun) int { return cmp.Compare(boolToInt(run.GetID() == w.RunID), 0) }
		return cmp.Or(first(b)-first(a), b.GetCreatedAt().Compare(a.GetCreatedAt().Time), cmp.Compare(b.GetID(), a.GetID()))
	})
	missed := &missing{wanted: w}
	for _, run := range runs {
		if !ofWorkflow(run, w.Workflow) {
			missed.others = append(missed.others, workflowPath(run))
			continue
		}
		by := provenance(run)
		if reason := c.unfit(run, by, w.Rule); reason != "" {
			missed.because(by, reason)
			continue
		}
		found, why, err := c.artifactOf(ctx, by, w.Artifact)
		if err != nil {
			return Built{}, err
		}
		if why == "" {
			return found, c.fromBranch(ctx, by, w.Rule)
		}
		missed.because(by, why)
	}
	return Built{}, missed.refuse()
}

func boolToInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// runs are all that the API lists for a commit.
func (c *Client) runs(ctx context.Context, commit string) ([]*api.WorkflowRun, error) {
	var runs []*api.WorkflowRun
	err := pages(func(page api.ListOptions) (*api.Response, error) {
		list, response, err := c.api.Actions.ListRepositoryWorkflowRuns(ctx, c.owner, c.name, &api.ListWorkflowRunsOptions{HeadSHA: commit, ListOptions: page})
		if err != nil {
			return nil, c.explain(ctx, response, err, "list runs", "actions: read")
		}
		runs = append(runs, list.WorkflowRuns...)
		return response, nil
	})
	return slices.DeleteFunc(runs, func(run *api.WorkflowRun) bool { return run.GetHeadSHA() != commit }), err
}

func provenance(run *api.WorkflowRun) deploy.Provenance {
	return deploy.Provenance{
		RunID: run.GetID(), URL: run.GetHTMLURL(), Workflow: workflowPath(run), Branch: run.GetHeadBranch(),
		Event: run.GetEvent(), Commit: run.GetHeadSHA(),
	}
}

// workflowPath is the path of the workflow's file, less the ref that the API may put behind it.
func workflowPath(run *api.WorkflowRun) string {
	file, _, _ := strings.Cut(run.GetPath(), "@")
	return file
}

func ofWorkflow(run *api.WorkflowRun, wanted string) bool {
	file := workflowPath(run)
	return wanted == "" || wanted == file || wanted == path.Base(file) || wanted == run.GetName()
}

// unfit is why what a run built is not taken; "" where it may be.
func (c *Client) unfit(run *api.WorkflowRun, by deploy.Provenance, rule *deploy.ProvenanceRule) string {
	from := run.GetHeadRepository().GetFullName()
	forPull := strings.HasPrefix(run.GetEvent(), "pull_request")
	switch {
	case !strings.EqualFold(from, c.owner+"/"+c.name):
		return "is of another repository: " + cmp.Or(from, "one that was deleted")
	case run.GetStatus() != "completed":
		return "has not ended (" + run.GetStatus() + ")"
	case run.GetConclusion() != "success":
		return "ended in " + run.GetConclusion()
	case forPull && (rule == nil || !slices.Contains(rule.Events, run.GetEvent())):
		return "was for a pull request: what it built is the merge of that, not this commit"
	}
	if err := rule.RefuseRun(by); err != nil { // an attestation is looked for once the file is here
		return "does not fit: " + err.Error()
	}
	return ""
}

// artifactOf is the newest artifact of a name that a run has: a run that was repeated has one of each attempt. why is set where it has
// none that can be had.
func (c *Client) artifactOf(ctx context.Context, by deploy.Provenance, name string) (found Built, why string, err error) {
	all, err := c.artifacts(ctx, by.RunID)
	if err != nil {
		return Built{}, "", err
	}
	var newest *api.Artifact
	var names []string
	for _, a := range all {
		names = append(names, fmt.Sprintf("%.80q", a.GetName()))
		if a.GetName() == name && (newest == nil || a.GetID() > newest.GetID()) {
			newest = a
		}
	}
	switch {
	case newest == nil && len(names) == 0:
		return Built{}, "has no artifacts", nil
	case newest == nil:
		return Built{}, "has other artifacts: " + few(names), nil
	case newest.GetExpired():
		return Built{}, fmt.Sprintf("had it, and it expired on %s: run %s again (%s)", day(newest.GetExpiresAt().Time), by.Workflow, by.URL), nil
	}
	by.Artifact, by.ArtifactID = newest.GetName(), newest.GetID()
	return Built{Stored: stored(newest), By: by}, "", nil
}

// artifacts are all that the API lists for a run.
func (c *Client) artifacts(ctx context.Context, run int64) (all []*api.Artifact, err error) {
	err = pages(func(page api.ListOptions) (*api.Response, error) {
		list, response, err := c.api.Actions.ListWorkflowRunArtifacts(ctx, c.owner, c.name, run, &page)
		if err != nil {
			return nil, c.explain(ctx, response, err, fmt.Sprintf("list the artifacts of run %d", run), "actions: read")
		}
		all = append(all, list.Artifacts...)
		return response, nil
	})
	return all, err
}

func stored(a *api.Artifact) Stored {
	return Stored{ID: a.GetID(), Name: a.GetName(), SHA256: digest(a.GetDigest())}
}

// Recorded is the very artifact that a record names.
func (c *Client) Recorded(ctx context.Context, by deploy.Provenance) (Stored, error) {
	if by.RunID == 0 || by.ArtifactID == 0 {
		return Stored{}, refuse("", "no artifact of CI is recorded with it")
	}
	all, err := c.artifacts(ctx, by.RunID)
	if err != nil {
		return Stored{}, err
	}
	at := slices.IndexFunc(all, func(a *api.Artifact) bool { return a.GetID() == by.ArtifactID })
	switch {
	case at < 0:
		return Stored{}, refuse("", "run %d has the artifact %q no more", by.RunID, by.Artifact)
	case all[at].GetExpired():
		return Stored{}, refuse("", "the artifact %q of run %d expired on %s", by.Artifact, by.RunID, day(all[at].GetExpiresAt().Time))
	}
	return stored(all[at]), nil
}

func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }

// digest reads "sha256:<hex>"; "" where it is none.
func digest(text string) deploy.Digest {
	if sum, ok := strings.CutPrefix(text, "sha256:"); ok && len(sum) == 64 && wholeCommit.MatchString(sum) {
		return deploy.Digest(sum)
	}
	return ""
}

// fromBranch makes sure that a branch which the rule names has the commit: a tag of the branch's name could stand in a run's record.
func (c *Client) fromBranch(ctx context.Context, by deploy.Provenance, rule *deploy.ProvenanceRule) error {
	if rule == nil || len(rule.Branches) == 0 {
		return nil
	}
	contained, err := c.Contains(ctx, "refs/heads/"+by.Branch, by.Commit)
	if err == nil && !contained {
		err = refuse("merge it, or deploy a commit that is merged", "%s built %.7s, which the branch %s does not contain, and `provenance` wants that", by, by.Commit, by.Branch)
	}
	return err
}

// missing gathers why no run has what is wanted.
type missing struct {
	wanted  Wanted
	reasons []string
	others  []string // workflows that were not asked for
}

func (m *missing) because(by deploy.Provenance, reason string) {
	m.reasons = append(m.reasons, fmt.Sprintf("run %d of %s %s", by.RunID, by.Workflow, reason))
}

func (m *missing) refuse() error {
	of := "CI"
	if m.wanted.Workflow != "" {
		of = m.wanted.Workflow
	}
	switch {
	case len(m.reasons) > 0:
		return refuse("look at the runs of the commit", "there is no artifact %s that %s built of %.7s: %s", m.wanted.Artifact, of, m.wanted.Commit, strings.Join(firsts(m.reasons, 5), "; "))
	case len(m.others) > 0:
		slices.Sort(m.others)
		return refuse("correct `github_artifact_workflow`", "no run of %s was for %.7s: there are runs of %s", of, m.wanted.Commit, few(slices.Compact(m.others)))
	}
	return refuse("let CI build it: push the commit, or dispatch the workflow on its branch", "no run of CI was for %.7s: nothing was built of it", m.wanted.Commit)
}

// few lists the first of many names.
func few(names []string) string { return strings.Join(firsts(names, 8), ", ") }

func firsts(list []string, most int) []string {
	if len(list) <= most {
		return list
	}
	return append(slices.Clone(list[:most]), fmt.Sprintf("and %d more", len(list)-most))
}
