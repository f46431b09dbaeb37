//go:build long

// Package metric_test has a real Prometheus watch the Django example behind a real nginx, under load, while the program deploys to it.
package metric_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/slipway/slipway/e2e/load"
	"github.com/slipway/slipway/internal/cookbook/recipetest"
	"github.com/slipway/slipway/internal/needtest"
	"github.com/slipway/slipway/internal/sshtest"
	"github.com/slipway/slipway/internal/sshtest/loopback"
	"github.com/slipway/slipway/internal/sshtest/sshd"
)

// failsAfter is how old the bad release is when its pages begin to fail: long after its checks passed on both hosts.
const failsAfter = time.Minute

// TestMetricGate deploys a good release, one that begins to fail while the fleet is watched, and sees the fleet go back. Visitors come all
// the time, and nginx never asks twice. Every request is answered by the application: none is refused, cut off or lost in between. What fails are pages of
// the bad release after it began to, and none before it was deployed, nor once the fleet is back.
func TestMetricGate(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.release(t, "1", 0)
	s.deploy(t, "5s", 0, "watch ")

	visitors := load.Start(t.Context(), load.Site{
		URL: s.url, Patience: time.Minute, Passed: "X-Tried",
		Marks: func(_ http.Header, body []byte) (marks []string) {
			for _, found := range regexp.MustCompile(`Version (\d+)`).FindAllSubmatch(body, -1) {
				marks = append(marks, string(found[1]))
			}
			return marks
		},
		Groups: []load.Group{{Visitors: 4, Visits: []load.Visit{{Path: "/"}}, Pause: 50 * time.Millisecond}},
	})
	s.release(t, "2", 0)
	s.deploy(t, "10s", 0, "watch ")
	s.release(t, "3", failsAfter)
	bad := time.Now()
	out := s.deploy(t, "10m", 3, "wanted below 0.05")
	back := time.Now()
	for _, want := range []string{"activate   ok    web2", "fleet  watch Errors: held for ", "UNWOUND on 2 of 2"} {
		if !strings.Contains(out, want) {
			t.Errorf("the log lacks %q", want)
		}
	}
	recipetest.Eventually(t, "a hundred answers after the way back", func() bool {
		answers := visitors.Answers()
		return len(answers) > 100 && answers[len(answers)-100].At.After(back)
	})
	judge(t, visitors.Stop(), bad, back)
}

// judge holds every answer against what visitors may see.
func judge(t *testing.T, answers []load.Answer, bad, back time.Time) {
	t.Helper()
	seen, failed := map[string]int{}, 0
	for _, a := range answers {
		seen[a.Mark]++
		switch ofBad := a.At.After(bad.Add(failsAfter)) && a.At.Before(back); {
		case a.Status == http.StatusInternalServerError && ofBad && !strings.Contains(a.Passed, ","):
			failed++
		case a.Err != nil:
			t.Errorf("%s after %s: status %d by %q, %v", a.At.Sub(bad), a.Took, a.Status, a.Passed, a.Err)
		case a.Mark == "3" && a.At.After(back), a.Mark == "1" && a.At.After(bad):
			t.Errorf("version %s after %s", a.Mark, a.At.Sub(bad))
		}
	}
	t.Logf("%d requests, by version %v; %d pages of the bad release failed", len(answers), seen, failed)
	if seen["1"] == 0 || seen["2"] == 0 || seen["3"] == 0 || failed == 0 {
		t.Error("nobody saw one of the versions, or nothing failed: there was nothing to see")
	}
}

// site is two hosts with gunicorn, a balancer, a Prometheus that scrapes the hosts, and the program that deploys to them.
type site struct {
	program, root, project string
	url                    string // of the balancer
	file                   string // the deploy file, but for how long it watches
	env                    []string
}

func newSite(t *testing.T) *site {
	t.Helper()
	needtest.Programs(t, "nginx", "gunicorn", "prometheus", "go")
	if out, err := exec.Command(recipetest.Python, "-c", "import django, whitenoise, django_prometheus").CombinedOutput(); err != nil {
		needtest.Skip(t, "Debian's Python lacks what the application needs: "+string(out))
	}
	root := t.TempDir()
	s := &site{program: filepath.Join(root, "slipway"), root: root, project: filepath.Join(root, "project")}
	run(t, "go", "build", "-o", s.program, "../..")
	for _, folder := range []string{"project/dist", "balancer/nginx", "prometheus"} {
		if err := os.MkdirAll(filepath.Join(root, folder), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	front, one, two, prometheus := loopback.Free(t).String(), loopback.Free(t), loopback.Free(t), loopback.Free(t).String()
	s.url = "http://" + front

	key, authorized := sshtest.ClientKey()
	words := []string{
		"ROOT", root, "PROMETHEUS", "http://" + prometheus, "PORT1", fmt.Sprint(one.Port), "PORT2", fmt.Sprint(two.Port), "FRONT", front,
	}
	known := ""
	for i := range 3 {
		server := sshd.Start(t, sshd.Options{AuthorizedKeys: authorized})
		words = append(words, fmt.Sprintf("HOST%d", i+1), server.Address().String())
		known += server.KnownHosts
	}
	here := strings.NewReplacer(words...)
	s.file = here.Replace(read(t, "testdata/slipway.yml"))
	s.env = append(os.Environ(), "INPUT_SSH_KEY="+key.Reveal(), "INPUT_KNOWN_HOSTS="+known)
	t.Cleanup(func() { stopSites(t, root) })

	as := ""
	if os.Geteuid() == 0 {
		as = "user root;"
	}
	write(t, root, "balancer/nginx/site.conf", here.Replace("server 127.0.0.1:PORT1 max_fails=0;\nserver 127.0.0.1:PORT2 max_fails=0;\n"))
	write(t, root, "balancer/nginx.conf", here.Replace(as+`
error_log error.log; pid nginx.pid; worker_processes 1; daemon off;
events {}
http {
  access_log off; client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
  upstream site { include nginx/site.conf; }
  server {
    listen FRONT backlog=1024;
    location / { proxy_pass http://site; proxy_next_upstream off; proxy_set_header Host $http_host; add_header X-Tried $upstream_addr always; }
  }
}
`))
	recipetest.Start(t, filepath.Join(root, "balancer"), "nginx", "-p", filepath.Join(root, "balancer"), "-e", "error.log", "-c", "nginx.conf")
	write(t, root, "prometheus/prometheus.yml", here.Replace(`
global: {scrape_interval: 1s, scrape_timeout: 1s}
scrape_configs:
  - job_name: site
    static_configs: [{targets: ["127.0.0.1:PORT1", "127.0.0.1:PORT2"]}]
`))
	recipetest.Start(t, filepath.Join(root, "prometheus"), "prometheus", "--config.file=prometheus.yml", "--storage.tsdb.path=data",
		"--web.listen-address="+prometheus, "--log.level=warn")
	return s
}

// release packs a version of the example; one that fails after a while says so. 0 is never.
func (s *site) release(t *testing.T, version string, after time.Duration) {
	t.Helper()
	const example = "../../examples/django"
	tree := t.TempDir()
	run(t, "cp", "-r", example+"/manage.py", example+"/project", example+"/puzzles", example+"/public", example+"/packages/brackets/brackets", tree)
	run(t, "cp", "-r", "testdata/metered/.", filepath.Join(tree, "project"))
	write(t, tree, "public/version.txt", version+"\n")
	if after > 0 {
		write(t, tree, "public/fails-after.txt", fmt.Sprint(after.Seconds()))
	}
	run(t, "tar", "-C", tree, "--exclude=__pycache__", "-cf", filepath.Join(s.project, "dist/site.tar"), ".")
}

// deploy runs the program, which must end so and say something. It gives all that it said.
func (s *site) deploy(t *testing.T, watch string, exit int, says string) string {
	t.Helper()
	write(t, s.project, "slipway.yml", strings.ReplaceAll(s.file, "WATCH", watch))
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, s.program, "deploy")
	cmd.Dir, cmd.Env = s.project, s.env
	out, _ := cmd.CombinedOutput()
	t.Logf("%s", out)
	if got := cmd.ProcessState.ExitCode(); got != exit || !strings.Contains(string(out), says) {
		t.Fatalf("exit %d, wanted %d and %q", got, exit, says)
	}
	return string(out)
}

// stopSites ends what the restarts left running.
func stopSites(t *testing.T, root string) {
	t.Helper()
	for _, host := range []string{"web1", "web2"} {
		if pid, err := os.ReadFile(filepath.Join(root, host, "shared/web.pid")); err == nil {
			run(t, "sh", "-c", `kill "$1" && while kill -0 "$1" 2>/dev/null; do sleep 0.1; done; true`, "sh", strings.TrimSpace(string(pid)))
		}
		if log, err := os.ReadFile(filepath.Join(root, host, "shared/web.log")); err == nil && t.Failed() {
			t.Logf("%s said ... %s", host, log[max(0, len(log)-3000):])
		}
	}
}

func run(t *testing.T, program string, args ...string) {
	t.Helper()
	if out, err := exec.Command(program, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s %q: %v\n%s", program, args, err, out)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func write(t *testing.T, folder, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
