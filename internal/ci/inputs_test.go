package ci

import (
	"reflect"
	"strings"
	"testing"
)

func lookupEnv(env map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) { value, ok := env[name]; return value, ok }
}

func TestFromEnv(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		env  map[string]string
		get  func(Inputs) string
		want string
	}{
		{"github", map[string]string{"INPUT_DEPLOY_PATH": "/srv"}, func(i Inputs) string { return i.DeployPath }, "/srv"},
		{"hyphens", map[string]string{"INPUT_DEPLOY-PATH": "/srv"}, func(i Inputs) string { return i.DeployPath }, "/srv"},
		{"plugin", map[string]string{"PLUGIN_DEPLOY_PATH": "/srv"}, func(i Inputs) string { return i.DeployPath }, "/srv"},
		{"input before plugin", map[string]string{"PLUGIN_APP": "b", "INPUT_APP": "a"}, func(i Inputs) string { return i.App }, "a"},
		{"empty input, plugin", map[string]string{"PLUGIN_APP": "b", "INPUT_APP": ""}, func(i Inputs) string { return i.App }, "b"},
		{"a bare variable is none", map[string]string{"HOSTS": "evil", "DEPLOY_PATH": "/evil", "INPUTS_HOSTS": "x"}, func(i Inputs) string { return i.Hosts + i.DeployPath }, ""},
		{"spaces only", map[string]string{"INPUT_APP": "  "}, func(i Inputs) string { return i.App }, ""},
		{"kept as given", map[string]string{"INPUT_SSH_KEY": "\n-----BEGIN\n"}, func(i Inputs) string { return i.SSHKey }, "\n-----BEGIN\n"},
		{"plugin list", map[string]string{"PLUGIN_SHARED_DIRS": "media,logs"}, func(i Inputs) string { return i.SharedDirs }, "media\nlogs"},
		{"plugin list as JSON", map[string]string{"PLUGIN_SHARED_DIRS": `["media","logs"]`}, func(i Inputs) string { return i.SharedDirs }, "media\nlogs"},
		{"plugin script with commas", map[string]string{"PLUGIN_RESTART": "a, b, c"}, func(i Inputs) string { return i.Restart }, "a, b, c"},
		{"plugin variables", map[string]string{"PLUGIN_VARS": "A=1,B=2, C=x,y"}, func(i Inputs) string { return i.Vars }, "A=1\nB=2\nC=x,y"},
		{"plugin variables, lines", map[string]string{"PLUGIN_VARS": "A=1,B=2\nC=3"}, func(i Inputs) string { return i.Vars }, "A=1,B=2\nC=3"},
		{"plugin map", map[string]string{"PLUGIN_VARS": `{"A":"1,2"}`}, func(i Inputs) string { return i.Vars }, `{"A":"1,2"}`},
		{"input list keeps commas", map[string]string{"INPUT_SHARED_DIRS": "a,b"}, func(i Inputs) string { return i.SharedDirs }, "a,b"},
	} {
		if got := test.get(FromEnv(lookupEnv(test.env))); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}

func TestGiven(t *testing.T) {
	t.Parallel()
	in := FromEnv(lookupEnv(map[string]string{"INPUT_SSH_KEY": "", "INPUT_APP": "x"}))
	if want := map[string]bool{"ssh_key": true, "app": true}; !reflect.DeepEqual(in.Given, want) {
		t.Errorf("given %v, want %v", in.Given, want)
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, doc := range Names() {
		if doc.Help == "" || !strings.HasSuffix(doc.Help, ".") {
			t.Errorf("%s: its help is no sentence: %q", doc.Name, doc.Help)
		}
		if seen[doc.Name] || doc.Name != strings.ToLower(doc.Name) || strings.ContainsAny(doc.Name, "- ") {
			t.Errorf("%s: not a name of its own in lower case with underscores", doc.Name)
		}
		seen[doc.Name] = true
	}
	if fields := reflect.TypeFor[Inputs]().NumField() - 2; len(seen) != fields {
		t.Errorf("%d names for %d fields", len(seen), fields)
	}
}

func TestDetect(t *testing.T) {
	t.Parallel()
	github := map[string]string{
		"GITHUB_ACTIONS": "true", "GITHUB_SERVER_URL": "https://github.com", "GITHUB_REPOSITORY": "acme/shop",
		"GITHUB_REPOSITORY_ID": "77", "GITHUB_RUN_ID": "9001", "GITHUB_RUN_NUMBER": "412", "GITHUB_RUN_ATTEMPT": "2",
		"GITHUB_JOB": "deploy", "GITHUB_ACTION": "slipway", "GITHUB_ACTOR": "anna", "GITHUB_TRIGGERING_ACTOR": "ben",
		"GITHUB_REF": "refs/heads/production", "GITHUB_SHA": "1a2b", "GITHUB_EVENT_NAME": "push", "GITHUB_WORKSPACE": "/github/workspace",
	}
	want := Run{
		Platform: "github", Server: "https://github.com", Repository: "acme/shop", RepositoryID: "77", RunID: "9001",
		RunNumber: "412", Attempt: 2, Job: "deploy", Step: "slipway", Actor: "anna", TriggeringActor: "ben",
		Ref: "refs/heads/production", SHA: "1a2b", Event: "push", URL: "https://github.com/acme/shop/actions/runs/9001",
		Workspace: "/github/workspace",
	}
	getenv := func(name string) string { return github[name] }
	if got := Detect(getenv); got != want {
		t.Errorf("github: %+v", got)
	}
	github["GITEA_ACTIONS"] = "true"
	if got := Detect(getenv); got.Platform != "gitea" || got.URL != "https://github.com/acme/shop/actions/runs/412" {
		t.Errorf("gitea: %+v", got)
	}
	for platform, env := range map[string]map[string]string{
		"gitlab":     {"GITLAB_CI": "true", "CI_COMMIT_BRANCH": "main", "CI_PIPELINE_ID": "5", "CI_JOB_NAME": "deploy"},
		"woodpecker": {"CI_SYSTEM_NAME": "woodpecker", "CI_COMMIT_REF": "refs/heads/main", "CI_PIPELINE_NUMBER": "5", "CI_WORKFLOW_NAME": "deploy"},
	} {
		got := Detect(func(name string) string { return env[name] })
		if got.Platform != platform || got.Ref != "refs/heads/main" || got.RunID != "5" || got.Job != "deploy" || got.Attempt != 1 {
			t.Errorf("%s: %+v", platform, got)
		}
	}
	if got := Detect(func(string) string { return "" }); got != (Run{}) {
		t.Errorf("outside CI: %+v", got)
	}
}
