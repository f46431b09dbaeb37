package config

import (
	"github.com/slipway/slipway/internal/config/keys"
	"github.com/slipway/slipway/internal/deploy"
)

// undo judges the script that takes a step back, and whether anything runs it. The step has its recipe's by now.
func (b *builder) undo(s keys.Step, built *deploy.Step) {
	built.UndoneOnFailure = s.OnFailure.Given()
	if s.Undo.Given() {
		b.script(s.Undo.Node, s.Shell.V, !s.Uses.Given())
	}
	switch phase := built.Phase; {
	case s.OnFailure.Given() && phase != deploy.Migrate:
		b.problem(s.OnFailure.At(), "drop it: it belongs to steps of `migrate`", "`on_failure` means nothing in %s", phase)
	case s.OnFailure.Given() && built.Undo == "" && built.Run != "": // without run there is a problem already
		b.problem(s.OnFailure.At(), "write one, or drop `on_failure`", "`on_failure: undo` needs an `undo`, and the step has none")
	case !s.Undo.Given() || phase == deploy.Ensure || phase == deploy.Activate || s.OnFailure.Given():
	case phase == deploy.Migrate:
		b.problem(s.Undo.At(), "`on_failure: undo` has it run where the deployment fails", "nothing runs the `undo` of this step")
	default:
		b.problem(s.Undo.At(), "it belongs to `migrate`, `ensure` and drains", "nothing runs the `undo` of a step in %s", phase)
	}
}
