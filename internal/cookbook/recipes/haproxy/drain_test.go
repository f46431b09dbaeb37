package haproxy_test

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/slipway/slipway/internal/cookbook/recipetest"
	"github.com/slipway/slipway/internal/cookbook/shelltest"
	"github.com/slipway/slipway/internal/needtest"
)

func TestMain(m *testing.M) { needtest.RunWaiting(m) }

// TestDrainHAProxy takes servers out of a real HAProxy and puts them back, over a reload too.
func TestDrainHAProxy(t *testing.T) {
	t.Parallel()
	needtest.Programs(t, "haproxy", "socat")
	shelltest.Each(t, func(t *testing.T, shell []string) {
		dir, one, two := t.TempDir(), recipetest.NewBackend(t, "one"), recipetest.NewBackend(t, "two")
		shelltest.Write(t, dir, map[string]string{"haproxy.cfg": fmt.Sprintf(`global
  stats socket %[1]s/admin.sock mode 600 level admin
  stats socket %[1]s/operator.sock mode 600 level operator
  server-state-file %[1]s/state
  hard-stop-after 5s
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  load-server-state-from-file global
frontend http
  bind unix@%[1]s/http.sock
  default_backend site
backend site
  server web1 %[2]s check inter 200ms rise 2 fall 2
  server web2 %[3]s
`, dir, one.Listener.Addr(), two.Listener.Addr())})
		with := func(more ...string) map[string]string {
			values := map[string]string{"backend": "site", "socket": filepath.Join(dir, "admin.sock"), "state_file": filepath.Join(dir, "state")}
			for i := 0; i < len(more); i += 2 {
				values[more[i]] = more[i+1]
			}
			return values
		}
		drain := func(wait int, more ...string) shelltest.Outcome {
			return shelltest.Run(t, shell, dir, recipetest.Rendered(t, "haproxy/drain", with(more...)), recipetest.Target("web1", one, wait)...)
		}
		undrain := func(wait int, more ...string) shelltest.Outcome {
			return shelltest.Run(t, shell, dir, recipetest.Undoing(t, "haproxy/drain", with(more...)), recipetest.Target("web1", one, wait)...)
		}
		drain(1).Expect(t, "no HAProxy", true, "there is no socket")
		master := recipetest.Start(t, dir, "haproxy", "-W", "-f", "haproxy.cfg")
		client := recipetest.Visitor(t, filepath.Join(dir, "http.sock"))
		both, second := "map[one:true two:true]", "map[two:true]"
		recipetest.Eventually(t, "both answer", func() bool { return recipetest.Answers(client, 4) == both })

		drain(1, "backend", "none").Expect(t, "no backend", true, "HAProxy knows no backend none")
		drain(1, "server", "web9").Expect(t, "no server", true, "the backend site has no server web9; it has web1, web2")
		drain(1, "backend", "site; shutdown sessions server x").Expect(t, "another command", true, "must be names")
		drain(1, "socket", filepath.Join(dir, "operator.sock")).Expect(t, "no admin", true, "HAProxy refuses `set server site/web1 state drain`: Permission denied")

		begun := recipetest.Slow(t, client, one, "one")
		drain(1).Expect(t, "a short wait", false, "slipway-note: after 1s 1 request(s) are left")
		if got := recipetest.Answers(client, 4); got != second {
			t.Errorf("drained: %s", got)
		}
		ended := make(chan shelltest.Outcome, 1)
		go func() { ended <- drain(50) }()
		one.End <- struct{}{}
		if got := <-begun; got != "one" {
			t.Errorf("the request in flight got %q", got)
		}
		(<-ended).Expect(t, "drain again", false, "slipway-note: no requests left\n")
		shelltest.Run(t, shell, dir, recipetest.Rendered(t, "haproxy/drain", with()), recipetest.Target("web2", two, 1)...).Expect(t, "the last one", true, "web2 is the last server of site")

		// HAProxy reads at its reload what the recipe kept for it.
		reloaded := process(t, dir)
		if err := exec.CommandContext(t.Context(), "kill", "-USR2", fmt.Sprint(master.Process.Pid)).Run(); err != nil {
			t.Fatal(err)
		}
		recipetest.Eventually(t, "HAProxy is reloaded", func() bool { return process(t, dir) != reloaded })
		if got := recipetest.Answers(client, 8); got != second {
			t.Errorf("drained, and reloaded: %s", got)
		}

		undrain(20).Expect(t, "undrain", false, "")
		if got := recipetest.Answers(client, 4); got != both {
			t.Errorf("undrained: %s", got)
		}
		undrain(20).Expect(t, "undrain again", false, "")
		drain(20, "state", "maint").Expect(t, "maintenance", false, "no requests left")
		undrain(20, "state", "maint").Expect(t, "undrain from maintenance", false, "")

		// A host that does not answer the balancer's checks is not said to be back.
		drain(20).Expect(t, "drain", false, "")
		one.Close()
		recipetest.Eventually(t, "HAProxy sees it down", func() bool {
			for line := range strings.Lines(ask(t, dir, "show stat")) {
				if strings.HasPrefix(line, "site,web1,") {
					return strings.Contains(line, "DOWN")
				}
			}
			return false
		})
		undrain(1).Expect(t, "undrain what is down", true, "its health check does not pass")
	})
}

// ask is an answer of HAProxy's runtime socket, "" where there is none.
func ask(t *testing.T, dir, command string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "socat", "-t", "5", "-", "UNIX-CONNECT:"+filepath.Join(dir, "admin.sock"))
	cmd.Stdin = strings.NewReader(command + "\n")
	out, _ := cmd.Output()
	return string(out)
}

// process is HAProxy's worker, another one after a reload.
func process(t *testing.T, dir string) string {
	t.Helper()
	for line := range strings.Lines(ask(t, dir, "show info")) {
		if pid, found := strings.CutPrefix(line, "Pid: "); found {
			return strings.TrimSpace(pid)
		}
	}
	return ""
}
