//go:build cookbook

package celery_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/cookbook/recipetest"
	"github.com/slipway/slipway/internal/cookbook/shelltest"
	"github.com/slipway/slipway/internal/needtest"
)

func TestMain(m *testing.M) { needtest.RunWaiting(m) }

// site is a deploy path with two releases of an application of Celery, and a Redis.
type site struct {
	*recipetest.DeployPath
	t       *testing.T
	manager string
	with    map[string]string // of celery/restart
	shell   func() []string
	redis   *exec.Cmd
}

// project is the application. Its tasks write down when they begin and end, and in which release; those of a negative time wait for the file go.
const project = `import os, time
from celery import Celery
app = Celery("project", broker="redis+socket://%[1]s/redis.sock")
app.conf.update(task_acks_late=%[2]s, task_ignore_result=True, worker_hijack_root_logger=True, broker_transport_options={"visibility_timeout": 3600})
RELEASE = os.path.basename(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
def note(what, n):
    tasks = os.open("%[1]s/tasks", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.write(tasks, ("%%s %%s %%s\n" %% (what, n, RELEASE)).encode())
    os.close(tasks)
@app.task
def work(n, seconds):
    note("begin", n)
    while seconds < 0 and not os.path.exists("%[1]s/go"):
        time.sleep(0.1)
    time.sleep(max(seconds, 0))
    note("end", n)
`

func newSite(t *testing.T, manager string, late bool) *site {
	t.Helper()
	needtest.Programs(t, "redis-server", "supervisord", "supervisorctl", "dash", "busybox")
	if err := exec.CommandContext(t.Context(), recipetest.Python, "-c", "import celery, redis").Run(); err != nil {
		needtest.Skip(t, "Celery is missing (Debian's python3-celery and python3-redis)")
	}
	s := &site{DeployPath: &recipetest.DeployPath{Dir: t.TempDir()}, t: t, manager: manager, shell: shelltest.InTurns(t)}
	python := map[bool]string{false: "False", true: "True"}[late]
	for _, release := range []string{"release-a", "release-b"} {
		shelltest.Write(t, filepath.Join(s.Dir, "releases", release), map[string]string{
			"settings.py":         "SECRET_KEY = 'of a test'\n", // the steps of these tests have a DJANGO_SETTINGS_MODULE
			"project/__init__.py": "", "project/celery.py": fmt.Sprintf(project, s.Dir, python),
		})
	}
	s.SwitchTo(t, "release-a")
	s.redis = recipetest.Start(t, s.Dir, "redis-server", "--port", "0", "--unixsocket", filepath.Join(s.Dir, "redis.sock"), "--save", "")
	recipetest.Eventually(t, "Redis listens", func() bool { _, err := os.Stat(filepath.Join(s.Dir, "redis.sock")); return err == nil })

	s.with = map[string]string{"manager": manager, "app": "project", "python": recipetest.Python, "boot": "2m", "wait": "2m"}
	switch manager {
	case "supervisor":
		s.with["conf"], s.with["name"] = s.supervisord(), "workers:*"
	case "systemd":
		s.systemd()
		s.with["name"], s.with["sudo"] = "one two", "env"
	case "pidfile":
		s.with["name"], s.with["options"] = s.Dir+"/one.pid "+s.Dir+"/two.pid", "--concurrency=2"
	}
	t.Cleanup(func() {
		for _, file := range []string{"one.pid", "two.pid", "other.pid"} {
			if worker := s.Master(file); worker != 0 {
				end(t, worker)
			}
		}
		if t.Failed() {
			for _, what := range []string{"llen celery", "hlen unacked", "keys *"} {
				out, _ := exec.Command("redis-cli", append([]string{"-s", filepath.Join(s.Dir, "redis.sock")}, strings.Fields(what)...)...).CombinedOutput()
				t.Logf("redis %s: %s", what, out)
			}
			began, ended, _ := s.tasks()
			t.Logf("%d began, %d ended", len(began), len(ended))
			for _, file := range []string{"one.log", "two.log"} {
				text, _ := os.ReadFile(filepath.Join(s.Dir, file))
				t.Logf("%s:\n%s", file, text)
			}
		}
	})
	return s
}

// end ends a worker, and waits until it has.
func end(t *testing.T, worker int) {
	t.Helper()
	_ = syscall.Kill(worker, syscall.SIGTERM)
	look := time.NewTicker(10 * time.Millisecond)
	defer look.Stop()
	for tries := 0; syscall.Kill(worker, 0) == nil; tries++ {
		if tries == 6000 {
			t.Errorf("worker %d does not end", worker)
			_ = syscall.Kill(worker, syscall.SIGKILL)
			return
		}
		<-look.C
	}
}

// supervisord runs two workers, as a group, through current. It would kill one that does not end at once.
func (s *site) supervisord() (conf string) {
	s.t.Helper()
	text := recipetest.Supervisord(s.Dir)
	for name, restarts := range map[string]string{"one": "unexpected", "two": "true"} {
		text += fmt.Sprintf(`[program:%[2]s]
command=%[3]s -m celery --app project worker --hostname %[2]s@%%%%h --concurrency 2 --pidfile %[1]s/%[2]s.pid
directory=%[1]s/current
autostart=false
autorestart=%[4]s
stopwaitsecs=1
stdout_logfile=%[1]s/%[2]s.log
redirect_stderr=true
`, s.Dir, name, recipetest.Python, restarts)
	}
	shelltest.Write(s.t, s.Dir, map[string]string{"supervisord.conf": text})
	conf = filepath.Join(s.Dir, "supervisord.conf")
	recipetest.Start(s.t, s.Dir, "supervisord", "-c", conf)
	recipetest.Eventually(s.t, "supervisor listens", func() bool { _, err := os.Stat(filepath.Join(s.Dir, "sock")); return err == nil })
	return conf
}

// values are the parameters of a recipe that the site has, and pairs of others.
func (s *site) values(uses string, more ...string) map[string]string {
	values := map[string]string{"app": "project", "python": recipetest.Python, "timeout": "2s"}
	if uses == "celery/restart" {
		values = map[string]string{}
		for name, value := range s.with {
			values[name] = value
		}
	}
	for i := 0; i < len(more); i += 2 {
		values[more[i]] = more[i+1]
	}
	return values
}

func (s *site) run(uses string, more ...string) shelltest.Outcome {
	s.t.Helper()
	return s.Step(s.t, s.shell(), recipetest.Rendered(s.t, uses, s.values(uses, more...)))
}

func (s *site) undo(uses string, more ...string) shelltest.Outcome {
	s.t.Helper()
	return s.Step(s.t, s.shell(), recipetest.Undoing(s.t, uses, s.values(uses, more...)))
}

// publish sends so many tasks that take so long, a pause after each.
func (s *site) publish(from, to int, seconds, pause float64) *exec.Cmd {
	s.t.Helper()
	script := fmt.Sprintf("import time\nfrom project.celery import work\nfor n in range(%d, %d):\n    work.delay(n, %g)\n    time.sleep(%g)\n", from, to, seconds, pause)
	cmd := exec.CommandContext(s.t.Context(), recipetest.Python, "-c", script)
	cmd.Dir = filepath.Join(s.Dir, "releases", "release-a")
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	return cmd
}

// tasks are the lines that tasks have written: how often each.
func (s *site) tasks() (began, ended map[int]int, releases map[string]int) {
	began, ended, releases = map[int]int{}, map[int]int{}, map[string]int{}
	text, _ := os.ReadFile(filepath.Join(s.Dir, "tasks"))
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		n, err := strconv.Atoi(fields[1])
		if err != nil {
			s.t.Fatal(err)
		}
		if fields[0] == "begin" {
			began[n]++
			releases[fields[2]]++
		} else {
			ended[n]++
		}
	}
	return began, ended, releases
}

// done waits until so many tasks have ended.
func (s *site) done(n int) {
	s.t.Helper()
	recipetest.Eventually(s.t, fmt.Sprintf("%d tasks have ended", n), func() bool { _, ended, _ := s.tasks(); return len(ended) >= n })
}

// once checks that each of so many tasks ran once, and to its end.
func (s *site) once(n int) {
	s.t.Helper()
	s.done(n)
	began, ended, releases := s.tasks()
	for task := range n {
		if began[task] != 1 || ended[task] != 1 {
			s.t.Errorf("task %d began %d times and ended %d times", task, began[task], ended[task])
		}
	}
	s.t.Logf("%d tasks, by release: %v", len(ended), releases)
}

// TestNoTaskIsLost: 1,000 tasks come in while workers are quieted, resumed, and restarted to another release and back. Each runs once.
func TestNoTaskIsLost(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		manager string
		late    bool
	}{{"supervisor", true}, {"pidfile", false}} {
		t.Run(test.manager, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, test.manager, test.late)
			s.run("celery/restart").Expect(t, "the first start", false, "answers: one@")
			sent := 0
			sends := func() (wait func()) { // 250 tasks, while something is done with the workers
				sent += 250
				tasks := s.publish(sent-250, sent, 0.03, 0.02)
				s.done(sent - 240)
				return func() {
					if err := tasks.Wait(); err != nil {
						t.Error(err)
					}
				}
			}
			wait := sends()
			s.run("celery/quiet", "wait", "1m", "at_least", "2").Expect(t, "quiet", false, "slipway-note: 2 worker(s) take no new tasks, and none runs")
			_, before, _ := s.tasks()
			wait()
			<-time.After(time.Second) // in which a worker would take them
			if _, after, _ := s.tasks(); len(after) != len(before) || len(after) == sent {
				t.Errorf("%d tasks of %d ran while it was quiet", len(after)-len(before), sent)
			}
			s.run("celery/quiet", "at_least", "2").Expect(t, "quiet again", false, "quiet already: one@")
			s.run("celery/resume").Expect(t, "resume", false, "slipway-note: 2 worker(s) take tasks again")
			s.done(sent)

			wait = sends()
			s.run("celery/quiet", "at_least", "2").Expect(t, "quiet without waiting", false, "slipway-note: 2 worker(s) take no new tasks\n")
			s.SwitchTo(t, "release-b")
			s.run("celery/restart").Expect(t, "restart", false, "answers: one@")
			s.undo("celery/quiet").Expect(t, "take back", false, "slipway-note: no worker was quieted")
			wait()
			s.done(sent)
			for _, release := range []string{"release-a", "release-b"} {
				wait = sends()
				s.SwitchTo(t, release)
				s.run("celery/restart").Expect(t, release, false, "answers: one@")
				wait()
			}
			s.once(1000)
			if _, _, releases := s.tasks(); releases["release-b"] == 0 {
				t.Error("no task ran in release-b")
			}
		})
	}
}

// TestTasksThatTakeTooLong: nobody ends a task that runs.
func TestTasksThatTakeTooLong(t *testing.T) {
	t.Parallel()
	s := newSite(t, "supervisor", true)
	s.run("celery/restart").Expect(t, "the first start", false, "")
	if err := s.publish(0, 1, -1, 0).Wait(); err != nil {
		t.Fatal(err)
	}
	recipetest.Eventually(t, "it begins", func() bool { began, _, _ := s.tasks(); return len(began) == 1 })
	s.run("celery/quiet", "wait", "2s", "at_least", "2").Expect(t, "quiet", true, "after 2s 1 task(s) still run: project.celery.work")
	s.undo("celery/quiet", "wait", "2s").Expect(t, "take back", false, "slipway-note: 2 worker(s) take tasks again")
	first := s.Master("two.pid")
	s.SwitchTo(t, "release-b")
	s.run("celery/restart", "wait", "1s").Expect(t, "restart", true, "after 1s 1 task(s) still run: project.celery.work. The workers go on as they were")
	if s.Master("two.pid") != first {
		t.Error("a worker was ended")
	}
	shelltest.Write(t, s.Dir, map[string]string{"go": ""})
	s.run("celery/restart").Expect(t, "restart again", false, "answers: one@")
	if s.Master("two.pid") == first {
		t.Error("a worker was not restarted")
	}
	s.once(1)
	s.Step(t, s.shell(), recipetest.Logging(t, "celery/restart", s.with)).Expect(t, "log", false, "--- the end of what workers:one printed (stdout)")
	for _, what := range []string{"stop", "stop again"} {
		s.Step(t, s.shell(), recipetest.Stopping(t, "celery/restart", s.with)).Expect(t, what, false, "")
	}
	if one, two := s.Master("one.pid"), s.Master("two.pid"); one != 0 || two != 0 {
		t.Errorf("workers %d and %d go on", one, two)
	}
}

// TestOtherWorkers: a step changes the workers that it names, and no others.
func TestOtherWorkers(t *testing.T) {
	t.Parallel()
	s := newSite(t, "pidfile", false)
	s.run("celery/restart").Expect(t, "the first start", false, "")
	s.run("celery/quiet", "nodes", "one@*", "at_least", "1").Expect(t, "one of two", false, "slipway-note: 1 worker(s) take no new tasks")
	if err := s.publish(0, 10, 0, 0).Wait(); err != nil {
		t.Fatal(err)
	}
	s.once(10)
	s.run("celery/resume", "nodes", "two@*").Expect(t, "the other one", false, "slipway-note: no worker was quieted")
	s.run("celery/quiet", "nodes", "*", "at_least", "3").Expect(t, "too few", true, " worker(s) answer, and `at_least` says 3")
	s.run("celery/quiet", "nodes", "*", "at_least", "2").Expect(t, "all", false, "quiet: one@")
	s.run("celery/resume", "nodes", "*").Expect(t, "all back", false, "slipway-note: 2 worker(s) take tasks again")
	s.run("celery/quiet", "nodes", "three@*").Expect(t, "none of the name", false, "slipway-note: no worker answers")

	// One that died while it was quiet owes nothing; one that hangs is told.
	s.run("celery/quiet", "at_least", "2").Expect(t, "quiet", false, "slipway-note: 2 worker(s) take no new tasks")
	one, two := s.Master("one.pid"), s.Master("two.pid")
	_ = syscall.Kill(one, syscall.SIGTERM)
	recipetest.Eventually(t, "it is gone", func() bool { return syscall.Kill(one, 0) != nil })
	_ = syscall.Kill(two, syscall.SIGSTOP)
	s.run("celery/resume", "wait", "1s").Expect(t, "a worker that hangs", true, "two@")
	_ = syscall.Kill(two, syscall.SIGCONT)
	s.run("celery/resume").Expect(t, "it goes on", false, "slipway-note: 1 worker(s) take tasks again")

	// Two of one name cannot be told apart.
	twin := exec.Command(recipetest.Python, "-m", "celery", "--app", "project", "worker", "--hostname", "two@%h", "--pidfile", s.Dir+"/other.pid", "--loglevel", "INFO", "--logfile", s.Dir+"/other.log")
	twin.Dir = filepath.Join(s.Dir, "current")
	if err := twin.Start(); err != nil {
		t.Fatal(err)
	}
	recipetest.Eventually(t, "a twin runs", func() bool {
		log, _ := os.ReadFile(s.Dir + "/other.log")
		return strings.Contains(string(log), "ready")
	})
	// Which of them answers in time is theirs: both do sooner or later.
	recipetest.Eventually(t, "two workers are called two@", func() bool {
		got := s.run("celery/quiet")
		return got.Fail && strings.Contains(got.Out, "two workers are called two@")
	})
	_ = twin.Process.Signal(syscall.SIGTERM)
	if err := twin.Wait(); err != nil {
		t.Error(err)
	}
}

// TestBadReleases: a worker that does not come up, or of another release, is no success.
func TestBadReleases(t *testing.T) {
	t.Parallel()
	s := newSite(t, "pidfile", false)
	s.run("celery/restart", "python", "/nowhere/python").Expect(t, "no interpreter", true, "there is no /nowhere/python; set `python`")
	s.run("celery/restart", "directory", "src").Expect(t, "no folder", true, "there is no folder src")
	s.run("celery/restart", "name", "one.pid").Expect(t, "no path", true, "'one.pid', which is no absolute path")
	s.run("celery/quiet", "app", "shop").Expect(t, "no such application", false, "slipway-note: the live release has no shop")
	s.run("celery/restart").Expect(t, "the first start", false, "")
	shelltest.Write(t, filepath.Join(s.Dir, "releases/release-b/project"), map[string]string{"celery.py": "raise RuntimeError('no such table')\n"})
	s.SwitchTo(t, "release-b")
	before := s.Master("one.pid")
	s.run("celery/restart").Expect(t, "a release that does not load", true, "celery/restart: RuntimeError: no such table")
	if s.Master("one.pid") != before {
		t.Error("a worker was ended")
	}
	s.run("celery/quiet").Expect(t, "nor can it be asked", true, "RuntimeError: no such table")
	s.SwitchTo(t, "release-a")
	s.run("celery/restart").Expect(t, "back", false, "answers: one@")
	s.Now = "release-b" // and current still names the other one
	s.run("celery/restart").Expect(t, "the old release", true, "/releases/release-a, not in the new release")
	s.Now = "release-a"

	// A disk without room: nothing is taken that could not be given back.
	full := t.TempDir()
	t.Cleanup(needtest.Disk(t, full, "size=8k"))
	if err := os.WriteFile(filepath.Join(full, "filler"), make([]byte, 1<<20), 0o600); err == nil {
		t.Fatal("the disk has room")
	}
	script := recipetest.Rendered(t, "celery/quiet", s.values("celery/quiet", "at_least", "2"))
	shelltest.Run(t, s.shell(), s.Dir, script, "SLIPWAY_CURRENT_PATH="+s.Dir+"/current", "SLIPWAY_SHARED_PATH="+full).Expect(t, "a full disk", true, "No space left on device")
	if err := s.publish(0, 1, 0, 0).Wait(); err != nil {
		t.Fatal(err)
	}
	s.once(1)
	if left, _ := os.ReadDir(full); len(left) != 1 {
		t.Errorf("it left %v", left)
	}

	// A broker that hangs, and none.
	_ = s.redis.Process.Signal(syscall.SIGSTOP)
	s.run("celery/quiet", "timeout", "1s").Expect(t, "a broker that hangs", true, "the broker does not answer")
	_ = s.redis.Process.Signal(syscall.SIGCONT)
	s.Step(t, s.shell(), recipetest.Stopping(t, "celery/restart", s.with)).Expect(t, "stop", false, "")
	_ = s.redis.Process.Signal(syscall.SIGTERM)
	_, _ = s.redis.Process.Wait()
	s.run("celery/quiet").Expect(t, "no broker", true, "celery/quiet: ")
}
