package ci

import "cmp"

func gitlab() platform {
	return platform{
		name: "gitlab",
		here: func(getenv func(string) string) bool { return getenv("GITLAB_CI") == "true" },
		run:  gitlabRun,
	}
}

// gitlabRun: GitLab has no attempts: a retried job gets an ID of its own within the same pipeline, and the pipeline is the run.
func gitlabRun(getenv func(string) string) Run {
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
		URL:             cmp.Or(getenv("CI_JOB_URL"), getenv("CI_PIPELINE_URL")),
		Workspace:       getenv("CI_PROJECT_DIR"),
	}
}
