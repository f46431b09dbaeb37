package config

import (
	"slices"

	"github.com/slipway/slipway/internal/config/hostlist"
	"github.com/slipway/slipway/internal/config/keys"
	"github.com/slipway/slipway/internal/deploy"
)

// hosts judges the hosts of one environment, and fills in names and roles. The input's variables are laid over a host's own.
func (l *loader) hosts(entries []keys.Host, c *Config, inputVars map[string]string) []deploy.Host {
	t := taken{loader: l, names: map[string]deploy.Position{}, addresses: map[string]deploy.Position{}, primaries: map[string]string{}}
	var hosts []deploy.Host
	for _, written := range entries {
		for _, entry := range l.eachOf(written) {
			if len(hosts) == mostHosts {
				l.problem(entry.Node.At, "", "there are more than %d hosts", mostHosts)
				return hosts
			}
			if h, ok := t.host(entry, c); ok {
				h.Vars = merged(c.Vars, l.vars(entry.Vars), inputVars)
				hosts = append(hosts, h)
			}
		}
	}
	return hosts
}

// eachOf are the hosts that an entry stands for: as many as the ranges in its address count.
func (l *loader) eachOf(entry keys.Host) []keys.Host {
	if !entry.Address.Given() {
		return nil // a problem already
	}
	addresses, err := hostlist.Expand(entry.Address.V)
	if err != nil {
		l.problem(entry.Address.At(), "", "%s", err.Error())
		return nil
	}
	names := make([]string, len(addresses))
	if entry.Name.Given() {
		if names, err = hostlist.Expand(entry.Name.V); err != nil {
			l.problem(entry.Name.At(), "", "%s", err.Error())
			return nil
		}
	}
	switch {
	case len(names) != len(addresses):
		l.problem(entry.Name.At(), "write the range of the address into it, as in web[01:12], or leave it out",
			"the name `%s` is for %d, and the address for %d", entry.Name.V, len(names), len(addresses))
		return nil
	case len(addresses) > 1 && entry.Primary.V:
		l.problem(entry.Primary.At(), "give the one that is an entry of its own", "`primary` stands on a range of %d hosts", len(addresses))
		return nil
	}
	each := make([]keys.Host, len(addresses))
	for i := range each {
		each[i] = entry
		each[i].Address.V, each[i].Name.V = addresses[i], names[i]
	}
	return each
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

// host judges one host; false where its address is none.
func (t *taken) host(entry keys.Host, c *Config) (deploy.Host, bool) {
	address, alias, err := t.address(entry.Address.V)
	if err != nil {
		t.problem(entry.Address.At(), "", "%s", err.Error())
		return deploy.Host{}, false
	}
	h := deploy.Host{Address: address, Primary: entry.Primary.V, NoRelease: !entry.Release.V, At: entry.Node.At, Roles: t.hostRoles(entry.Roles)}
	if h.NoRelease && h.Primary {
		t.problem(entry.Primary.At(), "drop one of the two", "a host without releases cannot be primary")
	}
	if h.DeployPath = c.DeployPath; entry.DeployPath.Given() {
		h.DeployPath = t.deployPath(entry.DeployPath, c)
	}
	t.name(&h, entry, alias)
	t.primary(h, entry)
	return h, true
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
	case h.Name == deploy.RunnerName:
		t.problem(at, "choose another", "`runner` stands for the machine that Slipway runs on")
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
