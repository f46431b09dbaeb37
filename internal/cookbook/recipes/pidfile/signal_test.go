package pidfile_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/slipway/slipway/internal/cookbook/recipetest"
	"github.com/slipway/slipway/internal/cookbook/shelltest"
)

// TestSignal: what watches over a program starts it again after its process was ended, in the folder that current names by then.
func TestSignal(t *testing.T) {
	t.Parallel()
	shelltest.Each(t, func(t *testing.T, shell []string) {
		d := recipetest.NewDeployPath(t, "")
		with := map[string]string{"pidfile": filepath.Join(d.Dir, "web.pid"), "log": filepath.Join(d.Dir, "log"), "boot": "1"}
		signal := func(more ...string) shelltest.Outcome {
			values := map[string]string{}
			for name, value := range with {
				values[name] = value
			}
			for i := 0; i < len(more); i += 2 {
				values[more[i]] = more[i+1]
			}
			return d.Step(t, shell, recipetest.Rendered(t, "pidfile/signal", values))
		}
		shelltest.Write(t, d.Dir, map[string]string{"log": "no such table\n", "watch": `cd "$1/current"
while [ ! -e "$1/ends" ]; do
  (cd "$1/current" && exec sh -c 'echo $$ >"$0/web.pid"; exec sleep 600' "$1") &
  trap 'kill $!; exit' TERM
  wait $! || true
  cd "$1/current"
done
`})
		signal("wait", "1").Expect(t, "nothing runs", true, "nothing runs that "+with["pidfile"]+" names after 1s")
		recipetest.Start(t, d.Dir, "dash", "watch", d.Dir)
		first := recipetest.PID(t, d.Dir, "web", "")
		d.SwitchTo(t, "release-b")
		signal("signal", "USR1").Expect(t, "USR1 ends sleep, also where HUP is ignored", true, "does not live for 1s")
		recipetest.PID(t, d.Dir, "web", first)
		signal("boot", "0").Expect(t, "TERM", false, "")
		d.Now = "release-a"
		signal("boot", "0").Expect(t, "another release than the one that current names", true, "the new workers run in "+d.Dir+"/releases/release-b")
		shelltest.Write(t, d.Dir, map[string]string{"ends": ""})
		if got := signal("wait", "1"); !got.Fail || !strings.Contains(got.Out, "which was sent TERM, runs that") || !strings.Contains(got.Out, "no such table") {
			t.Errorf("nothing starts it again: %s", got.Out)
		}
		signal("wait", "1").Expect(t, "the process is gone already", true, "names after 1s: does something start it again?")
		d.Step(t, shell, recipetest.Logging(t, "pidfile/signal", with)).Expect(t, "log", false, "no such table")
		d.Step(t, shell, recipetest.Stopping(t, "pidfile/signal", with)).Expect(t, "stop what is gone", false, "")
	})
}
