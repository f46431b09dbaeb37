package config

import (
	"slices"

	"slipway/internal/config/hostlist"
	"slipway/internal/config/keys"
	"slipway/internal/deploy"
)

// hosts judges the hosts of one environment, and fills in names and roles. vars are those of the file and its
// environment entry; the input's are laid over a host's own. deployPath is that of hosts that have none of their own.
func (l *loader) hosts(entries []keys.Host, deployPath string, vars, inputVars map[string]string) []deploy.Host {
	t := taken{loader: l, names: map[string]deploy.Position{}, addresses: map[string]deploy.Position{}, primaries: map[string]string{}}
	var hosts []deploy.Host
	for _, entry := range entries {
		if !entry.Address.Given() {
			continue // a problem already
		}
		address, alias, err := l.address(entry.Address.V)
		if err != nil {
			l.problem(entry.Address.At(), "", "%s", err.Error())
			continue
		}
		h := deploy.Host{Address: address, Primary: entry.Primary.V, NoRelease: !entry.Release.V, At: entry.Node.At, Roles: l.hostRoles(entry.Roles)}
		if h.NoRelease && h.Primary {
			l.problem(entry.Primary.At(), "drop one of the two", "a host without releases cannot be primary")
		}
		if h.DeployPath = deployPath; entry.DeployPath.Given() {
			h.DeployPath = l.deployPath(entry.DeployPath)
		}
		t.name(&h, entry, alias)
		t.primary(h, entry)
		h.Vars = merged(vars, l.vars(entry.Vars), inputVars)
		hosts = append(hosts, h)
	}
	return hosts
}

// hostRoles are the roles of a host, each once.
func (l *loader) hostRoles(written []keys.Text) []string {
	var roles []string
	for _, role := range written {
		if !hostlist.IsRole(role.V) {
			l.problem(role.At(), "letters, digits, _ and -", "`%s` cannot name a role", role.V)
		} else if !slices.Contains(roles, role.V) {
			roles = append(roles, role.V)
		}
	}
	if len(roles) == 0 {
		return []string{DefaultRole}
	}
	return roles
}

// taken is what hosts before this one have for themselves.
type taken struct {
	*loader
	names, addresses map[string]deploy.Position
	primaries        map[string]string // host by role
}

// name gives a host its name, which no other has: the one written, or what it is called where it was written.
func (t *taken) name(h *deploy.Host, entry keys.Host, alias string) {
	at := entry.Name.At()
	if h.Name = entry.Name.V; !entry.Name.Given() {
		h.Name, at = alias, h.At
		if _, known := t.names[h.Name]; known {
			h.Name = h.Address.HostPort()
		}
	}
	switch {
	case !hostlist.IsHostName(h.Name):
		t.problem(at, "letters, digits, . _ and -", "`%s` cannot name a host", h.Name)
	case h.Name == deploy.FleetName:
		t.problem(at, "choose another", "`fleet` stands for all hosts together")
	}
	full := h.Address.User + "@" + h.Address.HostPort() + h.DeployPath
	if first, twice := t.addresses[full]; twice {
		t.problem(entry.Address.At(), "for two on one machine, give each its own `deploy_path`", "%s is here twice, first at %s", h.Address, first)
	} else if first, twice := t.names[h.Name]; twice {
		t.problem(at, "give each host its own `name`", "two hosts are named `%s`, the first at %s", h.Name, first)
	} else {
		t.addresses[full], t.names[h.Name] = entry.Address.At(), at
	}
}

// primary judges whether a host is the only primary of its roles.
func (t *taken) primary(h deploy.Host, entry keys.Host) {
	if !h.Primary {
		return
	}
	for _, role := range h.Roles {
		if other, known := t.primaries[role]; known {
			t.problem(entry.Primary.At(), "steps that run once run on one host", "`%s` and `%s` are both primary for the role `%s`", other, h.Name, role)
			continue
		}
		t.primaries[role] = h.Name
	}
}
