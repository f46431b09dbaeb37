package cookbook

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"slipway/internal/needtest"
)

// site is a server that says its name, at /slow once it is told to, and a number of which are behind one balancer.
type site struct {
	*httptest.Server
	began, end chan struct{} // of a slow request
}

func newSite(t *testing.T, name string) site {
	t.Helper()
	s := site{began: make(chan struct{}, 10), end: make(chan struct{})}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow/"+name {
			s.began <- struct{}{}
			<-s.end
		}
		_, _ = io.WriteString(w, name)
	}))
	t.Cleanup(s.Close)
	return s
}

// address is where the server listens: host and port.
func (s site) address() (host, port string) {
	host, port, _ = net.SplitHostPort(s.Listener.Addr().String())
	return host, port
}

// visitor asks who listens on a socket in the file system, or on host:port, with a connection for each request.
func visitor(t *testing.T, socket string) *http.Client {
	t.Helper()
	network := "unix"
	if !filepath.IsAbs(socket) {
		network = "tcp"
	}
	return &http.Client{Timeout: time.Minute, Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, socket)
		},
	}}
}

// get is the body of an answer, or what went wrong.
func get(client *http.Client, path string) string {
	answer, err := client.Get("http://site" + path)
	if err != nil {
		return err.Error()
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return err.Error()
	}
	if answer.StatusCode != http.StatusOK {
		return answer.Status
	}
	return string(body)
}

// answers are those of so many requests, sorted out: which ones came.
func answers(client *http.Client, n int) string {
	came := map[string]bool{}
	for range n {
		came[get(client, "/")] = true
	}
	return fmt.Sprint(came)
}

// slow makes a request that its site does not answer before it is told to, and gives what comes of it.
func slow(t *testing.T, client *http.Client, s site, name string) <-chan string {
	t.Helper()
	got := make(chan string, 1)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for {
		go func() { got <- get(client, "/slow/"+name) }()
		select {
		case <-s.began:
			return got
		case answer := <-got: // the other site, which is not slow here
			if answer == name {
				t.Fatalf("%s is not slow", name)
			}
		case <-ctx.Done():
			t.Fatalf("no request came to %s", name)
		}
	}
}

func target(name string, s site, wait int) []string {
	host, _ := s.address()
	return []string{"SLIPWAY_TARGET=" + name, "SLIPWAY_TARGET_ADDRESS=" + host, fmt.Sprintf("SLIPWAY_DRAIN_WAIT=%d", wait)}
}

// TestDrainNginx takes servers out of a real nginx and puts them back, while requests are in flight.
func TestDrainNginx(t *testing.T) {
	t.Parallel()
	needtest.Programs(t, "nginx")
	eachShell(t, func(t *testing.T, shell []string) {
		dir, one, two := t.TempDir(), newSite(t, "one"), newSite(t, "two")
		_, port := one.address()
		_, other := two.address()
		written := "  server 127.0.0.1:" + port + " max_fails=0; # rack 1\n  server 127.0.0.1:" + other + " max_fails=0;\n"
		write(t, dir, map[string]string{"nginx/site.conf": written, "nginx/stray.conf": written, "more.conf": "", "nginx.conf": user() + `
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
		drain := func(wait int, more ...string) outcome {
			return run(t, shell, dir, rendered(t, "nginx/drain", with(more...)), target("web1", one, wait)...)
		}
		undrain := func(more ...string) outcome {
			return run(t, shell, dir, undoing(t, "nginx/drain", with(more...)), target("web1", one, 20)...)
		}
		unchanged := func(what, want string) {
			if got, err := os.ReadFile(filepath.Join(dir, "nginx/site.conf")); err != nil || string(got) != want {
				t.Errorf("%s: the file holds\n%s%v, want\n%s", what, got, err, want)
			}
		}
		drain(1).expect(t, "no nginx", true, "no nginx runs that")
		start(t, dir, "nginx", strings.Fields(command)[1:]...)
		client := visitor(t, filepath.Join(dir, "http.sock"))
		eventually(t, "nginx answers", func() bool { return get(client, "/") == "one" })

		// What is refused changes nothing.
		drain(1, "upstream", "none").expect(t, "no file", true, "upstream none { include "+dir+"/nginx/none.conf; }")
		drain(1, "upstream", "stray").expect(t, "a file that nginx does not read", true, "nginx does not include")
		drain(1, "port", "1").expect(t, "another port", true, "there is no server of web1 (127.0.0.1 port 1)")
		drain(1, "reload", "echo may not; false").expect(t, "no right to reload", true, "may not\nnginx/drain: `echo may not; false` fails")
		drain(1, "test", "false").expect(t, "no right to test", true, "`false` fails, whatever is in")
		write(t, dir, map[string]string{"more.conf": "nonsense;"})
		drain(1).expect(t, "a broken nginx", true, `unknown directive "nonsense"`)
		write(t, dir, map[string]string{"more.conf": ""})
		unchanged("refused", written)

		// A drain leaves the request in flight to its end, and waits for it.
		begun := slow(t, client, one, "one")
		ended := make(chan outcome, 1)
		go func() { ended <- drain(50) }()
		eventually(t, "one gets no new requests", func() bool { return answers(client, 4) == "map[two:true]" })
		select {
		case <-ended:
			t.Error("the drain ended before the request did")
		default:
		}
		one.end <- struct{}{}
		if got := <-begun; got != "one" {
			t.Errorf("the request in flight got %q", got)
		}
		(<-ended).expect(t, "drain", false, "slipway-note: no requests left\n")
		drained := strings.Replace(written, "max_fails=0; # rack 1", "max_fails=0 down; # rack 1 # drained by slipway", 1)
		unchanged("drained", drained)
		drain(20).expect(t, "drain again", false, "slipway-note: no requests left\n")
		run(t, shell, dir, rendered(t, "nginx/drain", with("port", other)), target("web2", two, 1)...).expect(t, "the last one", true, "web2 is the last server of site")
		unchanged("drained again", drained)
		undrain().expect(t, "undrain", false, "")
		if got := answers(client, 8); got != "map[one:true two:true]" {
			t.Errorf("after undrain: %s", got)
		}
		unchanged("undrained", written)
		undrain().expect(t, "undrain again", false, "")

		// What does not end in time is named, and left.
		begun = slow(t, client, one, "one")
		drain(1).expect(t, "a short wait", false, "slipway-note: after 1s 1 old worker(s) of nginx still serve")
		one.end <- struct{}{}
		if got := <-begun; got != "one" {
			t.Errorf("the request that the drain left got %q", got)
		}

		// What a person set down stays down.
		held := strings.Replace(written, "max_fails=0; # rack 1", "max_fails=0 down; # rack 1", 1)
		write(t, dir, map[string]string{"nginx/site.conf": held})
		drain(20).expect(t, "drain what is down", false, "no requests left, and it was down before")
		undrain().expect(t, "undrain what is down", false, "a person set web1 down")
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

// TestUpstreamFile takes servers of all forms out of a file and puts them back.
func TestUpstreamFile(t *testing.T) {
	t.Parallel()
	functions, err := embedded.ReadFile("recipes/functions/nginx.sh")
	if err != nil {
		t.Fatal(err)
	}
	const other = "server other;\n"
	eachShell(t, func(t *testing.T, shell []string) {
		dir := t.TempDir()
		for _, test := range []struct {
			line, host, port string
			down             string // "" where the line is another server's
		}{
			{"server 10.0.0.1:80;", "10.0.0.1", "", "server 10.0.0.1:80 down; # drained by slipway"},
			{"\tserver  10.0.0.1:81 weight=2 ; # x", "10.0.0.1:81", "", "\tserver  10.0.0.1:81 weight=2  down; # x # drained by slipway"},
			{"server 10.0.0.1:81;", "10.0.0.1:82", "", ""},
			{"server 10.0.0.1:81;", "10.0.0.1", "8", ""},
			{"server 10.0.0.1;", "10.0.0.1", "80", "server 10.0.0.1 down; # drained by slipway"},
			{"server 10.0.0.11;", "10.0.0.1", "", ""},
			{"# server 10.0.0.1;", "10.0.0.1", "", ""},
			{"server Web1.example.com:80;", "web1.example.com", "80", "server Web1.example.com:80 down; # drained by slipway"},
			{"server [2001:db8::1]:8001;", "2001:db8::1", "", "server [2001:db8::1]:8001 down; # drained by slipway"},
			{"server [2001:db8::1]:8001;", "[2001:DB8::1]:8001", "", "server [2001:db8::1]:8001 down; # drained by slipway"},
			{"server unix:/run/a.sock;", "unix:/run/a.sock", "", "server unix:/run/a.sock down; # drained by slipway"},
			{"server unix:/run/a.sock;", "unix:/run/b.sock", "", ""},
		} {
			marked := func(to, text string) outcome {
				write(t, dir, map[string]string{"file": text})
				return run(t, shell, dir, fmt.Sprintf("%s\nfile=file host='%s' port='%s'\nmarked %s", functions, test.host, test.port, to))
			}
			got := marked("down", other+test.line+"\n")
			if test.down == "" {
				if got.exit != 3 {
					t.Errorf("%s is taken for %s %s: %s", test.line, test.host, test.port, got.out)
				}
				continue
			}
			if got.exit != 0 || got.out != other+test.down+"\n" {
				t.Errorf("%s: exit %d\n%s", test.line, got.exit, got.out)
			}
			back := marked("up", got.out)
			if back.exit != 0 || strings.ReplaceAll(back.out, " ;", ";") != strings.ReplaceAll(other+test.line+"\n", " ;", ";") {
				t.Errorf("%s comes back as\n%s", test.line, back.out)
			}
			if got := marked("down", test.line+"\nserver x down;\n"); got.exit != 4 {
				t.Errorf("%s is the last one: exit %d\n%s", test.line, got.exit, got.out)
			}
		}
	})
}

// TestDrainHAProxy takes servers out of a real HAProxy and puts them back, over a reload too.
func TestDrainHAProxy(t *testing.T) {
	t.Parallel()
	needtest.Programs(t, "haproxy", "socat")
	eachShell(t, func(t *testing.T, shell []string) {
		dir, one, two := t.TempDir(), newSite(t, "one"), newSite(t, "two")
		write(t, dir, map[string]string{"haproxy.cfg": fmt.Sprintf(`global
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
		drain := func(wait int, more ...string) outcome {
			return run(t, shell, dir, rendered(t, "haproxy/drain", with(more...)), target("web1", one, wait)...)
		}
		undrain := func(wait int, more ...string) outcome {
			return run(t, shell, dir, undoing(t, "haproxy/drain", with(more...)), target("web1", one, wait)...)
		}
		drain(1).expect(t, "no HAProxy", true, "there is no socket")
		master := start(t, dir, "haproxy", "-W", "-f", "haproxy.cfg")
		client := visitor(t, filepath.Join(dir, "http.sock"))
		both, second := "map[one:true two:true]", "map[two:true]"
		eventually(t, "both answer", func() bool { return answers(client, 4) == both })

		drain(1, "backend", "none").expect(t, "no backend", true, "HAProxy knows no backend none")
		drain(1, "server", "web9").expect(t, "no server", true, "the backend site has no server web9; it has web1, web2")
		drain(1, "backend", "site; shutdown sessions server x").expect(t, "another command", true, "must be names")
		drain(1, "socket", filepath.Join(dir, "operator.sock")).expect(t, "no admin", true, "HAProxy refuses `set server site/web1 state drain`: Permission denied")

		begun := slow(t, client, one, "one")
		drain(1).expect(t, "a short wait", false, "slipway-note: after 1s 1 request(s) are left")
		if got := answers(client, 4); got != second {
			t.Errorf("drained: %s", got)
		}
		ended := make(chan outcome, 1)
		go func() { ended <- drain(50) }()
		one.end <- struct{}{}
		if got := <-begun; got != "one" {
			t.Errorf("the request in flight got %q", got)
		}
		(<-ended).expect(t, "drain again", false, "slipway-note: no requests left\n")
		run(t, shell, dir, rendered(t, "haproxy/drain", with()), target("web2", two, 1)...).expect(t, "the last one", true, "web2 is the last server of site")

		// HAProxy reads at its reload what the recipe kept for it.
		reloaded := process(t, dir)
		if err := exec.CommandContext(t.Context(), "kill", "-USR2", fmt.Sprint(master.Process.Pid)).Run(); err != nil {
			t.Fatal(err)
		}
		eventually(t, "HAProxy is reloaded", func() bool { return process(t, dir) != reloaded })
		if got := answers(client, 8); got != second {
			t.Errorf("drained, and reloaded: %s", got)
		}

		undrain(20).expect(t, "undrain", false, "")
		if got := answers(client, 4); got != both {
			t.Errorf("undrained: %s", got)
		}
		undrain(20).expect(t, "undrain again", false, "")
		drain(20, "state", "maint").expect(t, "maintenance", false, "no requests left")
		undrain(20, "state", "maint").expect(t, "undrain from maintenance", false, "")

		// A host that does not answer the balancer's checks is not said to be back.
		drain(20).expect(t, "drain", false, "")
		one.Close()
		eventually(t, "HAProxy sees it down", func() bool {
			for line := range strings.Lines(ask(t, dir, "show stat")) {
				if strings.HasPrefix(line, "site,web1,") {
					return strings.Contains(line, "DOWN")
				}
			}
			return false
		})
		undrain(1).expect(t, "undrain what is down", true, "its health check does not pass")
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

// TestDrainHealthFile: the health check fails while the file is away, and the drain waits for connections.
func TestDrainHealthFile(t *testing.T) {
	t.Parallel()
	eachShell(t, func(t *testing.T, shell []string) {
		dir := t.TempDir()
		file := filepath.Join(dir, "ready")
		var stubborn atomic.Bool
		health := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			if _, err := os.Stat(file); err != nil && !stubborn.Load() {
				w.WriteHeader(http.StatusServiceUnavailable)
			}
		}))
		t.Cleanup(health.Close)
		app := newSite(t, "one")
		_, port := app.address()
		with := map[string]string{"url": health.URL, "port": port, "interval": "0"}
		do := func(script string, wait int) outcome {
			return run(t, shell, dir, script, append(target("web1", app, wait), "SLIPWAY_SHARED_PATH="+dir)...)
		}
		drain, undrain := rendered(t, "health-file/drain", with), undoing(t, "health-file/drain", with)

		do(undrain, 5).expect(t, "undrain what is not drained", false, "")
		do(drain, 20).expect(t, "drain", false, "slipway-note: no connections left\n")
		if _, err := os.Stat(file); err == nil {
			t.Error("the file is there after the drain")
		}
		do(drain, 20).expect(t, "drain again", false, "")
		do(undrain, 5).expect(t, "undrain", false, "")
		client := app.Client()
		begun := make(chan error, 1)
		go func() {
			answer, err := client.Get(app.URL + "/slow/one")
			if err == nil {
				answer.Body.Close()
			}
			begun <- err
		}()
		<-app.began
		do(drain, 1).expect(t, "a short wait", false, "slipway-note: after 1s 1 connection(s) are left")
		app.end <- struct{}{}
		if err := <-begun; err != nil {
			t.Error(err)
		}
		stubborn.Store(true)
		do(drain, 1).expect(t, "a check that does not ask for the file", true, "still answers although "+file+" is gone")
		stubborn.Store(false)
		health.Close()
		do(undrain, 1).expect(t, "nobody answers", true, "does not answer with a success")
	})
}
