package mod_wsgi_test

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/cookbook/recipetest"
	"github.com/slipway/slipway/internal/cookbook/shelltest"
	"github.com/slipway/slipway/internal/needtest"
	"github.com/slipway/slipway/internal/sshtest/loopback"
)

func TestMain(m *testing.M) { needtest.RunWaiting(m) }

// TestModWSGI has a real Apache load a new release.
func TestModWSGI(t *testing.T) {
	t.Parallel()
	needtest.Programs(t, "apache2", "curl", "dash", "busybox")
	const modules = "/usr/lib/apache2/modules"
	if _, err := os.Stat(modules + "/mod_wsgi.so"); err != nil {
		needtest.Skip(t, "mod_wsgi is missing (Debian's libapache2-mod-wsgi-py3)")
	}
	d := recipetest.NewDeployPath(t, "")
	who := ""
	if os.Getuid() == 0 {
		who = "User www-data\nGroup www-data"
		if err := exec.CommandContext(t.Context(), "chmod", "-R", "a+rX", filepath.Dir(d.Dir)).Run(); err != nil {
			t.Fatal(err)
		}
	}
	// Apache can listen on no socket in the file system: the kernel gives a port, which Apache gets.
	port := strconv.Itoa(loopback.Free(t).Port)
	shelltest.Write(t, d.Dir, map[string]string{"httpd.conf": fmt.Sprintf(`ServerRoot %[1]s
ServerName localhost
PidFile %[1]s/pid
ErrorLog %[1]s/log
Listen 127.0.0.1:%[2]s
%[3]s
LoadModule mpm_event_module %[4]s/mod_mpm_event.so
LoadModule authz_core_module %[4]s/mod_authz_core.so
LoadModule wsgi_module %[4]s/mod_wsgi.so
Mutex file:%[1]s default
WSGISocketPrefix %[1]s/wsgi
WSGIDaemonProcess site home=%[1]s/current python-home=%[1]s/current/venv python-path=%[1]s/current processes=1 threads=2
WSGIScriptAlias / %[1]s/current/site_app.py process-group=site application-group=%%{GLOBAL}
`, d.Dir, port, who, modules)})
	recipetest.Start(t, d.Dir, "apache2", "-d", d.Dir, "-f", "httpd.conf", "-DFOREGROUND")
	url := "http://127.0.0.1:" + port + "/"
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	ask := func() string {
		answer, err := client.Get(url)
		if err != nil {
			return err.Error()
		}
		defer answer.Body.Close()
		return answer.Header.Get("X-Release")
	}
	recipetest.Eventually(t, "Apache answers", func() bool { return ask() == "release-a" })

	// Both scripts have one time: nothing but the touch tells them apart.
	at := time.Now().Add(-time.Hour)
	for _, release := range []string{"release-a", "release-b"} {
		if err := os.Chtimes(filepath.Join(d.Dir, "releases", release, "site_app.py"), at, at); err != nil {
			t.Fatal(err)
		}
	}
	touch := func(shell []string, with ...string) shelltest.Outcome {
		values := map[string]string{"script": "site_app.py", "url": url}
		for i := 0; i < len(with); i += 2 {
			values[with[i]] = with[i+1]
		}
		return d.Step(t, shell, recipetest.Rendered(t, "mod_wsgi/touch", values))
	}
	touch(shelltest.Shells[0]).Expect(t, "the same release", false, "")
	for i, release := range []string{"release-b", "release-a"} {
		d.SwitchTo(t, release)
		touch(shelltest.Shells[i]).Expect(t, "touch "+release, false, "")
		if got := ask(); got != release {
			t.Errorf("after the touch: %s", got)
		}
	}
	touch(shelltest.Shells[0], "script", "wsgi.py").Expect(t, "no script", true, "there is no wsgi.py in the release")
	d.Now = "release-b" // and current still names the other one
	touch(shelltest.Shells[1], "wait", "1").Expect(t, "the old release answers", true, "names the release release-b after 1s")

	with := map[string]string{"log": filepath.Join(d.Dir, "log")}
	d.Step(t, shelltest.Shells[0], recipetest.Logging(t, "mod_wsgi/touch", with)).Expect(t, "log", false, "resuming normal operations")
	d.Step(t, shelltest.Shells[0], recipetest.Stopping(t, "mod_wsgi/touch", with)).Expect(t, "stop", false, "Apache goes on, and has no script to serve")
	if err := os.Remove(filepath.Join(d.Dir, "current")); err != nil {
		t.Fatal(err)
	}
	answer, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusNotFound {
		t.Errorf("without current Apache answers %s", answer.Status)
	}
}
