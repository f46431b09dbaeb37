package ci

import "cmp"

func woodpecker() platform {
	return platform{
		name: "woodpecker",
		here: func(getenv func(string) string) bool {
			return getenv("CI_SYSTEM_NAME") == "woodpecker" || getenv("DRONE") == "true"
		},
		run: woodpeckerRun,
	}
}

// woodpeckerRun: Woodpecker gives no numeric run ID of its own: the pipeline's number is unique within the repository. Drone's names are
// the fallback.
func woodpeckerRun(getenv func(string) string) Run {
	number := cmp.Or(getenv("CI_PIPELINE_NUMBER"), getenv("DRONE_BUILD_NUMBER"))
	return Run{
		Platform:        "woodpecker",
		Server:          cmp.Or(getenv("CI_SYSTEM_URL"), getenv("DRONE_SYSTEM_PROTO")+"://"+getenv("DRONE_SYSTEM_HOST")),
		Repository:      cmp.Or(getenv("CI_REPO"), getenv("DRONE_REPO")),
		RepositoryID:    getenv("CI_REPO_REMOTE_ID"),
		RunID:           number,
		RunNumber:       number,
		Attempt:         1,
		Job:             cmp.Or(getenv("CI_WORKFLOW_NAME"), getenv("DRONE_STAGE_NAME")),
		Step:            cmp.Or(getenv("CI_STEP_NAME"), getenv("DRONE_STEP_NAME")),
		Actor:           cmp.Or(getenv("CI_COMMIT_AUTHOR"), getenv("DRONE_COMMIT_AUTHOR")),
		TriggeringActor: cmp.Or(getenv("CI_PIPELINE_AUTHOR"), getenv("CI_COMMIT_AUTHOR"), getenv("DRONE_BUILD_TRIGGER")),
		Ref:             cmp.Or(getenv("CI_COMMIT_REF"), getenv("DRONE_COMMIT_REF")),
		SHA:             cmp.Or(getenv("CI_COMMIT_SHA"), getenv("DRONE_COMMIT_SHA")),
		Event:           cmp.Or(getenv("CI_PIPELINE_EVENT"), getenv("DRONE_BUILD_EVENT")),
		URL:             cmp.Or(getenv("CI_PIPELINE_URL"), getenv("DRONE_BUILD_LINK")),
		Workspace:       cmp.Or(getenv("CI_WORKSPACE"), getenv("DRONE_WORKSPACE")),
	}
}
