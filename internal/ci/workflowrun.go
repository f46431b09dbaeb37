package ci

import "strings"

// follows judges a run of workflow_run. It has the secrets of the default branch, also where the run that it follows was of a fork's pull
// request and had none, and its job may check that out or deploy what that built. Gitea does not name the repository of a change, and of a
// run that followed another one itself, nobody says whose change was the first's.
func (r *Run) follows(getenv func(string) string) {
	var event struct {
		Before struct {
			Event string
			Head  struct { // null where it was deleted
				Name string `json:"full_name"`
			} `json:"head_repository"`
		} `json:"workflow_run"`
	}
	err := readEvent(getenv, &event)
	before := event.Before
	own := before.Head.Name != "" && strings.EqualFold(before.Head.Name, r.Repository)
	r.Proposed = strings.HasPrefix(before.Event, "pull_request")
	switch {
	case err != nil || before.Event == "":
		r.Exposed = "a run of workflow_run that does not say which run it follows"
	case before.Event == "workflow_run":
		r.Exposed = "a run of workflow_run that follows another one of workflow_run"
	case r.Proposed && !own, before.Head.Name != "" && !own, before.Event == "pull_request_target":
		r.Exposed = "a run of workflow_run that follows a pull request's, which may be anybody's,"
	}
	r.Proposed = r.Proposed || r.Exposed != ""
}
