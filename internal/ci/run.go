package ci

import (
	"cmp"
	"io"
	"strconv"
)

// Run is which run of which CI this is: what a deployment's identity and its log are made of. Everything is empty outside
// CI. Run reads what the CI itself sets, never an input.
type Run struct {
	Platform        string // "github", "gitea" (Forgejo too), "gitlab", "woodpecker", "drone", "bitbucket", "jenkins", ""
	Server          string // https://github.com
	API             string // https://api.github.com; "" where it is not GitHub's
	Repository      string // owner/name
	RepositoryID    string // that of which RunID is one; Repository where the CI gives no other
	RunID           string // the same in every attempt; of two runs of a repository the newer one has the larger
	RunNumber       string // for people
	Attempt         int    // from 1; 0 where the CI does not count attempts, and only the hosts can tell
	Job             string
	Step            string // the step's ID in the job, "" where the CI gives none
	Actor           string // who caused the run
	TriggeringActor string // who caused this attempt, as the CI itself knows it; "" where it does not say
	Ref             string // refs/heads/main; "" where the CI gives none, or the run is of a proposed change and that has none
	SHA             string
	Event           string // push, workflow_dispatch, ...; "" where the CI does not say what started a run
	URL             string // page of the run
	Workspace       string

	// Again is what the CI's page calls a further attempt of a run; "" where what is started again is a run of its own.
	Again string
	// Restart says that the run repeats the one that RunID names, which may be a repetition itself: the CI names the last alone.
	Restart bool
	// Dispatched says that a person started the run by hand. Each of its attempts says so.
	Dispatched bool
	// Proposed says that the run is of a change that nobody has merged yet: of a pull or merge request.
	Proposed bool
	// Exposed names such a run, as in "a pull request's run", where the change may be anybody's and the CI may give its run secrets
	// all the same: the change's own deploy file must not meet them. It is "" for every other run.
	Exposed string
	// Post says that the action's post step runs behind the job, also when that was cancelled.
	Post bool
	// Summary says that the CI shows the summary file, so that its text need not stand in the log.
	Summary bool
}

// platform is one CI: how it is recognised, its run, and its log where that has a dialect of its own.
type platform struct {
	name string
	here func(getenv func(string) string) bool
	run  func(getenv func(string) string) Run
	log  func(w io.Writer, getenv func(string) string) Log // nil: a plain one
}

// platforms are the CIs that Slipway knows. A runner of Gitea or Forgejo also says that it is GitHub's, so they come first.
func platforms() []platform {
	return []platform{
		gitea(),
		github(),
		gitlab(),
		woodpecker(),
		drone(),
		bitbucket(),
		jenkins(),
	}
}

func platformNamed(name string) platform {
	for _, p := range platforms() {
		if p.name == name {
			return p
		}
	}
	return platform{}
}

// Detect recognises the CI by the variables that it sets in every job.
func Detect(getenv func(string) string) Run {
	for _, p := range platforms() {
		if p.here(getenv) {
			run := p.run(getenv)
			if run.RunID != "" {
				run.RepositoryID = cmp.Or(run.RepositoryID, run.Repository) // runs of two repositories have no order
			}
			return run
		}
	}
	return Run{}
}

// attempt is the number of an attempt; 0 where the CI gives none.
func attempt(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		return 0
	}
	return n
}

func ref(tag, branch string) string {
	switch {
	case tag != "":
		return "refs/tags/" + tag
	case branch != "":
		return "refs/heads/" + branch
	}
	return ""
}
