//go:build cookbook

package celery_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/slipway/slipway/internal/cookbook/recipetest"
	"github.com/slipway/slipway/internal/cookbook/shelltest"
)

// systemctl starts and ends the units one and two, which are workers, as a real one has systemd do; where there is a file refuse it starts none.
const systemctl = `#!/bin/sh
verb= units= property=
while [ $# -gt 0 ]; do
  case $1 in
  --property) property=$2; shift ;;
  -*) ;;
  *) if [ -z "$verb" ]; then verb=$1; else units="$units ${1%%.service}"; fi ;;
  esac
  shift
done
main() { pid=$(cat "%[1]s/$1.main" 2>/dev/null) && [ -e "/proc/$pid" ] && echo "$pid" || echo 0; }
for unit in $units; do
  case "$verb $property" in
  "show LoadState") echo LoadState=loaded ;;
  "show MainPID") echo "MainPID=$(main "$unit")" ;;
  "show ActiveState") if [ "$(main "$unit")" = 0 ]; then echo ActiveState=failed; else echo ActiveState=active; fi ;;
  show*) echo "$property=" ;;
  restart* | stop*)
    pid=$(main "$unit")
    if [ "$pid" != 0 ]; then kill "$pid"; fi
    while [ "$(main "$unit")" != 0 ]; do sleep 0.1; done ;;
  esac
done
if [ "$verb" != restart ] || [ -e "%[1]s/refuse" ]; then exit; fi
cd "%[1]s/current" || exit
for unit in $units; do
  nohup %[2]s -m celery --app project worker --hostname "$unit@%%h" --concurrency 2 --pidfile "%[1]s/$unit.pid" </dev/null >>"%[1]s/$unit.log" 2>&1 &
  echo "$!" >"%[1]s/$unit.main"
done
`

// systemd has the site's steps find a systemctl that stands in: a real one wants a real systemd, which has a test of its own in e2e.
func (s *site) systemd() {
	s.t.Helper()
	bin := filepath.Join(s.Dir, "bin")
	shelltest.Write(s.t, bin, map[string]string{"systemctl": fmt.Sprintf(systemctl, s.Dir, recipetest.Python), "journalctl": "#!/bin/sh\ncat " + s.Dir + "/one.log\n"})
	for _, program := range []string{"systemctl", "journalctl"} {
		if err := os.Chmod(filepath.Join(bin, program), 0o700); err != nil {
			s.t.Fatal(err)
		}
	}
	turns := s.shell
	s.shell = func() []string { return append([]string{"env", "PATH=" + bin + ":/usr/bin:/bin"}, turns()...) }
}

// TestSystemd restarts units that are workers while tasks come in: each runs once. A unit that does not come up is no success.
func TestSystemd(t *testing.T) {
	t.Parallel()
	s := newSite(t, "systemd", true)
	s.run("celery/restart").Expect(t, "the first start", false, "answers: one@")
	first := s.Master("one.pid")
	tasks := s.publish(0, 100, 0.03, 0.02)
	s.done(10)
	s.SwitchTo(t, "release-b")
	s.run("celery/restart").Expect(t, "restart", false, "answers: one@")
	if err := tasks.Wait(); err != nil {
		t.Fatal(err)
	}
	// Some are left for the new release, however fast the machine is.
	if err := s.publish(100, 110, 0, 0).Wait(); err != nil {
		t.Fatal(err)
	}
	s.once(110)
	if now := s.Master("one.pid"); now == first {
		t.Error("a worker was not restarted")
	}
	if _, _, releases := s.tasks(); releases["release-a"] == 0 || releases["release-b"] == 0 {
		t.Errorf("by release: %v", releases)
	}
	s.Now = "release-a" // and current still names the other one
	s.run("celery/restart").Expect(t, "the old release", true, "/releases/release-b, not in the new release")
	s.Now = "release-b"
	s.Step(t, s.shell(), recipetest.Logging(t, "celery/restart", s.with)).Expect(t, "log", false, "--- the journal of one.service\n")
	shelltest.Write(t, s.Dir, map[string]string{"refuse": ""})
	s.run("celery/restart").Expect(t, "a unit that does not come up", true, "one.service two.service: not active")
	for _, what := range []string{"stop", "stop again"} {
		s.Step(t, s.shell(), recipetest.Stopping(t, "celery/restart", s.with)).Expect(t, what, false, "")
	}
	if one, two := s.Master("one.pid"), s.Master("two.pid"); one != 0 || two != 0 {
		t.Errorf("workers %d and %d go on", one, two)
	}
}
