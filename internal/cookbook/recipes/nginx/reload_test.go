package nginx_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/slipway/slipway/internal/cookbook/recipetest"
	"github.com/slipway/slipway/internal/cookbook/shelltest"
	"github.com/slipway/slipway/internal/needtest"
)

// TestReloadNginx has a real nginx read a configuration that is good, one that its test refuses, and one that only nginx itself cannot take.
func TestReloadNginx(t *testing.T) {
	t.Parallel()
	needtest.Programs(t, "nginx")
	shelltest.Each(t, func(t *testing.T, shell []string) {
		dir, one := t.TempDir(), recipetest.NewBackend(t, "one")
		_, port := one.Address()
		answering := func(name string) map[string]string {
			return map[string]string{"site.conf": "server { listen unix:http.sock; location / { return 200 " + name + "; } location /slow { proxy_pass http://127.0.0.1:" + port + "; } }\n"}
		}
		shelltest.Write(t, dir, answering("a"))
		shelltest.Write(t, dir, map[string]string{"nginx.conf": user() + `
error_log error.log; pid nginx.pid; worker_processes 1; daemon off;
events {}
http {
  access_log off; client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
  include site.conf;
}
`})
		command := "nginx -p . -e error.log -c nginx.conf"
		with := func(more ...string) map[string]string {
			values := map[string]string{
				"test": command + " -t", "reload": command + " -s reload", "pid": filepath.Join(dir, "nginx.pid"), "log": filepath.Join(dir, "error.log"), "wait": "5s",
			}
			for i := 0; i < len(more); i += 2 {
				values[more[i]] = more[i+1]
			}
			return values
		}
		reload := func(more ...string) shelltest.Outcome {
			return shelltest.Run(t, shell, dir, recipetest.Rendered(t, "nginx/reload", with(more...)))
		}
		reload().Expect(t, "no nginx", true, "no nginx runs that "+dir+"/nginx.pid names")
		recipetest.Start(t, dir, "nginx", strings.Fields(command)[1:]...)
		client := recipetest.Visitor(t, filepath.Join(dir, "http.sock"))
		serves := func(what, want string) {
			t.Helper()
			if got := recipetest.Answers(client, 4); got != "map["+want+":true]" {
				t.Errorf("%s: it answers %s, want %s", what, got, want)
			}
		}
		recipetest.Eventually(t, "nginx answers", func() bool { return recipetest.Get(client, "/") == "a" })

		// A request in flight ends where it began.
		begun := recipetest.Slow(t, client, one, "one")
		shelltest.Write(t, dir, answering("b"))
		reload().Is(t, "reload", "")
		serves("reload", "b")
		reload().Is(t, "reload again", "")
		one.End <- struct{}{}
		if got := <-begun; got != "one" {
			t.Errorf("the request in flight got %q", got)
		}

		shelltest.Write(t, dir, map[string]string{"site.conf": "nonsense;\n"})
		reload().Expect(t, "a broken configuration", true, `unknown directive "nonsense"`)
		reload("test", "true").Expect(t, "one that the test lets pass", true, `unknown directive "nonsense"`)
		serves("a broken configuration", "b")
		shelltest.Run(t, shell, dir, recipetest.Stopping(t, "nginx/reload", with())).Expect(t, "stop", false, "slipway-note: nginx runs on, and its configuration does not pass")
		shelltest.Run(t, shell, dir, recipetest.Logging(t, "nginx/reload", with())).Expect(t, "log", false, "--- "+dir+"/error.log\n")

		// Only a master that binds finds out that it may not listen there.
		shelltest.Write(t, dir, map[string]string{"site.conf": answering("c")["site.conf"] + "server { listen 192.0.2.1:81; }\n"})
		reload("test", "true", "wait", "1s").Expect(t, "an address that is not this host's", true, "nginx did not take its configuration within 1s")
		serves("an address that is not this host's", "b")
		shelltest.Write(t, dir, answering("d"))
		shelltest.Run(t, shell, dir, recipetest.Stopping(t, "nginx/reload", with())).Is(t, "stop", "")
		reload("reload", "echo may not; false").Expect(t, "no right", true, "may not\nnginx/reload: `echo may not; false` fails")
		serves("no right", "b")
		reload().Is(t, "mended", "")
		serves("mended", "d")
	})
}
