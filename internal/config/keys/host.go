package keys

import (
	"fmt"
	"strings"

	"github.com/slipway/slipway/internal/config/hostlist"
	"github.com/slipway/slipway/internal/yamlfile"
)

// Host is an entry of hosts in either form: user@host:port, or a map.
type Host struct {
	HostMap
	Node *yamlfile.Node
}

// DecodeYAML reads either form. A text may be a line as the input hosts has them.
func (h *Host) DecodeYAML(d *yamlfile.Decoder, n *yamlfile.Node, what string) {
	h.Node = n
	switch address := unquoted(n); {
	case address != "":
		d.Problem(n.At, fmt.Sprintf("quote it: %q", address), "%s is an address that is read as %s", what, n.Kind)
		return
	case n.Kind == yamlfile.Map:
		d.Decode(n, &h.HostMap, what)
		return
	case n.Kind != yamlfile.Text:
		d.Problem(n.At, "", "%s must be user@host:port or a map, not %s", what, n.Kind)
		return
	}
	yamlfile.SetDefaults(&h.HostMap)
	parts := hostlist.Split(n)
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

// unquoted is an address that YAML takes for something else: `deploy@web1: 22` for a map, `[deploy@web1:22]` for a list; "" where the
// node is none.
func unquoted(n *yamlfile.Node) string {
	switch {
	case n.Kind == yamlfile.Map && len(n.Entries) == 1 && strings.Contains(n.Entries[0].Key, "@"):
		return strings.TrimSuffix(n.Entries[0].Key+":"+n.Entries[0].Value.Text, ":")
	case n.Kind == yamlfile.List && len(n.Items) == 1 && n.Items[0].Kind == yamlfile.Text:
		return n.Items[0].Text
	case n.Kind == yamlfile.List && len(n.Items) == 1:
		return unquoted(n.Items[0])
	}
	return ""
}

// words reads the address and what stands behind it.
func (h *Host) words(d *yamlfile.Decoder, n *yamlfile.Node) {
	for i, word := range hostlist.Words(n) {
		switch key, value, assigned := strings.Cut(word.Text, "="); {
		case i == 0:
			h.Address = Text{V: word.Text, Node: word}
		case key == "roles" && assigned:
			for role := range strings.SplitSeq(value, ",") {
				h.Roles = append(h.Roles, Text{V: role, Node: word})
			}
		case key == "name" && assigned:
			h.Name = Text{V: value, Node: word}
		case key == "deploy_path" && assigned:
			h.DeployPath = Text{V: value, Node: word}
		case key == "release" && assigned && (value == "true" || value == "false"):
			h.Release = Boolean{V: value == "true", Node: word}
		case word.Text == "primary", key == "primary" && (value == "true" || value == "false"):
			h.Primary = Boolean{V: true, Node: word}
		case word.Text == "-p" || key == "port":
			d.Problem(word.At, "as in deploy@web1:2222", "the port is a part of the address")
		default:
			d.Problem(word.At, "after the address may stand roles=web,db, name=web1, deploy_path=/srv/site, release=false and primary", "unknown word `%s`", word.Text)
		}
	}
}
