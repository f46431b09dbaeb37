package rollout_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/slipway/slipway/internal/deploy"
)

// A restart, or a check, that leads current elsewhere fails its host, and the journal says which of the two it was.
func TestCurrentIsTurned(t *testing.T) {
	t.Parallel()
	const turn = `rm "$SLIPWAY_DEPLOY_PATH/current"; ln -s shared "$SLIPWAY_DEPLOY_PATH/current"`
	for name, test := range map[string]struct {
		turn   func(deploy.Activation)
		failed string
	}{
		"by the restart": {func(a deploy.Activation) { a.Restart[0].Run = turn }, "restart"},
		"by a check":     {func(a deploy.Activation) { a.Verify[0].Run.Run = turn }, "verify"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFleet(t, 1)
			before, _ := f.deploy(t.Context(), good)
			wantEnd(t, before, deploy.ExitDone, deploy.OutcomeActivated)
			usual := f.cfg.Activation[""]
			turned := deploy.Activation{Restart: slices.Clone(usual.Restart), Verify: slices.Clone(usual.Verify)}
			turned.Verify[0].Run = check(usual.Verify[0].Run.Run)
			f.cfg.Activation[""] = turned
			test.turn(turned)
			result, _ := f.deploy(t.Context(), next)
			wantEnd(t, result, deploy.ExitUnwound, deploy.OutcomeUnwound)
			f.wantCurrent(before.Release)
			if text := result.Errors[0].Error(); !strings.Contains(text, "current names shared") || !strings.HasPrefix(result.Errors[0].Step, test.failed) {
				t.Errorf("step %q: %s", result.Errors[0].Step, text)
			}
			journal := f.read("web1", filepath.Join(".slipway/deployments", string(result.Deployment), "activation.jsonl"))
			want := `"what":"verify","state":"failed","release":"` + string(result.Release)
			if !strings.Contains(journal, want) || strings.Contains(journal, strings.Replace(want, "failed", "ok", 1)) {
				t.Errorf("the journal:\n%s", journal)
			}
		})
	}
}
