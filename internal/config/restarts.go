package config

import (
	"cmp"
	"slices"

	"github.com/slipway/slipway/internal/config/keys"
	"github.com/slipway/slipway/internal/deploy"
)

// restart builds the steps that start a release, with what ends and explains the program that they start.
func (b *builder) restart(entries []keys.RestartStep) []deploy.Step {
	var written []keys.Step
	for _, entry := range entries {
		entry.Step.Node = entry.Node
		written = append(written, entry.Step)
	}
	b.standing = "restart"
	steps := b.steps(deploy.Activate, written, "Restart")
	for i := range steps {
		s := &steps[i]
		entry := entries[slices.IndexFunc(entries, func(e keys.RestartStep) bool { return e.Node != nil && e.Node.At == s.At })]
		for _, script := range []keys.Text{entry.Stop, entry.Log} {
			if script.Given() {
				b.script(script.Node, s.Shell, s.Uses == "")
			}
		}
		s.Stop, s.Log = cmp.Or(entry.Stop.V, s.Stop), cmp.Or(entry.Log.V, s.Log)
	}
	return steps
}
