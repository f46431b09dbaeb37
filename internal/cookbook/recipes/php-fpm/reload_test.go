//go:build cookbook

package phpfpm_test

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/slipway/slipway/internal/cookbook/recipetest"
	"github.com/slipway/slipway/internal/cookbook/shelltest"
	"github.com/slipway/slipway/internal/needtest"
	"github.com/slipway/slipway/internal/sshtest/loopback"
)

func TestMain(m *testing.M) { needtest.RunWaiting(m) }

// fpm is the program: Debian's carries PHP's version in its name.
func fpm(t *testing.T) string {
	t.Helper()
	found, _ := filepath.Glob("/usr/sbin/php-fpm*")
	if len(found) == 0 {
		needtest.Skip(t, "PHP-FPM is missing (Debian's php-fpm)")
	}
	return found[0]
}

// TestReload has a real PHP-FPM, behind a real nginx, serve a new release: its opcache would keep the old one.
func TestReload(t *testing.T) {
	t.Parallel()
	needtest.Programs(t, "nginx", "curl", "dash", "busybox")
	program := fpm(t)
	d := recipetest.NewDeployPath(t, "")
	if err := exec.CommandContext(t.Context(), "chmod", "-R", "a+rX", filepath.Dir(d.Dir)).Run(); err != nil {
		t.Fatal(err)
	}
	for _, release := range []string{"release-a", "release-b"} {
		shelltest.Write(t, filepath.Join(d.Dir, "releases", release), map[string]string{"index.php": "<?php header('X-Release: " + release + "'); echo '" + release + "';"})
	}
	port := strconv.Itoa(loopback.Free(t).Port)
	conf := fmt.Sprintf("[global]\npid = %[1]s/pid\nerror_log = %[1]s/log\nprocess_control_timeout = 10s\n"+
		"[site]\nlisten = %[1]s/fpm.sock\nuser = root\ngroup = root\npm = static\npm.max_children = 2\nphp_admin_value[opcache.validate_timestamps] = 0\n", d.Dir)
	shelltest.Write(t, d.Dir, map[string]string{"fpm.conf": conf, "nginx.conf": fmt.Sprintf(`%[3]s
error_log error.log; pid nginx.pid; worker_processes 1; daemon off;
events {}
http {
  access_log off; client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
  server {
    listen 127.0.0.1:%[2]s; root %[1]s/current;
    location / { fastcgi_pass unix:%[1]s/fpm.sock; include /etc/nginx/fastcgi_params; fastcgi_param SCRIPT_FILENAME $document_root/index.php; }
  }
}
`, d.Dir, port, map[bool]string{true: "user root;"}[os.Getuid() == 0])})
	with := map[string]string{"pidfile": filepath.Join(d.Dir, "pid"), "url": "http://127.0.0.1:" + port + "/", "wait": "20", "stable": "1"}
	tries := 0
	reload := func(more ...string) shelltest.Outcome {
		values := map[string]string{}
		for name, value := range with {
			values[name] = value
		}
		for i := 0; i < len(more); i += 2 {
			values[more[i]] = more[i+1]
		}
		tries++
		return d.Step(t, shelltest.Shells[tries%len(shelltest.Shells)], recipetest.Rendered(t, "php-fpm/reload", values))
	}
	reload().Expect(t, "nothing runs", true, "no PHP-FPM runs that")
	reload("pidfile", "").Expect(t, "neither unit nor pid file", true, "set `unit` or `pidfile`")
	recipetest.Start(t, d.Dir, program, "-F", "-R", "-y", filepath.Join(d.Dir, "fpm.conf"))
	recipetest.Start(t, d.Dir, "nginx", "-p", ".", "-e", "error.log", "-c", "nginx.conf")
	served := func() string {
		answer, err := http.Get(with["url"])
		if err != nil {
			return err.Error()
		}
		defer answer.Body.Close()
		return answer.Header.Get("X-Release")
	}
	recipetest.Eventually(t, "PHP answers", func() bool { return served() == "release-a" })
	master := d.Master("pid")

	d.SwitchTo(t, "release-b")
	shelltest.Write(t, d.Dir, map[string]string{"fpm.conf": conf + "nonsense\n"})
	reload().Expect(t, "a broken configuration", true, "PHP-FPM refuses its configuration "+d.Dir+"/fpm.conf; it runs on as it was")
	if now := d.Master("pid"); now != master {
		t.Errorf("after the refusal the master is %d, it was %d", now, master)
	}
	shelltest.Write(t, d.Dir, map[string]string{"fpm.conf": conf})
	reload().Expect(t, "reload", false, "")
	if got := served(); got != "release-b" {
		t.Errorf("after the reload %s is served", got)
	}
	d.Now = "release-a"
	reload("wait", "6").Expect(t, "another release", true, "names the release release-a after 6s")
	d.Step(t, shelltest.Shells[0], recipetest.Logging(t, "php-fpm/reload", map[string]string{"log": filepath.Join(d.Dir, "log")})).Expect(t, "log", false, "ready to handle connections")
	d.Step(t, shelltest.Shells[1], recipetest.Stopping(t, "php-fpm/reload", with)).Expect(t, "stop", false, "slipway-note: PHP-FPM goes on")
	with["own"] = "true"
	d.Step(t, shelltest.Shells[1], recipetest.Stopping(t, "php-fpm/reload", with)).Expect(t, "stop of its own", false, "")
	if d.Master("pid") != 0 {
		t.Error("PHP-FPM goes on")
	}
}
