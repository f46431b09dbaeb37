package config

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/slipway/slipway/internal/ci"
)

func tree(files ...string) fstest.MapFS {
	made := fstest.MapFS{}
	for i := 0; i < len(files); i += 2 {
		made[files[i]] = &fstest.MapFile{Data: []byte(files[i+1])}
	}
	return made
}

const protected = `
extends: common.yml
deploy_path: /srv/site
secrets: [TOKEN]
vars: {GREETING: good}
environments:
  production:
    allow: {actors: [anna]}
    provenance: {branches: [main]}
prepare: [{name: Old, run: echo old}]
`

const pulled = `
deploy_path: /srv/other
hosts: [evil@evil.example.com]
secrets: [TOKEN, OTHER]
vars: {GREETING: bad, NEW: "1"}
environments:
  production: {secrets: [OTHER], allow: {actors: [mallory]}, vars: {GREETING: worse, HERE: "2"}}
  mine: {hosts: [evil@evil.example.com]}
prepare: [{name: New, uses: ./warm}]
`

// What a pull request writes into its deploy file changes steps, and neither who may deploy, nor where, nor which secrets there are.
func TestPolicyOfABranch(t *testing.T) {
	in := ci.Inputs{Command: "deploy", Environment: "production", GitHubArtifact: "site", SSHKey: "k", KnownHosts: "k", Secrets: "TOKEN=t\nOTHER=o", App: "site"}
	policy := tree("slipway.yml", protected, "common.yml", "hosts: [deploy@good.example.com]")
	checkout := tree("slipway.yml", pulled, "warm.yml", "name: Warm\ndescription: Warms.\nrun: echo warm\n", "common.yml", "hosts: [evil@evil.example.com]")
	c, err := Load(in, checkout, Env{Policy: policy})
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Hosts) != 1 || c.Hosts[0].Address.Host != "good.example.com" || c.DeployPath != "/srv/site" {
		t.Errorf("hosts and deploy path: %v %s", c.Hosts, c.DeployPath)
	}
	if len(c.Allow.Actors) != 1 || c.Allow.Actors[0].Text != "anna" || c.Allow.Actors[0].At.File != "slipway.yml of policy_from" || c.Provenance == nil {
		t.Errorf("rules: %v %v", c.Allow.Actors, c.Provenance)
	}
	if _, known := c.Secrets["OTHER"]; known || len(c.Secrets) != 1 {
		t.Errorf("secrets: %v", c.Secrets)
	}
	if len(c.Prepare) != 1 || c.Prepare[0].Name != "New" || !strings.Contains(c.Prepare[0].Run, "echo warm") {
		t.Errorf("steps: %v", c.Prepare)
	}
	if c.Vars["GREETING"] != "good" || c.Vars["NEW"] != "1" || c.Vars["HERE"] != "2" {
		t.Errorf("vars: %v", c.Vars)
	}
	in.Environment = "mine"
	if _, err := Load(in, checkout, Env{Policy: policy}); err == nil || !strings.Contains(err.Error(), "no environment `mine`") {
		t.Errorf("an environment that only the pull request has: %v", err)
	}
	in.Environment = "production"
	if _, err := Load(in, checkout, Env{Policy: tree()}); err == nil || !strings.Contains(err.Error(), "the branch has no file `slipway.yml`") {
		t.Errorf("a branch without a deploy file: %v", err)
	}

	// Without a checkout everything is the branch's; with an artifact of another commit the steps are the artifact's.
	c, err = Load(in, tree(), Env{Policy: policy})
	if err != nil || len(c.Prepare) != 1 || c.Prepare[0].Name != "Old" {
		t.Errorf("no checkout: %v %v", c, err)
	}
	c, err = Load(in, checkout, Env{Policy: policy, Artifact: tree("slipway.yml", "secrets: [OTHER]\nprepare: [{name: Its own, run: echo}]")})
	if err != nil || !c.OwnSteps || len(c.Prepare) != 1 || c.Prepare[0].Name != "Its own" || len(c.Secrets) != 1 {
		t.Errorf("an artifact: %v %v", c, err)
	}
}

// A step that asks for a secret which the branch does not name is refused, whoever wrote it.
func TestPolicySecretsOfSteps(t *testing.T) {
	in := ci.Inputs{Command: "deploy", Environment: "production", GitHubArtifact: "site", SSHKey: "k", KnownHosts: "k", Secrets: "TOKEN=t\nOTHER=o", App: "site"}
	policy := tree("slipway.yml", protected, "common.yml", "hosts: [deploy@good.example.com]")
	_, err := Load(in, tree("slipway.yml", "secrets: [OTHER]\nprepare: [{name: Steal, run: echo, secrets: [OTHER]}]"), Env{Policy: policy})
	if err == nil || !slices.ContainsFunc(strings.Split(err.Error(), "\n"), func(line string) bool { return strings.Contains(line, "OTHER") }) {
		t.Errorf("%v", err)
	}
}
