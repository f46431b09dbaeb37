//go:build cookbook

package sidekiq_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/slipway/slipway/internal/cookbook/recipetest"
	"github.com/slipway/slipway/internal/cookbook/shelltest"
	"github.com/slipway/slipway/internal/needtest"
)

func TestMain(m *testing.M) { needtest.RunWaiting(m) }

// TestSidekiq quiets and restarts a real Sidekiq that something starts again: a job that came while it was quiet waits for the new release.
func TestSidekiq(t *testing.T) {
	t.Parallel()
	needtest.Programs(t, "sidekiq", "redis-server", "redis-cli", "dash", "busybox")
	d := recipetest.NewDeployPath(t, "")
	socket := filepath.Join(d.Dir, "redis.sock")
	for _, release := range []string{"release-a", "release-b"} {
		shelltest.Write(t, filepath.Join(d.Dir, "releases", release), map[string]string{"jobs.rb": fmt.Sprintf(`require "sidekiq"
Sidekiq.configure_server { |config| config.redis = { url: "unix://%[1]s" } }
class Note
  include Sidekiq::Worker
  def perform(n)
    File.write("%[2]s/done/#{n}", "%[3]s")
  end
end
`, socket, d.Dir, release)})
	}
	if err := os.Mkdir(filepath.Join(d.Dir, "done"), 0o755); err != nil {
		t.Fatal(err)
	}
	recipetest.Start(t, d.Dir, "redis-server", "--port", "0", "--unixsocket", socket, "--save", "")
	recipetest.Eventually(t, "Redis answers", func() bool { return exec.CommandContext(t.Context(), "redis-cli", "-s", socket, "ping").Run() == nil })
	jobs := 0
	// job puts one into the queue, in the form that Sidekiq's clients write.
	job := func() string {
		jobs++
		n := strconv.Itoa(jobs)
		payload := fmt.Sprintf(`{"class":"Note","args":[%s],"jid":"%024d","retry":true,"queue":"default","created_at":1,"enqueued_at":1}`, n, jobs)
		if out, err := exec.CommandContext(t.Context(), "redis-cli", "-s", socket, "lpush", "queue:default", payload).CombinedOutput(); err != nil {
			t.Fatalf("%v %s", err, out)
		}
		return n
	}
	by := func(n string) string {
		text, _ := os.ReadFile(filepath.Join(d.Dir, "done", n))
		return string(text)
	}
	tries := 0
	step := func(script string) shelltest.Outcome {
		tries++
		return d.Step(t, shelltest.Shells[tries%2], script)
	}
	with := map[string]string{"wait": "40", "boot": "1"}
	step(recipetest.Rendered(t, "sidekiq/restart", map[string]string{"wait": "1"})).Expect(t, "nothing runs", true, "no Sidekiq of ")
	step(recipetest.Rendered(t, "sidekiq/quiet", with)).Expect(t, "nothing to quiet", false, "slipway-note: no Sidekiq runs here")

	shelltest.Write(t, d.Dir, map[string]string{"watch": `trap 'kill $!; exit' TERM
while [ ! -e "$1/ends" ]; do
  cd "$1/current" || exit
  if [ -e "$1/bad" ]; then
    rm "$1/bad"
    ruby -e '$0 = "sidekiq 0 site [0 of 2 busy]"; sleep 0.5'
    continue
  fi
  sidekiq -r ./jobs.rb -c 2 -t 5 >>"$1/log" 2>&1 &
  wait $! || true
done
`})
	recipetest.Start(t, d.Dir, "dash", "watch", d.Dir)
	first := job()
	recipetest.Eventually(t, "a job is done", func() bool { return by(first) == "release-a" })

	step(recipetest.Rendered(t, "sidekiq/quiet", map[string]string{"finish": "10"})).Expect(t, "quiet", false, "slipway-note: 1 quiet")
	step(recipetest.Rendered(t, "sidekiq/quiet", nil)).Expect(t, "quiet again", false, "slipway-note: 1 quiet")
	second := job()
	d.SwitchTo(t, "release-b")
	if got := by(second); got != "" {
		t.Errorf("a quiet Sidekiq took a job: %s", got)
	}
	step(recipetest.Rendered(t, "sidekiq/restart", with)).Expect(t, "restart", false, "")
	recipetest.Eventually(t, "the job that waited is done", func() bool { return by(second) != "" })
	if got := by(second); got != "release-b" {
		t.Errorf("the job that waited was done by %s", got)
	}

	// What a failed deployment quieted takes jobs again.
	step(recipetest.Rendered(t, "sidekiq/quiet", nil)).Expect(t, "quiet", false, "1 quiet")
	step(recipetest.Undoing(t, "sidekiq/quiet", with)).Expect(t, "undo", false, "")
	third := job()
	recipetest.Eventually(t, "a job is done after the undo", func() bool { return by(third) == "release-b" })

	// The first that starts is still of a release that was gone back from, and ends by itself.
	shelltest.Write(t, d.Dir, map[string]string{"bad": ""})
	step(recipetest.Rendered(t, "sidekiq/restart", with)).Expect(t, "the second lives", false, "")

	d.Now = "release-a"
	step(recipetest.Rendered(t, "sidekiq/restart", with)).Expect(t, "another release", true, "the new workers run in "+d.Dir+"/releases/release-b")
	step(recipetest.Logging(t, "sidekiq/restart", nil)).Expect(t, "log", false, "--- "+d.Dir+"/log\n")
	stop := step(recipetest.Stopping(t, "sidekiq/restart", with))
	if !stop.Fail || !strings.Contains(stop.Out, "something started Sidekiq again") {
		t.Errorf("stop under a watcher: %s", stop.Out)
	}
	shelltest.Write(t, d.Dir, map[string]string{"ends": ""})
	step(recipetest.Rendered(t, "sidekiq/restart", map[string]string{"wait": "15", "boot": "1"})).Expect(t, "nothing starts it again", true, "does something start it again")
	step(recipetest.Stopping(t, "sidekiq/restart", with)).Expect(t, "stop what is gone", false, "")
}
