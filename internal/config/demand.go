package config

import (
	"io/fs"
	"path"
	"slices"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/slipway/slipway/internal/config/keys"
	"github.com/slipway/slipway/internal/deploy"
)

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
		l.noHosts()
	}
	nowhere := func(h deploy.Host) bool { return h.DeployPath == "" }
	if !s.DeployPath.Given() && (len(c.Hosts) == 0 || slices.ContainsFunc(c.Hosts, nowhere)) {
		missing("deploy_path", "no deploy path: nobody said where on the hosts")
	}
}

// noHosts says that there are none; and, where the working directory is empty, why the deploy file that names them may not be there.
func (l *loader) noHosts() {
	hint := "set the input `hosts`, or `hosts` in " + l.file
	if entries, err := fs.ReadDir(l.files, "."); err == nil && len(entries) == 0 {
		hint += "; " + deploy.EmptyWorkspace
	}
	l.problem(deploy.InInput("hosts", 0, 0), hint, "no hosts: there is nowhere to deploy")
}
