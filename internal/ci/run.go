package ci

import "strconv"

// Run is which run of which CI this is: what a deployment's identity and its log are made of. Everything is empty outside
// CI. Run reads what the CI itself sets, never an input.
type Run struct {
	Platform        string // "github", "gitea" (Forgejo too), "woodpecker" (Drone too), "gitlab", ""
	Server          string // https://github.com
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

// Detect recognises the CI by the variables that it sets in every job.
func Detect(getenv func(string) string) Run {
	switch {
	case getenv("GITEA_ACTIONS") == "true" || getenv("FORGEJO_ACTIONS") == "true":
		return actions("gitea", getenv)
	case getenv("GITHUB_ACTIONS") == "true":
		return actions("github", getenv)
	case getenv("GITLAB_CI") == "true":
		return gitlab(getenv)
	case getenv("CI_SYSTEM_NAME") == "woodpecker" || getenv("DRONE") == "true":
		return woodpecker(getenv)
	}
	return Run{}
}

func actions(platform string, getenv func(string) string) Run {
	run := Run{
		Platform:        platform,
		Server:          getenv("GITHUB_SERVER_URL"),
		Repository:      getenv("GITHUB_REPOSITORY"),
		RepositoryID:    getenv("GITHUB_REPOSITORY_ID"),
		RunID:           getenv("GITHUB_RUN_ID"),
		RunNumber:       getenv("GITHUB_RUN_NUMBER"),
		Attempt:         attempt(getenv("GITHUB_RUN_ATTEMPT")),
		Job:             getenv("GITHUB_JOB"),
		Step:            getenv("GITHUB_ACTION"),
		Actor:           getenv("GITHUB_ACTOR"),
		TriggeringActor: first(getenv("GITHUB_TRIGGERING_ACTOR"), getenv("GITHUB_ACTOR")),
		Ref:             getenv("GITHUB_REF"),
		SHA:             getenv("GITHUB_SHA"),
		Event:           getenv("GITHUB_EVENT_NAME"),
		Workspace:       getenv("GITHUB_WORKSPACE"),
	}
	switch {
	case run.Server == "" || run.Repository == "":
	case platform == "gitea": // its run pages go by number
		run.URL = run.Server + "/" + run.Repository + "/actions/runs/" + first(run.RunNumber, run.RunID)
	default:
		run.URL = run.Server + "/" + run.Repository + "/actions/runs/" + run.RunID
	}
	return run
}

// gitlab has no attempts: a retried job gets an ID of its own within the same pipeline, and the pipeline is the run.
func gitlab(getenv func(string) string) Run {
	return Run{
		Platform:        "gitlab",
		Server:          getenv("CI_SERVER_URL"),
		Repository:      getenv("CI_PROJECT_PATH"),
		RepositoryID:    getenv("CI_PROJECT_ID"),
		RunID:           getenv("CI_PIPELINE_ID"),
		RunNumber:       getenv("CI_PIPELINE_IID"),
		Attempt:         1,
		Job:             getenv("CI_JOB_NAME"),
		Actor:           getenv("GITLAB_USER_LOGIN"),
		TriggeringActor: getenv("GITLAB_USER_LOGIN"),
		Ref:             ref(getenv("CI_COMMIT_TAG"), getenv("CI_COMMIT_BRANCH")),
		SHA:             getenv("CI_COMMIT_SHA"),
		Event:           getenv("CI_PIPELINE_SOURCE"),
		URL:             first(getenv("CI_JOB_URL"), getenv("CI_PIPELINE_URL")),
		Workspace:       getenv("CI_PROJECT_DIR"),
	}
}

// woodpecker gives no numeric run ID of its own: the pipeline's number is unique within the repository. Drone's names are
// the fallback.
func woodpecker(getenv func(string) string) Run {
	number := first(getenv("CI_PIPELINE_NUMBER"), getenv("DRONE_BUILD_NUMBER"))
	return Run{
		Platform:        "woodpecker",
		Server:          first(getenv("CI_SYSTEM_URL"), getenv("DRONE_SYSTEM_PROTO")+"://"+getenv("DRONE_SYSTEM_HOST")),
		Repository:      first(getenv("CI_REPO"), getenv("DRONE_REPO")),
		RepositoryID:    getenv("CI_REPO_REMOTE_ID"),
		RunID:           number,
		RunNumber:       number,
		Attempt:         1,
		Job:             first(getenv("CI_WORKFLOW_NAME"), getenv("DRONE_STAGE_NAME")),
		Step:            first(getenv("CI_STEP_NAME"), getenv("DRONE_STEP_NAME")),
		Actor:           first(getenv("CI_COMMIT_AUTHOR"), getenv("DRONE_COMMIT_AUTHOR")),
		TriggeringActor: first(getenv("CI_PIPELINE_AUTHOR"), getenv("CI_COMMIT_AUTHOR"), getenv("DRONE_BUILD_TRIGGER")),
		Ref:             first(getenv("CI_COMMIT_REF"), getenv("DRONE_COMMIT_REF")),
		SHA:             first(getenv("CI_COMMIT_SHA"), getenv("DRONE_COMMIT_SHA")),
		Event:           first(getenv("CI_PIPELINE_EVENT"), getenv("DRONE_BUILD_EVENT")),
		URL:             first(getenv("CI_PIPELINE_URL"), getenv("DRONE_BUILD_LINK")),
		Workspace:       first(getenv("CI_WORKSPACE"), getenv("DRONE_WORKSPACE")),
	}
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

func first(values ...string) string {
	for _, value := range values {
		if value != "" {
			return value
		}
	}
	return ""
}
