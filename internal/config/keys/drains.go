package keys

import "github.com/slipway/slipway/internal/yamlfile"

// Drains are the steps that take a host out of its balancers.
type Drains struct {
	Items []DrainStep
	Node  *yamlfile.Node // nil when it was not written
}

// DecodeYAML reads one step, a list of them, or the word none.
func (l *Drains) DecodeYAML(d *yamlfile.Decoder, n *yamlfile.Node, what string) {
	l.Node = n
	items := []*yamlfile.Node{n}
	switch {
	case n.Kind == yamlfile.List:
		items = n.Items
	case n.Kind == yamlfile.Text && n.Text == "none":
		return
	case n.Kind != yamlfile.Map:
		d.Problem(n.At, "", "%s must be a step, a list of steps, or none", what)
		return
	}
	l.Items = make([]DrainStep, len(items))
	for i, item := range items {
		d.Decode(item, &l.Items[i], what)
		l.Items[i].Node = item
	}
}
