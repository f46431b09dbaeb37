package config

import (
	"cmp"
	"path"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"slipway/internal/config/keys"
	"slipway/internal/deploy"
)

// allow judges whether this run's ref may deploy here.
func (l *loader) allow(refs []keys.Text, c *Config) {
	allowed := len(refs) == 0
	for _, ref := range refs {
		c.AllowRefs = append(c.AllowRefs, ref.V)
		matched, err := doublestar.Match(ref.V, l.env.Ref)
		if err != nil {
			l.problem(ref.At(), "", "`%s` is no pattern of refs", ref.V)
		} else if !strings.HasPrefix(ref.V, "refs/") {
			l.problem(ref.At(), "write refs/heads/"+ref.V+" for a branch, refs/tags/"+ref.V+" for a tag", "`%s` is no whole ref", ref.V)
		}
		allowed = allowed || matched
	}
	if l.live() && !allowed && l.env.Ref != "" {
		l.problem(refs[0].At(), "allow.refs has "+strings.Join(c.AllowRefs, ", "), "`%s` may not deploy to %s", l.env.Ref, cmp.Or(c.Environment, "these hosts"))
	}
}

// patterns are paths with wildcards.
func (l *loader) patterns(list []keys.Text) []string {
	var patterns []string
	for _, pattern := range list {
		if !doublestar.ValidatePattern(pattern.V) {
			l.problem(pattern.At(), "* stands for a name or a part of one, ** for any folders", "`%s` is no pattern of paths", pattern.V)
		}
		patterns = append(patterns, path.Clean(pattern.V))
	}
	return patterns
}

// demand asks for what a command that goes to hosts cannot do without.
func (l *loader) demand(s keys.Settings, c *Config) {
	if !l.remote() || l.unread {
		return
	}
	missing := func(input, message string) {
		l.problem(deploy.InInput(input, 0, 0), "set the input `"+input+"`, or `"+input+"` in "+l.file, "%s", message)
	}
	if c.App == "" && l.live() {
		missing("app", "no application: outside CI it needs a name")
	}
	if !s.Artifact.Given() && c.Remote == nil && TakesArtifact(l.command) && l.command != "promote" {
		missing("artifact", "no artifact: there is nothing to deploy")
	}
	if len(s.Hosts) == 0 && !s.HostsFrom.Given() {
		missing("hosts", "no hosts: there is nowhere to deploy")
	}
	nowhere := func(h deploy.Host) bool { return h.DeployPath == "" }
	if !s.DeployPath.Given() && (len(c.Hosts) == 0 || slices.ContainsFunc(c.Hosts, nowhere)) {
		missing("deploy_path", "no deploy path: nobody said where on the hosts")
	}
}
