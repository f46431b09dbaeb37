package ci

import (
	"net/url"
	"path"
	"strings"
)

func jenkins() platform {
	return platform{
		name: "jenkins",
		// JENKINS_URL alone is also what people set for Jenkins' command line.
		here: func(getenv func(string) string) bool {
			return getenv("BUILD_NUMBER") != "" && strings.HasPrefix(getenv("BUILD_TAG"), "jenkins-")
		},
		run: jenkinsRun,
	}
}

// jenkinsRun goes by the variables of a Jenkins' page env-vars.html, of its Git plugin and of multibranch pipelines. A build has its
// number within its job, which is a branch where there is one for each: builds of two jobs have no order. What started a build is not
// said, and one that is started again, or from a stage, is a build with a number of its own.
func jenkinsRun(getenv func(string) string) Run {
	run := Run{
		Platform:        "jenkins",
		Server:          strings.TrimSuffix(getenv("JENKINS_URL"), "/"),
		Repository:      repositoryOf(getenv("GIT_URL")),
		RepositoryID:    getenv("JOB_NAME"),
		RunID:           getenv("BUILD_NUMBER"),
		RunNumber:       getenv("BUILD_NUMBER"),
		Attempt:         1,
		Job:             getenv("STAGE_NAME"),
		Actor:           getenv("BUILD_USER_ID"), // of the plugin build-user-vars
		TriggeringActor: getenv("BUILD_USER_ID"),
		SHA:             getenv("GIT_COMMIT"),
		URL:             getenv("BUILD_URL"),
		Workspace:       getenv("WORKSPACE"),
	}
	branch := getenv("BRANCH_NAME")
	if branch == "" {
		branch = strings.TrimPrefix(getenv("GIT_BRANCH"), "origin/")
	}
	proposed, fork := changeRequest(getenv)
	if !proposed {
		run.Ref = ref(getenv("TAG_NAME"), branch)
		return run
	}
	run.Event, run.Proposed = "pull_request", true // Jenkins' own word is a change request
	if fork {
		run.Exposed = "a run of a fork's change request"
	}
	return run
}

// changeRequest reports whether a build is of a change that nobody has merged yet, and whether that may be a fork's. A multibranch pipeline
// says so; in other jobs the plugins ghprb and gitlab-plugin do, for which GIT_BRANCH may be the name of a fork's branch.
func changeRequest(getenv func(string) string) (proposed, fork bool) {
	var from, to string
	switch {
	case getenv("CHANGE_ID") != "":
		return true, getenv("CHANGE_FORK") != ""
	case getenv("ghprbPullId") != "":
		from, to = repositoryOf(getenv("ghprbAuthorRepoGitUrl")), getenv("ghprbGhRepository")
	case getenv("gitlabMergeRequestIid") != "" && getenv("gitlabMergeRequestState") != "merged":
		from, to = getenv("gitlabSourceRepoHttpUrl"), getenv("gitlabTargetRepoHttpUrl")
	default:
		return false, false
	}
	return true, from == "" || !strings.EqualFold(from, to)
}

// repositoryOf is owner/name of a repository's address, which may be one of scp; "" where there is none.
func repositoryOf(address string) string {
	where := address
	if parsed, err := url.Parse(address); err == nil && parsed.Host != "" {
		where = parsed.Path
	} else if _, after, scp := strings.Cut(address, ":"); scp {
		where = after
	}
	where = strings.TrimSuffix(strings.Trim(where, "/"), ".git")
	if where == "" {
		return ""
	}
	return path.Join(path.Base(path.Dir(where)), path.Base(where))
}
