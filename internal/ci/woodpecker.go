package ci

import (
	"cmp"
	"strconv"
	"strings"
)

func woodpecker() platform {
	return platform{
		name: "woodpecker",
		here: func(getenv func(string) string) bool {
			return getenv("CI") == "woodpecker" || getenv("CI_SYSTEM_NAME") == "woodpecker"
		},
		run: woodpeckerRun,
	}
}

// woodpeckerRun goes by the variables of https://woodpecker-ci.org/docs/usage/environment. A pipeline has its number within the
// repository and no attempts: "Restart" makes a pipeline with a number of its own.
func woodpeckerRun(getenv func(string) string) Run {
	number := getenv("CI_PIPELINE_NUMBER")
	run := Run{
		Platform:        "woodpecker",
		Server:          getenv("CI_SYSTEM_URL"),
		Repository:      getenv("CI_REPO"),
		RepositoryID:    getenv("CI_REPO_REMOTE_ID"),
		RunID:           number,
		RunNumber:       number,
		Attempt:         1,
		Job:             getenv("CI_WORKFLOW_NAME"),
		Step:            getenv("CI_STEP_NAME"),
		Actor:           cmp.Or(getenv("CI_PIPELINE_AUTHOR"), getenv("CI_COMMIT_AUTHOR")),
		TriggeringActor: getenv("CI_PIPELINE_AUTHOR"),
		Ref:             getenv("CI_COMMIT_REF"),
		SHA:             getenv("CI_COMMIT_SHA"),
		Event:           getenv("CI_PIPELINE_EVENT"),
		URL:             getenv("CI_PIPELINE_URL"),
		Workspace:       getenv("CI_WORKSPACE"),
	}
	run.Again = "Restart"
	run.Dispatched = run.Event == "manual" || run.Event == "deployment"
	if run.Event != "deployment" {
		restarted(&run, getenv("CI_PIPELINE_PARENT"))
	}
	proposedTo(&run)
	return run
}

// restarted makes the restart of a pipeline a further attempt of that: else an old pipeline that is started again would count as the
// newest. A parent that is no smaller is none: Woodpecker 2 gave an ID there that counts over all repositories.
func restarted(run *Run, parent string) {
	first, err := strconv.Atoi(parent)
	number, errOwn := strconv.Atoi(run.RunID)
	if err == nil && errOwn == nil && 0 < first && first < number {
		run.RunID, run.Attempt, run.Restart = parent, number, true
	}
}

// proposedTo judges the events of Woodpecker and Drone. Their secrets may be open to pull requests, and neither says whose one is.
func proposedTo(run *Run) {
	if strings.HasPrefix(run.Event, "pull_request") {
		run.Proposed, run.Exposed = true, "a pull request's run"
	}
}
