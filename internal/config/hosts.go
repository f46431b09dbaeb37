package config

import (
	"regexp"
	"slices"
	"strings"

	"slipway/internal/deploy"
	"slipway/internal/yamlfile"
)

// host is an entry of hosts in either form: user@host:port, or a map.
type host struct {
	hostMap
	node *yamlfile.Node
}

// DecodeYAML reads either form. A text may be a line as the input hosts has them.
func (h *host) DecodeYAML(d *yamlfile.Decoder, n *yamlfile.Node, what string) {
	h.node = n
	if n.Kind == yamlfile.Map {
		d.Decode(n, &h.hostMap, what)
		return
	}
	if n.Kind != yamlfile.Text {
		d.Problem(n.At, "", "%s must be user@host:port or a map, not %s", what, n.Kind)
		return
	}
	yamlfile.SetDefaults(&h.hostMap)
	parts := splitHosts(n)
	if len(parts) > 1 {
		d.Problem(n.At, "give each an item of its own, as in [deploy@web1, deploy@web2]", "%s names %d hosts", what, len(parts))
		return
	}
	for _, part := range parts {
		h.words(d, part)
	}
	if !h.Address.Given() {
		d.Problem(n.At, "", "%s is empty", what)
	}
}

// words reads the address and what stands behind it.
func (h *host) words(d *yamlfile.Decoder, n *yamlfile.Node) {
	for i, word := range words(n) {
		switch key, value, assigned := strings.Cut(word.Text, "="); {
		case i == 0:
			h.Address = text{V: word.Text, Node: word}
		case key == "roles" && assigned:
			for role := range strings.SplitSeq(value, ",") {
				h.Roles = append(h.Roles, text{V: role, Node: word})
			}
		case key == "name" && assigned:
			h.Name = text{V: value, Node: word}
		case key == "deploy_path" && assigned:
			h.DeployPath = text{V: value, Node: word}
		case key == "release" && assigned && (value == "true" || value == "false"):
			h.Release = boolean{V: value == "true", Node: word}
		case word.Text == "primary":
			h.Primary = boolean{V: true, Node: word}
		case word.Text == "-p" || key == "port":
			d.Problem(word.At, "as in deploy@web1:2222", "the port is a part of the address")
		default:
			d.Problem(word.At, "after the address may stand roles=web,db, name=web1, deploy_path=/srv/site, release=false and primary", "unknown word `%s`", word.Text)
		}
	}
}

// words are the words of a text with their places.
func words(n *yamlfile.Node) []*yamlfile.Node {
	var found []*yamlfile.Node
	column := 1
	rest := n.Text
	for {
		trimmed := strings.TrimLeft(rest, " \t")
		column += len(rest) - len(trimmed)
		if trimmed == "" {
			return found
		}
		end := strings.IndexAny(trimmed, " \t")
		if end < 0 {
			end = len(trimmed)
		}
		found = append(found, yamlfile.NewText(trimmed[:end], n.Inside(1, column)))
		column += end
		rest = trimmed[end:]
	}
}

var (
	hostName = regexp.MustCompile(`^[A-Za-z0-9:\[][A-Za-z0-9._:%\[\]-]*$`) // an IPv6 address is one, too
	roleName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]*$`)
)

// hosts judges the hosts of one environment, and fills in names and roles. vars are those of the file and its
// environment entry; the input's are laid over a host's own. deployPath is that of hosts that have none of their own.
func (l *loader) hosts(entries []host, deployPath string, vars, inputVars map[string]string) []deploy.Host {
	var hosts []deploy.Host
	names, addresses, primaries := map[string]deploy.Position{}, map[string]deploy.Position{}, map[string]string{}
	for _, entry := range entries {
		if !entry.Address.Given() {
			continue // a problem already
		}
		address, alias, err := l.address(entry.Address.V)
		if err != nil {
			l.problem(entry.Address.At(), "", "%s", err.Error())
			continue
		}
		h := deploy.Host{Name: entry.Name.V, Address: address, Primary: entry.Primary.V, NoRelease: !entry.Release.V, At: entry.node.At}
		if h.NoRelease && h.Primary {
			l.problem(entry.Primary.At(), "drop one of the two", "a host without releases cannot be primary")
		}
		nameAt := entry.Name.At()
		if !entry.Name.Given() {
			h.Name, nameAt = alias, h.At
			if _, taken := names[h.Name]; taken {
				h.Name = address.HostPort()
			}
		}
		switch {
		case !hostName.MatchString(h.Name):
			l.problem(nameAt, "letters, digits, . _ and -", "`%s` cannot name a host", h.Name)
		case h.Name == deploy.FleetName:
			l.problem(nameAt, "choose another", "`fleet` stands for all hosts together")
		}
		if h.DeployPath = deployPath; entry.DeployPath.Given() {
			h.DeployPath = l.deployPath(entry.DeployPath)
		}
		full := address.User + "@" + address.HostPort() + h.DeployPath
		if first, taken := addresses[full]; taken {
			l.problem(entry.Address.At(), "for two on one machine, give each its own `deploy_path`", "%s is here twice, first at %s", address, first)
		} else if first, taken := names[h.Name]; taken {
			l.problem(nameAt, "give each host its own `name`", "two hosts are named `%s`, the first at %s", h.Name, first)
		} else {
			addresses[full], names[h.Name] = entry.Address.At(), nameAt
		}
		for _, role := range entry.Roles {
			if !roleName.MatchString(role.V) {
				l.problem(role.At(), "letters, digits, _ and -", "`%s` cannot name a role", role.V)
			} else if !slices.Contains(h.Roles, role.V) {
				h.Roles = append(h.Roles, role.V)
			}
		}
		if len(h.Roles) == 0 {
			h.Roles = []string{DefaultRole}
		}
		for _, role := range h.Roles {
			if other, taken := primaries[role]; taken && h.Primary {
				l.problem(entry.Primary.At(), "steps that run once run on one host", "`%s` and `%s` are both primary for the role `%s`", other, h.Name, role)
			} else if h.Primary {
				primaries[role] = h.Name
			}
		}
		h.Vars = merged(vars, l.vars(entry.Vars), inputVars)
		hosts = append(hosts, h)
	}
	return hosts
}
