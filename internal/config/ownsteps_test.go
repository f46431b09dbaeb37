package config

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/slipway/slipway/internal/ci"
	"github.com/slipway/slipway/internal/deploy"
)

// Steps are those of the artifact's own deploy file, with the recipes beside it; hosts and policy stay the checkout's.
func TestOwnSteps(t *testing.T) {
	t.Parallel()
	checkout := fstest.MapFS{"slipway.yml": {Data: []byte(`
app: site
deploy_path: /srv/site
keep_releases: 7
vars: {PORT: "8001", NEW: "1"}
secrets: [TOKEN]
prepare: [{name: New, run: make new}]
environments:
  production:
    hosts_from: hosts.json
    allow: {refs: [refs/heads/main]}
    finish: [{name: Tell, run: tell}]
`)}, "hosts.json": {Data: []byte(`["deploy@today.example.com"]`)}}
	artifact := fstest.MapFS{
		"slipway.yml": {Data: []byte(`
extends: common.yml
app: forged
deploy_path: /elsewhere
keep_releases: 1
hosts: [mallory@example.com]
vars: {PORT: "1", OLD: "yes"}
secrets: [TOKEN, SALT]
prepare: [{name: Old, uses: ./mark}]
environments:
  production:
    deploy_path: /elsewhere
    allow: {refs: ["**"]}
    activate: {restart: {name: Restart, run: restart old}}
`)},
		"common.yml": {Data: []byte("migrate: [{name: Shared, run: migrate old}]\n")},
		"hosts.json": {Data: []byte(`["mallory@example.com"]`)},
		"mark.yml":   {Data: []byte("name: mark\ndescription: Marks.\nrun: touch mark-of-old\n")},
	}
	in := ci.Inputs{Environment: "production", SSHKey: "KEY", KnownHosts: "today.example.com ssh-ed25519 AAAA", Secrets: "TOKEN=a\nSALT=b", GitHubArtifact: "site"}
	c, err := Load(in, checkout, Env{Artifact: artifact})
	if err != nil {
		t.Fatal(err)
	}
	if c.App != "site" || c.DeployPath != "/srv/site" || c.KeepReleases != 7 || len(c.Hosts) != 1 || c.Hosts[0].Address.Host != "today.example.com" || len(c.Allow.Refs) != 1 || c.Allow.Refs[0].Text != "refs/heads/main" {
		t.Errorf("the policy is not the checkout's: %+v", c)
	}
	if !c.OwnSteps || len(c.Prepare) != 1 || !strings.Contains(c.Prepare[0].Run, "touch mark-of-old") || len(c.Migrate) != 1 || len(c.Finish) != 0 || c.Activation[""].Restart[0].Run != "restart old" {
		t.Errorf("the steps are not the artifact's: %+v, %+v", c.Prepare, c.Finish)
	}
	if got := c.Prepare[0].At; got != (deploy.Position{File: "slipway.yml of the artifact", Line: 9, Column: 11}) {
		t.Errorf("the step stands at %v", got)
	}
	if c.Vars["PORT"] != "8001" || c.Vars["NEW"] != "1" || c.Vars["OLD"] != "yes" || strings.Join(c.Prepare[0].Secrets, " ") != "TOKEN SALT" {
		t.Errorf("variables %v, secrets %v", c.Vars, c.Prepare[0].Secrets)
	}

	c, err = Load(in, checkout, Env{Artifact: fstest.MapFS{}})
	if err != nil || c.OwnSteps || c.Prepare[0].Run != "make new" {
		t.Errorf("of an artifact without a deploy file: %+v, %v", c, err)
	}
	for text, want := range map[string]string{
		"prepare: [{name: A, runs: x}]": "slipway.yml of the artifact:1:21: ",
		"extends: gone.yml":             "there is no file `gone.yml` of the artifact",
		"- no map":                      "slipway.yml of the artifact:1:1: a deploy file is a map of keys, not a list",
		"prepare: [":                    "slipway.yml of the artifact:1",
	} {
		_, err := Load(in, checkout, Env{Artifact: fstest.MapFS{"slipway.yml": {Data: []byte(text)}}})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
}
