package config

import (
	"slices"
	"strconv"
	"strings"

	"slipway/internal/deploy"
	"slipway/internal/yamlfile"
)

// portion is a number of hosts or a share of them, written as 2 or 25%.
type portion struct {
	V    deploy.Portion
	Node *yamlfile.Node // nil when it was not written
}

// DecodeYAML reads either form.
func (p *portion) DecodeYAML(d *yamlfile.Decoder, n *yamlfile.Node, what string) {
	p.Node = n
	digits, share := strings.CutSuffix(n.Text, "%")
	number, err := strconv.Atoi(digits)
	switch {
	case n.Kind != yamlfile.Number && n.Kind != yamlfile.Text, err != nil, number < 1, share && number > 100, !share && number > 1000:
		d.Problem(n.At, "", "%s must be a number of hosts like 2, or a share like 25%%", what)
	case share:
		p.V.Percent = number
	default:
		p.V.Count = number
	}
}

// drains are the steps that take a host out of its balancers.
type drains struct {
	Items []drainStep
	Node  *yamlfile.Node // nil when it was not written
}

// DecodeYAML reads one step, a list of them, or the word none.
func (l *drains) DecodeYAML(d *yamlfile.Decoder, n *yamlfile.Node, what string) {
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
	l.Items = make([]drainStep, len(items))
	for i, item := range items {
		d.Decode(item, &l.Items[i], what)
		l.Items[i].Node = item
	}
}

// drain builds the steps that take a host out of its balancers.
func (b *builder) drain(written drains) []deploy.Drain {
	var steps []step
	for _, item := range written.Items {
		steps = append(steps, item.step)
	}
	var built []deploy.Drain
	for _, s := range b.steps(deploy.Activate, steps, "Drain") {
		entry := written.Items[slices.IndexFunc(written.Items, func(d drainStep) bool { return d.Node != nil && d.Node.At == s.At })]
		drain := deploy.Drain{Step: s, Role: entry.Via.V, Wait: entry.Wait.V}
		if entry.Via.Given() {
			b.knownRole(entry.Via.V, entry.Via.At())
		}
		if s.Undo == "" && s.Run != "" {
			b.problem(s.At, "`undo` puts the host back; a recipe for drains has one", "a drain needs `undo`")
		}
		for _, key := range []string{"once", "roles"} {
			if node := entry.Node.Get(key); node != nil {
				b.problem(node.At, "drop it: `activate.roles` says what is different on hosts with a role", "`%s` means nothing in a drain", key)
			}
		}
		drain.Timeout += drain.Wait
		drain.Idempotent = true
		built = append(built, drain)
	}
	return built
}
