package nginx_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/slipway/slipway/internal/cookbook/recipetest"
	"github.com/slipway/slipway/internal/cookbook/shelltest"
	"github.com/slipway/slipway/internal/needtest"
)

func TestMain(m *testing.M) { needtest.RunWaiting(m) }

// TestDrainNginx takes servers out of a real nginx and puts them back, while requests are in flight.
func TestDrainNginx(t *testing.T) {
	t.Parallel()
	needtest.Programs(t, "nginx")
	shelltest.Each(t, func(t *testing.T, shell []string) {
		dir, one, two := t.TempDir(), recipetest.NewBackend(t, "one"), recipetest.NewBackend(t, "two")
		_, port := one.Address()
		_, other := two.Address()
		written := "  server 127.0.0.1:" + port + " max_fails=0; # rack 1\n  server 127.0.0.1:" + other + " max_fails=0;\n"
		shelltest.Write(t, dir, map[string]string{"nginx/site.conf": written, "nginx/stray.conf": written, "more.conf": "", "nginx.conf": user() + `
error_log error.log; pid nginx.pid; worker_processes 1; daemon off;
events {}
http {
  access_log off; client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
  include more.conf;
  upstream site { include nginx/site.conf; }
  server { listen unix:http.sock; location / { proxy_pass http://site; proxy_next_upstream off; } }
}
`})
		command := "nginx -p . -e error.log -c nginx.conf"
		with := func(more ...string) map[string]string {
			values := map[string]string{
				"upstream": "site", "port": port, "test": command + " -T", "reload": command + " -s reload", "pid": filepath.Join(dir, "nginx.pid"),
			}
			for i := 0; i < len(more); i += 2 {
				values[more[i]] = more[i+1]
			}
			return values
		}
		drain := func(wait int, more ...string) shelltest.Outcome {
			return shelltest.Run(t, shell, dir, recipetest.Rendered(t, "nginx/drain", with(more...)), recipetest.Target("web1", one, wait)...)
		}
		undrain := func(more ...string) shelltest.Outcome {
			return shelltest.Run(t, shell, dir, recipetest.Undoing(t, "nginx/drain", with(more...)), recipetest.Target("web1", one, 20)...)
		}
		unchanged := func(what, want string) {
			if got, err := os.ReadFile(filepath.Join(dir, "nginx/site.conf")); err != nil || string(got) != want {
				t.Errorf("%s: the file holds\n%s%v, want\n%s", what, got, err, want)
			}
		}
		drain(1).Expect(t, "no nginx", true, "no nginx runs that")
		recipetest.Start(t, dir, "nginx", strings.Fields(command)[1:]...)
		client := recipetest.Visitor(t, filepath.Join(dir, "http.sock"))
		recipetest.Eventually(t, "nginx answers", func() bool { return recipetest.Get(client, "/") == "one" })

		// What is refused changes nothing.
		drain(1, "upstream", "none").Expect(t, "no file", true, "upstream none { include "+dir+"/nginx/none.conf; }")
		drain(1, "upstream", "stray").Expect(t, "a file that nginx does not read", true, "nginx does not include")
		drain(1, "port", "1").Expect(t, "another port", true, "there is no server of web1 (127.0.0.1 port 1)")
		drain(1, "reload", "echo may not; false").Expect(t, "no right to reload", true, "may not\nnginx/drain: `echo may not; false` fails")
		drain(1, "test", "false").Expect(t, "no right to test", true, "`false` fails, whatever is in")
		shelltest.Write(t, dir, map[string]string{"more.conf": "nonsense;"})
		drain(1).Expect(t, "a broken nginx", true, `unknown directive "nonsense"`)
		shelltest.Write(t, dir, map[string]string{"more.conf": ""})
		unchanged("refused", written)

		// A drain leaves the request in flight to its end, and waits for it.
		begun := recipetest.Slow(t, client, one, "one")
		ended := make(chan shelltest.Outcome, 1)
		go func() { ended <- drain(50) }()
		recipetest.Eventually(t, "one gets no new requests", func() bool { return recipetest.Answers(client, 4) == "map[two:true]" })
		select {
		case <-ended:
			t.Error("the drain ended before the request did")
		default:
		}
		one.End <- struct{}{}
		if got := <-begun; got != "one" {
			t.Errorf("the request in flight got %q", got)
		}
		(<-ended).Expect(t, "drain", false, "slipway-note: no requests left\n")
		drained := strings.Replace(written, "max_fails=0; # rack 1", "max_fails=0 down; # rack 1 # drained by slipway", 1)
		unchanged("drained", drained)
		drain(20).Expect(t, "drain again", false, "slipway-note: no requests left\n")
		shelltest.Run(t, shell, dir, recipetest.Rendered(t, "nginx/drain", with("port", other)), recipetest.Target("web2", two, 1)...).Expect(t, "the last one", true, "web2 is the last server of site")
		unchanged("drained again", drained)
		undrain().Expect(t, "undrain", false, "")
		if got := recipetest.Answers(client, 8); got != "map[one:true two:true]" {
			t.Errorf("after undrain: %s", got)
		}
		unchanged("undrained", written)
		undrain().Expect(t, "undrain again", false, "")

		// What does not end in time is named, and left.
		begun = recipetest.Slow(t, client, one, "one")
		drain(1).Expect(t, "a short wait", false, "slipway-note: after 1s 1 old worker(s) of nginx still serve")
		one.End <- struct{}{}
		if got := <-begun; got != "one" {
			t.Errorf("the request that the drain left got %q", got)
		}

		// What a person set down stays down.
		held := strings.Replace(written, "max_fails=0; # rack 1", "max_fails=0 down; # rack 1", 1)
		shelltest.Write(t, dir, map[string]string{"nginx/site.conf": held})
		drain(20).Expect(t, "drain what is down", false, "no requests left, and it was down before")
		undrain().Expect(t, "undrain what is down", false, "a person set web1 down")
		unchanged("held", held)
	})
}

// user lets nginx's workers be who runs the test: what root starts would be nobody, who may not reach the test's folder.
func user() string {
	if os.Getuid() == 0 {
		return "user root;"
	}
	return ""
}
