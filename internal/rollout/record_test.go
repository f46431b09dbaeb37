package rollout_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/deploy"
)

// It is written down once that a host serves a release and verified it, and not before its last check passed.
func TestRecordBehindTheLastCheck(t *testing.T) {
	t.Parallel()
	const passes = `echo >>"$SLIPWAY_SHARED_PATH/run/seen"
if grep "$SLIPWAY_RELEASE" "$SLIPWAY_DEPLOY_PATH/.slipway/history.jsonl" 2>/dev/null; then exit 9; fi
[ "$(wc -l <"$SLIPWAY_SHARED_PATH/run/seen")" -ge 3 ]`
	asked := func(name string, successes int) deploy.Check {
		return deploy.Check{Name: name, Run: check(passes), Within: 20 * time.Second, Interval: 20 * time.Millisecond, Successes: successes}
	}
	for name, checks := range map[string][]deploy.Check{
		"on the third try":  {asked("Health", 1)},
		"twice in a row":    {asked("Health", 2)},
		"one after another": {asked("First", 1), asked("Second", 1)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFleet(t, 1)
			usual := f.cfg.Activation[""]
			usual.Verify = checks
			f.cfg.Activation[""] = usual
			result, _ := f.deploy(t.Context(), good)
			wantEnd(t, result, deploy.ExitDone, deploy.OutcomeActivated)
			if history := f.read("web1", ".slipway/history.jsonl"); strings.Count(history, string(result.Release)) != 1 || strings.Count(history, "\n") != 1 {
				t.Errorf("the history:\n%s", history)
			}
			if marks, _ := filepath.Glob(filepath.Join(f.path("web1"), ".slipway/releases", string(result.Release), "verified")); len(marks) != 1 {
				t.Error("no mark that it is verified")
			}
			journal := f.read("web1", filepath.Join(".slipway/deployments", string(result.Deployment), "activation.jsonl"))
			if strings.Count(journal, `"what":"verify","state":"ok"`) != 1 {
				t.Errorf("the journal:\n%s", journal)
			}
		})
	}
}
