package ci

import "cmp"

func gitlab() platform {
	return platform{
		name: "gitlab",
		here: func(getenv func(string) string) bool { return getenv("GITLAB_CI") == "true" },
		run:  gitlabRun,
		log:  NewGitLab,
	}
}

// gitlabRun goes by the variables of https://docs.gitlab.com/ci/variables/predefined_variables/. The pipeline is the run. Its ID counts over
// all projects, so that it is an order within one as well, and is the number that its page shows. A job that is retried gets an ID of its own,
// within the same pipeline and with the same name, and nothing says which attempt that is.
func gitlabRun(getenv func(string) string) Run {
	run := Run{
		Platform:        "gitlab",
		Server:          getenv("CI_SERVER_URL"),
		Repository:      getenv("CI_PROJECT_PATH"),
		RepositoryID:    getenv("CI_PROJECT_ID"),
		RunID:           getenv("CI_PIPELINE_ID"),
		RunNumber:       getenv("CI_PIPELINE_ID"),
		Job:             getenv("CI_JOB_NAME"),
		Actor:           getenv("GITLAB_USER_LOGIN"),
		TriggeringActor: getenv("GITLAB_USER_LOGIN"),
		Ref:             cmp.Or(ref(getenv("CI_COMMIT_TAG"), getenv("CI_COMMIT_BRANCH")), getenv("CI_MERGE_REQUEST_REF_PATH")),
		SHA:             getenv("CI_COMMIT_SHA"),
		Event:           getenv("CI_PIPELINE_SOURCE"),
		URL:             cmp.Or(getenv("CI_JOB_URL"), getenv("CI_PIPELINE_URL")),
		Workspace:       getenv("CI_PROJECT_DIR"),
	}
	run.Again = "Retry"
	run.Dispatched = run.Event == "web"
	// A child pipeline of a merge request's has another source, and the merge request's variables.
	run.Proposed = run.Event == "merge_request_event" || run.Event == "external_pull_request_event" || getenv("CI_MERGE_REQUEST_IID") != ""
	// A fork's merge request runs in the fork, without the project's variables, unless a member of the project starts the pipeline in it.
	from, project := getenv("CI_MERGE_REQUEST_SOURCE_PROJECT_ID"), getenv("CI_MERGE_REQUEST_PROJECT_ID")
	if run.Proposed && from != project && getenv("CI_PROJECT_ID") == project {
		run.Exposed = "a run of a fork's merge request in the project itself"
	}
	return run
}
