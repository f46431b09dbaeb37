package ci_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway/slipway/internal/ci"
	"github.com/slipway/slipway/internal/ci/citest"
)

const sha = "1a2b3c4d5e6f708192a3b4c5d6e7f80910111213"

func detected(name string, changes map[string]string) ci.Run {
	env := citest.Environment(name, changes)
	return ci.Detect(func(name string) string { return env[name] })
}

// TestDetect: each CI is recognised by what it sets, and says which run it is.
func TestDetect(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]ci.Run{
		"github": {
			Platform: "github", Server: "https://github.com", API: "https://api.github.com", Repository: "acme/site", RepositoryID: "77",
			RunID: "9001", RunNumber: "412", Attempt: 2, Job: "deploy", Step: "slipway", Actor: "anna", TriggeringActor: "ben", Event: "push",
			URL: "https://github.com/acme/site/actions/runs/9001", Workspace: "/github/workspace", Again: "Re-run failed jobs", Summary: true,
		},
		"gitea": { // its runner sets no attempt and no ID of the repository
			Platform: "gitea", Server: "https://gitea.example.com", Repository: "acme/site", RepositoryID: "acme/site",
			RunID: "901", RunNumber: "12", Job: "deploy", Step: "0", Actor: "anna", TriggeringActor: "anna", Event: "push",
			URL: "https://gitea.example.com/acme/site/actions/runs/12", Workspace: "/workspace/acme/site", Again: "Re-run",
		},
		"forgejo": {
			Platform: "gitea", Server: "https://codeberg.org", Repository: "acme/site", RepositoryID: "acme/site",
			RunID: "901", RunNumber: "12", Attempt: 1, Job: "deploy", Step: "0", Actor: "anna", TriggeringActor: "anna", Event: "push",
			URL: "https://codeberg.org/acme/site/actions/runs/12", Workspace: "/workspace/acme/site", Again: "Re-run",
		},
		"gitlab": {
			Platform: "gitlab", Server: "https://gitlab.example.com", Repository: "acme/web/site", RepositoryID: "77",
			RunID: "9001", RunNumber: "9001", Job: "deploy", Actor: "anna", TriggeringActor: "anna", Event: "push",
			URL: "https://gitlab.example.com/acme/web/site/-/jobs/55012", Workspace: "/builds/acme/web/site", Again: "Retry",
		},
		"woodpecker": {
			Platform: "woodpecker", Server: "https://ci.example.com", Repository: "acme/site", RepositoryID: "77",
			RunID: "412", RunNumber: "412", Attempt: 1, Job: "deploy", Step: "deploy", Actor: "anna", TriggeringActor: "anna", Event: "push",
			URL: "https://ci.example.com/repos/7/pipeline/412", Workspace: "/woodpecker/src/git.example.com/acme/site", Again: "Restart",
		},
		"drone": {
			Platform: "drone", Server: "https://drone.example.com", Repository: "acme/site", RepositoryID: "acme/site",
			RunID: "412", RunNumber: "412", Attempt: 1, Job: "deploy", Step: "deploy", Actor: "anna", Event: "push",
			URL: "https://drone.example.com/acme/site/412", Workspace: "/drone/src",
		},
		"bitbucket": {
			Platform: "bitbucket", Server: "https://bitbucket.org", Repository: "acme/site", RepositoryID: "{fe99db34-e979-40be-b383-c1a7738b52f7}",
			RunID: "412", RunNumber: "412", Attempt: 1, Actor: "{5a50dd52-5ab7-4225-831c-4db9451375a2}", TriggeringActor: "{5a50dd52-5ab7-4225-831c-4db9451375a2}",
			URL: "https://bitbucket.org/acme/site/pipelines/results/412", Workspace: "/opt/atlassian/pipelines/agent/build", Again: "Rerun failed steps",
		},
		"jenkins": {
			Platform: "jenkins", Server: "https://jenkins.example.com", Repository: "acme/site", RepositoryID: "acme/site/main",
			RunID: "412", RunNumber: "412", Attempt: 1, Job: "Deploy",
			URL: "https://jenkins.example.com/job/acme/job/site/job/main/412/", Workspace: "/var/jenkins_home/workspace/acme_site_main",
		},
	} {
		want.Ref, want.SHA = "refs/heads/main", sha
		want.Post = want.Platform == "github" || want.Platform == "gitea"
		if diff := cmp.Diff(want, detected(name, nil)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	for name, env := range map[string]map[string]string{
		"nothing":                   {},
		"a build by hand":           {"CI": "true", "BUILD_NUMBER": "5"},
		"Jenkins' command line":     {"JENKINS_URL": "https://jenkins.example.com"},
		"a variable named the CI's": {"GITLAB_CI": "false", "DRONE": "no"},
	} {
		if got := ci.Detect(func(name string) string { return env[name] }); got != (ci.Run{}) {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// Whose change a run is of decides whether its deploy file may meet secrets; who started it, whether it stands above the order.
func TestDetectKinds(t *testing.T) {
	t.Parallel()
	type kind struct {
		proposed, exposed, dispatched bool
		ref                           string
	}
	branch := kind{ref: "refs/heads/main"}
	forked := map[string]string{
		"CI_PIPELINE_SOURCE": "merge_request_event", "CI_COMMIT_BRANCH": "", "CI_MERGE_REQUEST_IID": "5", "CI_MERGE_REQUEST_REF_PATH": "refs/merge-requests/5/head",
		"CI_MERGE_REQUEST_PROJECT_ID": "77", "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "99",
	}
	ghprb := map[string]string{
		"BRANCH_NAME": "", "GIT_BRANCH": "main", "ghprbPullId": "5", "ghprbGhRepository": "acme/site", "ghprbAuthorRepoGitUrl": "https://github.com/mallory/site.git",
	}
	gitlabs := map[string]string{
		"BRANCH_NAME": "", "gitlabMergeRequestIid": "5", "gitlabMergeRequestState": "opened",
		"gitlabSourceRepoHttpUrl": "https://gitlab.example.com/mallory/site.git", "gitlabTargetRepoHttpUrl": "https://gitlab.example.com/acme/site.git",
	}
	with := func(changes map[string]string, more ...string) map[string]string {
		all := map[string]string{}
		for key, value := range changes {
			all[key] = value
		}
		for i := 0; i < len(more); i += 2 {
			all[more[i]] = more[i+1]
		}
		return all
	}
	for name, test := range map[string]struct {
		ci      string
		changes map[string]string
		want    kind
	}{
		"GitHub, pull_request":           {"github", with(nil, "GITHUB_EVENT_NAME", "pull_request", "GITHUB_REF", "refs/pull/5/merge"), kind{proposed: true, ref: "refs/pull/5/merge"}},
		"GitHub, pull_request_target":    {"github", with(nil, "GITHUB_EVENT_NAME", "pull_request_target"), kind{proposed: true, exposed: true, ref: "refs/heads/main"}},
		"GitHub, dispatch":               {"github", with(nil, "GITHUB_EVENT_NAME", "workflow_dispatch"), kind{dispatched: true, ref: "refs/heads/main"}},
		"Forgejo, pull_request_target":   {"forgejo", with(nil, "GITHUB_EVENT_NAME", "pull_request_target"), kind{proposed: true, exposed: true, ref: "refs/heads/main"}},
		"GitLab, a push":                 {"gitlab", nil, branch},
		"GitLab, New pipeline":           {"gitlab", with(nil, "CI_PIPELINE_SOURCE", "web"), kind{dispatched: true, ref: "refs/heads/main"}},
		"GitLab, own merge request":      {"gitlab", with(forked, "CI_MERGE_REQUEST_SOURCE_PROJECT_ID", "77"), kind{proposed: true, ref: "refs/merge-requests/5/head"}},
		"GitLab, a fork's in the fork":   {"gitlab", with(forked, "CI_PROJECT_ID", "99"), kind{proposed: true, ref: "refs/merge-requests/5/head"}},
		"GitLab, a fork's in ours":       {"gitlab", forked, kind{proposed: true, exposed: true, ref: "refs/merge-requests/5/head"}},
		"GitLab, a child pipeline of it": {"gitlab", with(forked, "CI_PIPELINE_SOURCE", "parent_pipeline"), kind{proposed: true, exposed: true, ref: "refs/merge-requests/5/head"}},
		"GitLab, a tag":                  {"gitlab", with(nil, "CI_COMMIT_BRANCH", "", "CI_COMMIT_TAG", "v1"), kind{ref: "refs/tags/v1"}},
		"Woodpecker, a pull request":     {"woodpecker", with(nil, "CI_PIPELINE_EVENT", "pull_request", "CI_COMMIT_REF", "refs/pull/5/head"), kind{proposed: true, exposed: true, ref: "refs/pull/5/head"}},
		"Woodpecker, a closed one":       {"woodpecker", with(nil, "CI_PIPELINE_EVENT", "pull_request_closed"), kind{proposed: true, exposed: true, ref: "refs/heads/main"}},
		"Woodpecker, by hand":            {"woodpecker", with(nil, "CI_PIPELINE_EVENT", "manual"), kind{dispatched: true, ref: "refs/heads/main"}},
		"Drone, a pull request":          {"drone", with(nil, "DRONE_BUILD_EVENT", "pull_request", "DRONE_COMMIT_REF", "refs/pull/5/head"), kind{proposed: true, exposed: true, ref: "refs/pull/5/head"}},
		"Drone, promote":                 {"drone", with(nil, "DRONE_BUILD_EVENT", "promote"), kind{dispatched: true, ref: "refs/heads/main"}},
		"Bitbucket, a pull request":      {"bitbucket", with(nil, "BITBUCKET_PR_ID", "5", "BITBUCKET_BRANCH", "fix"), kind{proposed: true, exposed: true}},
		"Bitbucket, a tag":               {"bitbucket", with(nil, "BITBUCKET_BRANCH", "", "BITBUCKET_TAG", "v1"), kind{ref: "refs/tags/v1"}},
		"Jenkins, a change request":      {"jenkins", with(nil, "CHANGE_ID", "5", "BRANCH_NAME", "PR-5"), kind{proposed: true}},
		"Jenkins, a fork's":              {"jenkins", with(nil, "CHANGE_ID", "5", "BRANCH_NAME", "PR-5", "CHANGE_FORK", "mallory"), kind{proposed: true, exposed: true}},
		"Jenkins, ghprb":                 {"jenkins", with(ghprb, "ghprbAuthorRepoGitUrl", "https://github.com/acme/site.git"), kind{proposed: true}},
		"Jenkins, ghprb, a fork's":       {"jenkins", ghprb, kind{proposed: true, exposed: true}},
		"Jenkins, ghprb, a deleted fork": {"jenkins", with(ghprb, "ghprbAuthorRepoGitUrl", ""), kind{proposed: true, exposed: true}},
		"Jenkins, GitLab's":              {"jenkins", with(gitlabs, "gitlabSourceRepoHttpUrl", "https://gitlab.example.com/acme/site.git"), kind{proposed: true}},
		"Jenkins, GitLab's, a fork's":    {"jenkins", gitlabs, kind{proposed: true, exposed: true}},
		"Jenkins, GitLab's, merged":      {"jenkins", with(gitlabs, "gitlabMergeRequestState", "merged", "BRANCH_NAME", ""), branch},
		"Jenkins, GitLab's, a push":      {"jenkins", with(gitlabs, "gitlabMergeRequestIid", ""), branch},
		"Jenkins, no multibranch job":    {"jenkins", with(nil, "BRANCH_NAME", "", "GIT_BRANCH", "origin/main"), branch},
	} {
		run := detected(test.ci, test.changes)
		if got := (kind{run.Proposed, run.Exposed != "", run.Dispatched, run.Ref}); got != test.want {
			t.Errorf("%s: %+v, wanted %+v", name, got, test.want)
		}
	}
}

// A restart in Woodpecker is a further attempt of the pipeline that it restarts: an old one must not become the newest.
func TestRestartInWoodpecker(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		changes map[string]string
		id      string
		attempt int
	}{
		"a restart":                          {map[string]string{"CI_PIPELINE_PARENT": "405"}, "405", 412},
		"an ID over all repositories":        {map[string]string{"CI_PIPELINE_PARENT": "90210"}, "412", 1},
		"a deployment of an old pipeline":    {map[string]string{"CI_PIPELINE_PARENT": "405", "CI_PIPELINE_EVENT": "deployment"}, "412", 1},
		"the restart of one run by a person": {map[string]string{"CI_PIPELINE_PARENT": "405", "CI_PIPELINE_EVENT": "manual"}, "405", 412},
	} {
		run := detected("woodpecker", test.changes)
		if run.RunID != test.id || run.Attempt != test.attempt || run.Restart != (test.attempt > 1) || run.RunNumber != "412" {
			t.Errorf("%s: run %s, attempt %d, number %s", name, run.RunID, run.Attempt, run.RunNumber)
		}
	}
	if run := detected("drone", map[string]string{"DRONE_BUILD_TRIGGER": "ben"}); run.TriggeringActor != "ben" || run.Actor != "anna" {
		t.Errorf("Drone, started by ben: %+v", run)
	}
	if run := detected("bitbucket", map[string]string{"BITBUCKET_STEP_RUN_NUMBER": "3"}); run.Attempt != 3 {
		t.Errorf("Bitbucket, the third run of the step: attempt %d", run.Attempt)
	}
	for address, want := range map[string]string{"git@git.example.com:acme/site.git": "acme/site", "ssh://git@git.example.com:7999/acme/site.git": "acme/site", "": ""} {
		if run := detected("jenkins", map[string]string{"GIT_URL": address}); run.Repository != want {
			t.Errorf("Jenkins, %q: repository %q", address, run.Repository)
		}
	}
}
