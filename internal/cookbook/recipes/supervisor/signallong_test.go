//go:build long

package supervisor_test

import (
	"path/filepath"
	"testing"

	"github.com/slipway/slipway/internal/cookbook/recipetest"
	"github.com/slipway/slipway/internal/cookbook/shelltest"
	"github.com/slipway/slipway/internal/needtest"
)

// TestSignalAfterBadRelease: what does not run is started, and the first process that starts may still be of a release that was gone back from, and end by itself.
func TestSignalAfterBadRelease(t *testing.T) {
	t.Parallel()
	needtest.Programs(t, "supervisord", "supervisorctl", "dash", "busybox")
	dir := t.TempDir()
	conf := supervisord(t, dir)
	for i, says := range []string{"is not another process after 1s", "once: started"} {
		with := map[string]string{"program": "always once", "signal": "TERM", "conf": conf, "boot": "1", "wait": []string{"1", "60"}[i]}
		shelltest.Run(t, shelltest.Shells[i], dir, recipetest.Rendered(t, "supervisor/signal", with)).Expect(t, says, i == 0, says)
	}
	shelltest.Each(t, func(t *testing.T, shell []string) {
		program := "always-" + shell[0]
		signal := func() shelltest.Outcome {
			with := map[string]string{"program": program, "signal": "TERM", "conf": conf, "boot": "1"}
			return shelltest.Run(t, shell, dir, recipetest.Rendered(t, "supervisor/signal", with))
		}
		recipetest.PID(t, dir, program, "")
		shelltest.Write(t, dir, map[string]string{program + ".bad": ""})
		signal().Expect(t, "the second lives", false, "")
		shelltest.Write(t, dir, map[string]string{program + ".bad": "", program + ".stays": ""})
		signal().Expect(t, "none lives", true, program+" does not run on for 1s")
	})
}

// TestSignalBesides: what the recipe has in common with supervisor/restart.
func TestSignalBesides(t *testing.T) {
	t.Parallel()
	needtest.Programs(t, "supervisord", "supervisorctl")
	dir := t.TempDir()
	conf := supervisord(t, dir)
	shelltest.Each(t, func(t *testing.T, shell []string) {
		recipetest.PID(t, dir, "always-"+shell[0], "")
		with := map[string]string{"program": "always-" + shell[0], "conf": conf}
		shelltest.Run(t, shell, dir, recipetest.Logging(t, "supervisor/signal", with)).Expect(t, "log", false, "--- the end of what always-"+shell[0]+" printed (stderr)\nbegins\n")
		shelltest.Run(t, shell, dir, recipetest.Stopping(t, "supervisor/signal", with)).Expect(t, "stop", false, "always-"+shell[0]+": stopped")
		with["program"] = "nothing"
		shelltest.Run(t, shell, dir, recipetest.Rendered(t, "supervisor/signal", with)).Expect(t, "an unknown program", true, "supervisor does not know all of 'nothing'")
		with["conf"] = filepath.Join(dir, "none.conf")
		shelltest.Run(t, shell, dir, recipetest.Rendered(t, "supervisor/signal", with)).Expect(t, "a wrong file", true, "none.conf")
	})
}
