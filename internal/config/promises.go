package config

import (
	"github.com/slipway/slipway/internal/config/keys"
	"github.com/slipway/slipway/internal/deploy"
)

// promises fills in what a step promises when a run goes on where an earlier attempt stopped, or is cancelled. A recipe may
// promise more, see recipe.
func (b *builder) promises(s keys.Step, built *deploy.Step) {
	built.Idempotent, built.Check = s.Idempotent.V, s.Check.V
	built.Always, built.Rerun = s.Always.V, s.Rerun.V
	if !s.Always.Given() {
		// What answers a failure answers each failure anew.
		built.Always = built.Phase == deploy.OnFailure
	}
	if !s.Idempotent.Given() {
		// A release that is not live yet bears what a step does to it twice; what a step that runs once does, may lie elsewhere.
		built.Idempotent = built.Always || built.Phase == deploy.Prepare && !built.Once
	}
	built.FinishFirst = s.OnCancel.V == "finish" || !s.OnCancel.Given() && built.Phase == deploy.Migrate

	if s.Check.Given() {
		b.script(s.Check.Node, s.Shell.V, !s.Uses.Given())
	}
	if built.Phase == deploy.Activate {
		for _, key := range []string{"idempotent", "check", "always", "rerun"} {
			if node := s.Node.Get(key); node != nil {
				b.problem(node.At, "drop it: a re-run asks `current` and the checks of `verify`", "`%s` means nothing in activate", key)
			}
		}
		return
	}
	if s.Always.V && s.Idempotent.Given() && !s.Idempotent.V {
		b.problem(s.Idempotent.At(), "drop one of the two", "a step that always runs must bear to run again")
	}
	if s.Rerun.V && !built.Once {
		b.problem(s.Rerun.At(), "drop it: any other step that was changed runs again by itself", "`rerun` is for steps that run once")
	}
}
