package config

import (
	"slices"

	"github.com/slipway/slipway/internal/config/keys"
	"github.com/slipway/slipway/internal/deploy"
)

// drain builds the steps that take a host out of its balancers.
func (b *builder) drain(written keys.Drains) []deploy.Drain {
	var steps []keys.Step
	for _, item := range written.Items {
		steps = append(steps, item.Step)
	}
	var built []deploy.Drain
	b.standing = "drain"
	for _, s := range b.steps(deploy.Activate, steps, "Drain") {
		entry := written.Items[slices.IndexFunc(written.Items, func(d keys.DrainStep) bool { return d.Node != nil && d.Node.At == s.At })]
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
