package ci

func bitbucket() platform {
	return platform{
		name: "bitbucket",
		here: func(getenv func(string) string) bool { return getenv("BITBUCKET_BUILD_NUMBER") != "" },
		run:  bitbucketRun,
	}
}

// bitbucketRun goes by the variables of https://support.atlassian.com/bitbucket-cloud/docs/variables-and-secrets/. A pipeline has its
// number within the repository; "Rerun failed steps" keeps it and counts the step's runs, "Rerun" is a pipeline with a number of its own.
// A step has no name there, and what started a pipeline is not said.
func bitbucketRun(getenv func(string) string) Run {
	run := Run{
		Platform:        "bitbucket",
		Server:          "https://bitbucket.org",
		Repository:      getenv("BITBUCKET_REPO_FULL_NAME"),
		RepositoryID:    getenv("BITBUCKET_REPO_UUID"),
		RunID:           getenv("BITBUCKET_BUILD_NUMBER"),
		RunNumber:       getenv("BITBUCKET_BUILD_NUMBER"),
		Attempt:         attempt(getenv("BITBUCKET_STEP_RUN_NUMBER")),
		Job:             getenv("BITBUCKET_PARALLEL_STEP"),
		TriggeringActor: getenv("BITBUCKET_STEP_TRIGGERER_UUID"),
		Actor:           getenv("BITBUCKET_STEP_TRIGGERER_UUID"),
		Ref:             ref(getenv("BITBUCKET_TAG"), getenv("BITBUCKET_BRANCH")),
		SHA:             getenv("BITBUCKET_COMMIT"),
		Workspace:       getenv("BITBUCKET_CLONE_DIR"),
	}
	run.Again = "Rerun failed steps"
	if run.Repository != "" {
		run.URL = run.Server + "/" + run.Repository + "/pipelines/results/" + run.RunID
	}
	if getenv("BITBUCKET_PR_ID") != "" {
		run.Event, run.Ref = "pull_request", ""
		proposedTo(&run)
	}
	return run
}
