//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/needtest"
	"github.com/slipway/slipway/internal/sshtest/loopback"
	"github.com/slipway/slipway/internal/sshtest/sshd"
)

// guide is a project that was made as docs/django.md says, and a host of its own to deploy it to: the real sshd, supervisor, gunicorn
// and Django on this machine. No container is needed.
type guide struct {
	program string // slipway, built
	project string
	root    string // the deploy path
	home    string // of the deploy user
	host    string // user@host:port
	port    int
	pack    string // the commands that make the tarball
	restart string // what the deploy file says of the host that is none of its own
	wsgi    string // its text, as startproject wrote it
	env     []string
}

// TestDjangoGuide does what docs/django.md says to the letter, with a project that `startproject` made: a first deployment, a second, one
// that dies on import, and the way back. On a host of its own the first deployment is the one that dies.
func TestDjangoGuide(t *testing.T) {
	t.Parallel()
	ctx := untilInterrupted(t)
	g := newGuide(ctx, t)
	g.release(ctx, t, "one", "")
	g.deploy(ctx, t, 0, "ACTIVATED on 1 of 1 host")
	g.answers(ctx, t, "one")
	g.release(ctx, t, "two", "")
	g.deploy(ctx, t, 0, "ACTIVATED on 1 of 1 host")
	g.answers(ctx, t, "two")
	g.release(ctx, t, "three", "import cart")
	g.deploy(ctx, t, 3, "No module named 'cart'")
	g.answers(ctx, t, "two")
	g.slipway(ctx, t, 0, "ACTIVATED on 1 of 1 host", "rollback")
	g.answers(ctx, t, "one")
}

// TestDjangoGuideFirstFails: of a first deployment that fails, nothing goes on answering, and the next one is served.
func TestDjangoGuideFirstFails(t *testing.T) {
	t.Parallel()
	ctx := untilInterrupted(t)
	g := newGuide(ctx, t)
	g.release(ctx, t, "one", "import cart")
	g.deploy(ctx, t, 3, "No module named 'cart'")
	// Stopped, or given up on by supervisor before it could be stopped: both stay down.
	if status, _ := try(ctx, "supervisorctl", "-c", filepath.Join(g.home, "supervisord.conf"), "status"); !regexp.MustCompile(`(?m)^web +(STOPPED|FATAL) `).MatchString(status) {
		t.Errorf("after the first deployment failed supervisor says %s", status)
	}
	g.release(ctx, t, "two", "")
	g.deploy(ctx, t, 0, "ACTIVATED on 1 of 1 host")
	g.answers(ctx, t, "two")
}

// TestDjangoInit deploys the same project with the files that `slipway init` writes for it, and the commands of its workflow.
func TestDjangoInit(t *testing.T) {
	t.Parallel()
	ctx := untilInterrupted(t)
	g := newGuide(ctx, t)
	file := filepath.Join(g.project, "slipway.yml")
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	g.slipway(ctx, t, 0, "Django: manage.py, settings mysite.settings", "init", "--host", g.host, "--deploy_path", g.root)
	write(t, file, strings.Replace(read(t, file), "\nactivate:\n", "\nactivate:\n"+g.restart, 1))
	g.env = append(g.env, "INPUT_ARTIFACT=") // the deploy file says it
	commands := regexp.MustCompile(`(?m)^ *- run: (.*)$`).FindAllStringSubmatch(read(t, filepath.Join(g.project, ".github", "workflows", "deploy.yml")), -1)
	g.pack = ""
	for _, command := range commands {
		g.pack += command[1] + "\n"
	}
	g.release(ctx, t, "one", "")
	g.deploy(ctx, t, 0, "ACTIVATED on 1 of 1 host")
	g.answers(ctx, t, "one")
}

func newGuide(ctx context.Context, t *testing.T) *guide {
	t.Helper()
	for _, program := range []string{"supervisord", "supervisorctl", "gunicorn", "git"} {
		needtest.Program(t, program)
	}
	const python = "/usr/bin/python3" // Debian's, which has Debian's Django
	page := read(t, filepath.Join(repository(t), "docs", "django.md"))
	server := sshd.Start(t, sshd.Options{})
	dir := t.TempDir()
	g := &guide{
		program: filepath.Join(dir, "slipway"), project: filepath.Join(dir, "project"), root: filepath.Join(dir, "www"),
		home: filepath.Join(dir, "deploy"), host: server.Address().String(), port: loopback.Free(t).Port,
		pack: "mkdir -p dist && git archive --output dist/mysite.tar.gz HEAD",
	}
	run(ctx, t, "go", "build", "-o", g.program, repository(t))
	for _, folder := range []string{g.project, g.root, g.home} {
		if err := os.Mkdir(folder, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	here := strings.NewReplacer(
		"/srv/www/mysite", g.root, "/home/deploy", g.home, "127.0.0.1:8001", fmt.Sprintf("127.0.0.1:%d", g.port),
		"deploy@web1.example.com", g.host,
	)

	// The application.
	run(ctx, t, python, "-m", "django", "startproject", "mysite", g.project)
	g.wsgi = read(t, filepath.Join(g.project, "mysite", "wsgi.py"))
	settings := filepath.Join(g.project, "mysite", "settings.py")
	generated := read(t, settings)
	for _, replaced := range []string{`(?m)^(from pathlib|BASE_DIR|SECRET_KEY|DEBUG|ALLOWED_HOSTS)\b.*$`, `(?s)\nDATABASES = \{.*?\n\}\n`} {
		generated = regexp.MustCompile(replaced).ReplaceAllString(generated, "")
	}
	write(t, settings, block(t, page, "import os")+generated)
	write(t, filepath.Join(g.project, "mysite", "urls.py"), block(t, page, "from django.conf import settings"))
	write(t, filepath.Join(g.project, "requirements.txt"), "Django\ngunicorn\n")
	write(t, filepath.Join(g.project, ".gitattributes"), block(t, page, ".gitattributes export-ignore"))
	// On a host of its own supervisor's configuration lies in the home folder, and needs not be said.
	g.restart = fmt.Sprintf("  restart: {uses: supervisor/restart, with: {program: web, conf: %s/supervisord.conf}}\n", g.home)
	write(t, filepath.Join(g.project, "slipway.yml"), here.Replace(block(t, page, "preset: django")+block(t, page, "activate:"))+g.restart)
	run(ctx, t, "git", "-C", g.project, "init", "--quiet")

	// The host. Wheels of Debian's packages stand for an index.
	wheels := t.TempDir()
	run(ctx, t, python, filepath.Join("testdata", "preset", "wheels.py"), wheels, "Django", "gunicorn", "asgiref", "sqlparse", "pytz")
	conf := filepath.Join(g.home, "supervisord.conf")
	write(t, conf, here.Replace(block(t, page, "[supervisord]")))
	supervisor := exec.Command("supervisord", "--nodaemon", "-c", conf)
	supervisor.Env = []string{"PATH=/usr/local/bin:/usr/bin:/bin", "HOME=" + g.home}
	if err := supervisor.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = supervisor.Process.Signal(os.Interrupt)
		_ = supervisor.Wait()
		if log, err := os.ReadFile(filepath.Join(g.home, "web.log")); t.Failed() && err == nil {
			t.Logf("gunicorn said\n%s", log)
		}
	})
	dotenv := fmt.Sprintf("SECRET_KEY=%s\nDB_ENGINE=sqlite3\nDB_NAME=%s\nALLOWED_HOSTS=127.0.0.1\n", djangoKey, filepath.Join(g.home, "db.sqlite3"))
	g.env = append(os.Environ(),
		"INPUT_SSH_KEY="+server.Key.Reveal(), "INPUT_KNOWN_HOSTS="+server.KnownHosts, "INPUT_APP=mysite", "INPUT_ARTIFACT=dist/mysite.tar.gz",
		fmt.Sprintf("INPUT_VARS=PIP_NO_INDEX=1\nPIP_FIND_LINKS=%s\nPORT=%d", wheels, g.port),
		"INPUT_SECRETS=DOTENV<<END-OF-DOTENV\n"+dotenv+"END-OF-DOTENV\n")
	return g
}

// release packs another version. What comes first in wsgi.py is met by gunicorn alone: no step of Django's imports it.
func (g *guide) release(ctx context.Context, t *testing.T, version, first string) {
	t.Helper()
	wsgi := filepath.Join(g.project, "mysite", "wsgi.py")
	write(t, wsgi, first+"\n"+g.wsgi)
	urls := filepath.Join(g.project, "mysite", "urls.py")
	write(t, urls, regexp.MustCompile(`HttpResponse\("[^"]*"`).ReplaceAllString(read(t, urls), fmt.Sprintf(`HttpResponse("%s\n"`, version)))
	run(ctx, t, "git", "-C", g.project, "add", "--all")
	run(ctx, t, "git", "-C", g.project, "-c", "user.name=Anna", "-c", "user.email=anna@example.com", "commit", "--quiet", "--message", version)
	run(ctx, t, "sh", "-c", "cd "+g.project+" && "+g.pack)
}

func (g *guide) deploy(ctx context.Context, t *testing.T, exit int, says string) {
	t.Helper()
	g.slipway(ctx, t, exit, says, "deploy")
}

func (g *guide) slipway(ctx context.Context, t *testing.T, exit int, says string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(ctx, g.program, args...)
	cmd.Dir, cmd.Env = g.project, g.env
	out, err := cmd.CombinedOutput()
	var ended *exec.ExitError
	if err != nil && !errors.As(err, &ended) {
		t.Fatal(err)
	}
	if got := cmd.ProcessState.ExitCode(); got != exit || !bytes.Contains(out, []byte(says)) {
		t.Fatalf("%v: exit %d, want %d and %q:\n%s", args, got, exit, says, out)
	}
	if bytes.Contains(out, []byte(djangoKey)) {
		t.Errorf("%v prints a secret", args)
	}
}

// answers checks that visitors get a version. The deployment is over: there is nothing to wait for.
func (g *guide) answers(ctx context.Context, t *testing.T, version string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("http://127.0.0.1:%d/healthz", g.port), http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var body bytes.Buffer
	if _, err := body.ReadFrom(answer.Body); err != nil || strings.TrimSpace(body.String()) != version {
		t.Errorf("it answers %s %q, %v; want %s", answer.Status, body.String(), err, version)
	}
}
