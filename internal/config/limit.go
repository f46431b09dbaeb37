package config

import (
	"slices"
	"strings"

	"github.com/slipway/slipway/internal/config/hostlist"
	"github.com/slipway/slipway/internal/deploy"
)

// limit leaves the hosts that the input limit selects, by name, role or range. Those without releases stay in any case: what they
// do for the others, a balancer's drains, is needed, and nothing is deployed to them.
func (l *loader) limit(c *Config) {
	if strings.TrimSpace(l.in.Limit) == "" || len(c.Hosts) == 0 {
		return
	}
	selected := map[string]bool{}
	for _, item := range l.inputList("limit", l.in.Limit).Items {
		for _, word := range strings.FieldsFunc(item.Text, func(r rune) bool { return strings.ContainsRune(" \t,;", r) }) {
			l.selectBy(word, item.At, c.Hosts, selected)
		}
	}
	if len(selected) == 0 {
		return // a problem already; without hosts it would bring others
	}
	left := slices.DeleteFunc(slices.Clone(c.Hosts), func(h deploy.Host) bool { return !selected[h.Name] && !h.NoRelease })
	switch {
	case l.command == "join":
		l.problem(inputAt("limit"), "drop it", "join goes to the hosts that lack the release by itself, and asks the others which that is")
	case len(deploy.WithRelease(left)) == 0:
		l.problem(inputAt("limit"), "hosts without releases take part in any case", "`limit` selects no host that gets a release")
	case len(left) < len(c.Hosts):
		c.Unlimited, c.Hosts = c.Hosts, left
	}
}

// selectBy adds what one word of limit selects: the hosts of a name or a range of names, else those of a role.
func (l *loader) selectBy(word string, at deploy.Position, hosts []deploy.Host, selected map[string]bool) {
	names, err := hostlist.Expand(word)
	if err != nil {
		l.problem(at, "", "%s", err.Error())
		return
	}
	known := deploy.HostNames(hosts)
	for _, name := range names {
		if slices.Contains(known, name) {
			selected[name] = true
			continue
		}
		found := false
		for _, h := range hosts {
			if slices.Contains(h.Roles, name) {
				selected[h.Name], found = true, true
			}
		}
		if !found {
			l.problem(at, "there are the hosts "+someOf(known)+"; the roles "+someOf(rolesOf(hosts)), "`limit` names `%s`, which is no host and no role here", name)
		}
	}
}

// rolesOf are the roles that hosts have, in order.
func rolesOf(hosts []deploy.Host) []string {
	var roles []string
	for _, h := range hosts {
		for _, role := range h.Roles {
			if !slices.Contains(roles, role) {
				roles = append(roles, role)
			}
		}
	}
	return roles
}
