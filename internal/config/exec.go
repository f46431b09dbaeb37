package config

import (
	"slices"
	"strings"

	"github.com/slipway/slipway/internal/cookbook"
	"github.com/slipway/slipway/internal/deploy"
)

// exec takes the command and the hosts of `exec` from its inputs.
func (l *loader) exec(c *Config) {
	if l.command != "exec" {
		return
	}
	c.Exec = l.in.Run
	if strings.TrimSpace(c.Exec) == "" {
		l.problem(deploy.InInput("run", 0, 0), "`slipway exec ... -- COMMAND`, or the input `run`", "exec has no command")
	} else if problem := cookbook.ScriptProblem(inputScript("run", c.Exec), "sh"); problem != nil {
		l.problems = append(l.problems, *problem)
	}
	names, roles := fields(l.in.Host), fields(l.in.Role)
	l.hostsNamed(names, c)
	for _, role := range roles {
		if !slices.ContainsFunc(c.Hosts, func(h deploy.Host) bool { return slices.Contains(h.Roles, role) }) {
			l.problem(deploy.InInput("role", 0, 0), alternatives(role, rolesOf(c.Hosts)), "no host has the role `%s`", role)
		}
	}
	c.Hosts = slices.DeleteFunc(c.Hosts, func(h deploy.Host) bool {
		return len(names) > 0 && !slices.Contains(names, h.Name) || !h.HasRole(roles)
	})
	if len(c.Hosts) == 0 && len(l.problems) == 0 {
		l.problem(deploy.InInput("host", 0, 0), "leave out one of the two", "no host has that name and that role")
	}
}

// oneHost judges the host that logs and resolve are about.
func (l *loader) oneHost(c *Config) {
	if l.in.Host != "" && (l.command == "logs" || l.command == "resolve") {
		l.hostsNamed([]string{l.in.Host}, c)
	}
}

// hostsNamed judges the names that the input host gives.
func (l *loader) hostsNamed(names []string, c *Config) {
	all := deploy.HostNames(c.Hosts)
	for _, name := range names {
		if len(all) > 0 && !slices.Contains(all, name) {
			l.problem(deploy.InInput("host", 0, 0), alternatives(name, all), "no host is named `%s`", name)
		}
	}
}

// fields are the words of an input, between spaces, commas and line ends.
func fields(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' || r == '\n' || r == '\r' || r == '\t' })
}

// trusted refuses what changes hosts in a run that whoever opens a pull request can shape, and that is given secrets all the same.
func (l *loader) trusted() {
	if l.env.Exposed != "" && (l.live() || upkeep(l.command)) {
		l.problem(deploy.Position{}, "run it on a push, or by hand; a pull request's own code and deploy file never meet the hosts' key",
			"%s may not %s", l.env.Exposed, l.command)
	}
}

func upkeep(command string) bool { return deploy.Header{Command: command}.Upkeep() }
