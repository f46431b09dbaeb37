//go:build cookbook

package celery_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/slipway/slipway/internal/cookbook/recipetest"
	"github.com/slipway/slipway/internal/cookbook/shelltest"
)

// cutOff is added to the application: who is about to tell workers what the file cut says for the nth time is killed right then.
const cutOff = `
import signal
from celery.app.control import Control
broadcast, told = Control.broadcast, []
def cut(self, command, *args, **options):
    told.append(command)
    try:
        with open("%s/cut") as f:
            if f.read() == "%%s %%d" %% (command, told.count(command)):
                os.kill(os.getpid(), signal.SIGKILL)
    except FileNotFoundError:
        pass
    return broadcast(self, command, *args, **options)
Control.broadcast = cut
`

// consuming is from how many queues each worker takes tasks.
func (s *site) consuming() map[string]int {
	s.t.Helper()
	cmd := exec.CommandContext(s.t.Context(), recipetest.Python, "-c", "import json\nfrom project.celery import app\n"+
		"print(json.dumps({node.partition('@')[0]: len(said) for node, said in (app.control.inspect(timeout=2).active_queues() or {}).items()}))")
	cmd.Dir = filepath.Join(s.Dir, "current")
	cmd.Stderr = os.Stderr
	text, err := cmd.Output()
	got := map[string]int{}
	if err == nil {
		err = json.Unmarshal(text, &got)
	}
	if err != nil {
		s.t.Fatalf("%s, %v", text, err)
	}
	return got
}

// TestQuietCutOff kills celery/quiet before anything is written down, before any worker is told, and between two workers. What takes it
// back, also after a second try, has all of them take tasks again.
func TestQuietCutOff(t *testing.T) {
	t.Parallel()
	s := newSite(t, "pidfile", false)
	shelltest.Write(t, filepath.Join(s.Dir, "releases/release-a/project"), map[string]string{"celery.py": fmt.Sprintf(project, s.Dir, "False") + fmt.Sprintf(cutOff, s.Dir)})
	s.run("celery/restart").Expect(t, "the first start", false, "answers: one@")
	state := filepath.Join(s.Dir, "celery-quiet.json")
	sent := 0
	for at, told := range map[string]int{"active_queues 1": 0, "cancel_consumer 1": 0, "cancel_consumer 2": 1} {
		for _, again := range []bool{false, true} {
			what := fmt.Sprintf("cut off at %s, a second try is %v", at, again)
			shelltest.Write(t, s.Dir, map[string]string{"cut": at})
			s.run("celery/quiet", "at_least", "2").Expect(t, what, true, "")
			if err := os.Remove(filepath.Join(s.Dir, "cut")); err != nil {
				t.Fatal(err)
			}
			recipetest.Eventually(t, what+": both answer, and some are quiet", func() bool {
				queues := s.consuming()
				return len(queues) == 2 && queues["one"]+queues["two"] == 2-told
			})
			if again {
				s.run("celery/quiet", "at_least", "2").Expect(t, what, false, "slipway-note: 2 worker(s) take no new tasks")
			}
			s.undo("celery/quiet").Expect(t, what, false, "slipway-note: ")
			recipetest.Eventually(t, what+": both take tasks", func() bool {
				queues := s.consuming()
				return queues["one"] == 1 && queues["two"] == 1
			})
			if left, err := filepath.Glob(state + "*"); err != nil || len(left) != 0 {
				t.Errorf("%s: left is %v, %v", what, left, err)
			}
			sent += 4
			if err := s.publish(sent-4, sent, 0, 0).Wait(); err != nil {
				t.Fatal(err)
			}
			s.once(sent)
		}
	}
}

// busy is added to the application: while the file busy is there no worker says in time what it runs.
const busy = `
from celery.app.control import Control
broadcast = Control.broadcast
def answers(self, command, *args, **options):
    if command in ("active", "reserved") and os.path.exists("%s/busy"):
        return []
    return broadcast(self, command, *args, **options)
Control.broadcast = answers
`

// TestBusyWorkers: a worker that does not say in time what it runs is not taken for one that runs nothing, and is not ended.
func TestBusyWorkers(t *testing.T) {
	t.Parallel()
	s := newSite(t, "pidfile", true)
	shelltest.Write(t, filepath.Join(s.Dir, "releases/release-a/project"), map[string]string{"celery.py": fmt.Sprintf(project, s.Dir, "True") + fmt.Sprintf(busy, s.Dir)})
	s.run("celery/restart").Expect(t, "the first start", false, "answers: one@")
	shelltest.Write(t, s.Dir, map[string]string{"busy": ""})
	s.run("celery/quiet", "wait", "1").Expect(t, "quiet", true, "does not say which")
	s.undo("celery/quiet").Expect(t, "undo", false, "take tasks again")
	one := s.Master("one.pid")
	s.run("celery/restart", "wait", "1").Expect(t, "restart", true, "The workers go on as they were")
	if now := s.Master("one.pid"); now != one {
		t.Errorf("worker %d is %d now", one, now)
	}
	if err := os.Remove(filepath.Join(s.Dir, "busy")); err != nil {
		t.Fatal(err)
	}
	s.run("celery/restart").Expect(t, "a restart when they answer", false, "answers: one@")
}
