package ci

import (
	"io"
	"strconv"
)

// Run is which run of which CI this is: what a deployment's identity and its log are made of. Everything is empty outside
// CI. Run reads what the CI itself sets, never an input.
type Run struct {
	Platform        string // "github", "gitea" (Forgejo too), "woodpecker" (Drone too), "gitlab", ""
	Server          string // https://github.com
	API             string // https://api.github.com; "" where it is not GitHub's
	Repository      string // owner/name
	RepositoryID    string // numeric; "" where the CI gives none
	RunID           string // the same in every attempt
	RunNumber       string // for people
	Attempt         int    // from 1
	Job             string
	Step            string // the step's ID in the job, "" where the CI gives none
	Actor           string // who caused the run
	TriggeringActor string // who caused this attempt
	Ref             string // refs/heads/main
	SHA             string
	Event           string // push, workflow_dispatch, ...
	URL             string // page of the run
	Workspace       string
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
			return p.run(getenv)
		}
	}
	return Run{}
}

func attempt(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		return 1
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
