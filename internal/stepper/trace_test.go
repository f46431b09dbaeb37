package stepper

import (
	"testing"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/trace"
)

// A step is told its own span, or that of the part which it belongs to; what is done for another host, or was left by another run, the
// whole. Nothing that was declared is replaced, and what is not traced is told nothing.
func TestStepsAreToldTheirSpans(t *testing.T) {
	t.Parallel()
	traced := trace.Trace{Deployment: "412-deploy-abc", Attempt: 2}
	migrate := deploy.Step{Name: "Migrate", Phase: deploy.Migrate}
	drain := deploy.Step{Name: "Drain web1", Phase: deploy.Activate}
	page := deploy.Step{Name: "Page", Phase: deploy.Ensure}
	for name, c := range map[string]struct {
		trace trace.Trace
		step  deploy.Step
		scene Scene
		own   string
		want  string
	}{
		"a step":           {trace: traced, step: migrate, want: traced.Parent(traced.Step(deploy.Migrate, "web1", "Migrate"))},
		"an undo":          {trace: traced, step: migrate, scene: Scene{Undo: true, TakesBack: true, Phase: deploy.Undo}, want: traced.Parent(traced.Step(deploy.Undo, "web1", "Migrate"))},
		"a part":           {trace: traced, step: drain, scene: Scene{Span: "0123456789abcdef"}, want: traced.Parent("0123456789abcdef")},
		"for another host": {trace: traced, step: drain, want: traced.Parent(traced.Root())},
		"taken back":       {trace: traced, step: page, scene: Scene{TakesBack: true}, want: traced.Parent(traced.Root())},
		"declared":         {trace: traced, step: migrate, own: "mine", want: "mine"},
		"not traced":       {step: migrate},
	} {
		vars := map[string]string{}
		if c.own != "" {
			vars[trace.Variable] = c.own
		}
		New(Options{Trace: c.trace}).traced(vars, "web1", c.step, c.scene)
		if got := vars[trace.Variable]; got != c.want {
			t.Errorf("%s: %q, wanted %q", name, got, c.want)
		}
	}
}
