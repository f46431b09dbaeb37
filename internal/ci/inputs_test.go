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
		{"GitLab, a variable that there is not", map[string]string{"GITLAB_CI": "true", "INPUT_SSH_KEY": "$SSH_KEY"}, func(i Inputs) string { return i.SSHKey }, ""},
		{"GitLab, the same in braces", map[string]string{"GITLAB_CI": "true", "INPUT_KNOWN_HOSTS": "${KNOWN_HOSTS}"}, func(i Inputs) string { return i.KnownHosts }, ""},
		{"GitLab, more than that", map[string]string{"GITLAB_CI": "true", "INPUT_PREPARE": "$HOME/x"}, func(i Inputs) string { return i.Prepare }, "$HOME/x"},
		{"GitLab, a secret that there is not", map[string]string{"GITLAB_CI": "true", "INPUT_SECRETS": "A=$A\nB=x$B\nC=${C}"}, func(i Inputs) string { return i.Secrets }, "A=\nB=x$B\nC="},
		{"GitLab, a block", map[string]string{"GITLAB_CI": "true", "INPUT_SECRETS": "A<<END\nB=$B\nEND"}, func(i Inputs) string { return i.Secrets }, "A<<END\nB=$B\nEND"},
		{"elsewhere it is a text", map[string]string{"INPUT_SSH_KEY": "$SSH_KEY"}, func(i Inputs) string { return i.SSHKey }, "$SSH_KEY"},
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
	if fields := reflect.TypeFor[Inputs]().NumField() - 3; len(seen) != fields {
		t.Errorf("%d names for %d fields", len(seen), fields)
	}
}
