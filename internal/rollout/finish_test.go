package rollout_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/slipway/slipway/internal/deploy"
)

// What cannot be deleted is told, and keeps neither the journal open nor the lock.
func TestPruneIsStuck(t *testing.T) {
	t.Parallel()
	programs := t.TempDir()
	rm := "#!/bin/sh\ncase $* in *releases/.pruned-*) echo \"rm: $*: Permission denied\" >&2; exit 1 ;; esac\nexec /bin/rm \"$@\"\n"
	if err := os.WriteFile(filepath.Join(programs, "rm"), []byte(rm), 0o700); err != nil {
		t.Fatal(err)
	}
	f := newFleet(t, 1)
	f.env = []string{"PATH=" + programs + ":" + os.Getenv("PATH")}
	f.add("web2", f.authorized)
	f.cfg.KeepReleases = 1
	for i := range 4 { // each takes the lock that the one before gave back
		result, _ := f.deploy(t.Context(), map[string]string{"ok": fmt.Sprint(i)})
		wantEnd(t, result, deploy.ExitDone, deploy.OutcomeActivated)
		warned := slices.ContainsFunc(result.Warnings, func(text string) bool {
			return strings.HasPrefix(text, "old releases were not all deleted: web2: ") && strings.Contains(text, "Permission denied")
		})
		if stuck := i >= 2; warned != stuck || !stuck && len(result.Warnings) > 0 {
			t.Errorf("deployment %d: %q", i, result.Warnings)
		}
		for _, host := range f.cfg.Hosts {
			if ended, _ := filepath.Glob(filepath.Join(host.DeployPath, ".slipway/deployments/*/outcome")); len(ended) != i+1 {
				t.Errorf("deployment %d on %s: %d journals have an end", i, host.Name, len(ended))
			}
		}
	}
}
