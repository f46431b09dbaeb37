package deploy_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway/slipway/internal/deploy"
)

// What is undone and then done again is not undone.
func TestUndone(t *testing.T) {
	t.Parallel()
	step := func(phase deploy.Phase, name string, outcome deploy.StepOutcome) deploy.StepDone {
		return deploy.StepDone{Phase: phase, Step: name, Spans: []deploy.Span{{Host: "web1", Phase: phase, Step: name, Outcome: outcome}}}
	}
	res := deploy.Result{Steps: []deploy.StepDone{
		step(deploy.Undo, "Migrate", deploy.Succeeded), step(deploy.Undo, "Gone", deploy.Succeeded), // of before
		step(deploy.Migrate, "Quiet", deploy.Succeeded), step(deploy.Migrate, "Back up", deploy.Succeeded), step(deploy.Migrate, "Migrate", deploy.Failed),
		step(deploy.Undo, "Back up", deploy.Succeeded), step(deploy.Undo, "Quiet", deploy.Failed),
	}}
	if diff := cmp.Diff([]string{"Gone", "Back up"}, res.Undone()); diff != "" {
		t.Error(diff)
	}
	var left []string
	for _, s := range res.Migrated() {
		left = append(left, s.Step)
	}
	if diff := cmp.Diff([]string{"Quiet", "Migrate"}, left); diff != "" {
		t.Error(diff)
	}
}
