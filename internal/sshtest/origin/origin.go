// Package origin is what hosts fetch from, for tests: a real nginx with a certificate of its own, which gives its files to whoever has a
// signed address that has not expired, and to nobody else (ngx_http_secure_link_module), and real object storage.
//
// It must not know what is fetched.
package origin

import (
	"crypto/md5" // what nginx signs with
	"encoding/base64"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/needtest"
)

// Origin is a server that runs until its test ends. What it has as the file archive it also redirects to from /moved, and over HTTP from
// /unsafe, and gives in one piece at /whole, 6,000 bytes a second of at /slow, and one at /trickle.
type Origin struct {
	Dir  string // of the files
	Addr string // 127.0.0.1 and a port

	root      string
	authority string // a file
}

const secret = "nobody knows"

const configuration = `
daemon off; worker_processes 1; pid %[1]s/pid; error_log %[1]s/error.log;
events { worker_connections 128; }
http {
	access_log %[1]s/access.log combined;
	client_body_temp_path %[1]s/t1; proxy_temp_path %[1]s/t2; fastcgi_temp_path %[1]s/t3; uwsgi_temp_path %[1]s/t4; scgi_temp_path %[1]s/t5;
	server {
		listen %[2]s ssl; ssl_certificate %[1]s/cert.pem; ssl_certificate_key %[1]s/key.pem;
		root %[1]s/files;
		secure_link $arg_signature,$arg_expires;
		secure_link_md5 "$secure_link_expires$uri %[3]s";
		location / {
			if ($secure_link = "") { return 403; }
			if ($secure_link = "0") { return 403; }
		}
		location /moved { return 302 /archive?$args; }
		location /unsafe { return 302 http://%[2]s/archive?$args; }
		location /slow { limit_rate 6000; alias %[1]s/files/archive; }
		location /trickle { limit_rate 1; alias %[1]s/files/archive; }
		location /whole { max_ranges 0; alias %[1]s/files/archive; }
	}
}
`

// Start starts a server.
func Start(t testing.TB) *Origin {
	t.Helper()
	program := needtest.Program(t, "nginx")
	root := t.TempDir()
	if err := os.Chmod(filepath.Dir(root), 0o755); err != nil { // the worker is another user where the test is root's
		t.Fatal(err)
	}
	o := &Origin{Dir: filepath.Join(root, "files"), Addr: freeAddress(t), root: root, authority: filepath.Join(root, "cert.pem")}
	certify(t, root)
	user := ""
	if os.Geteuid() == 0 {
		user = "user root;"
	}
	file := filepath.Join(root, "nginx.conf")
	if err := os.WriteFile(file, []byte(user+fmt.Sprintf(configuration, root, o.Addr, secret)), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(o.Dir, 0o755); err != nil {
		t.Fatal(err)
	}
	run(t, exec.Command(program, "-c", file, "-e", filepath.Join(root, "error.log")), o.Addr)
	return o
}

// run runs a server until the test ends, and waits until it listens.
func run(t testing.TB, server *exec.Cmd, addr string) {
	t.Helper()
	var said strings.Builder
	server.Stdout, server.Stderr = &said, &said
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		_ = server.Wait()
		close(ended)
	}()
	t.Cleanup(func() {
		_ = server.Process.Signal(os.Interrupt)
		<-ended
	})
	for {
		conn, err := net.Dial("tcp", addr)
		if err == nil {
			_ = conn.Close()
			return
		}
		select {
		case <-ended:
			t.Fatalf("%s ended: %s", server.Path, said.String())
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func freeAddress(t testing.TB) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().String()
}

// Signed is the query that lets whoever has it have a file until a time.
func (o *Origin) Signed(name string, until time.Time) string {
	sum := md5.Sum(fmt.Appendf(nil, "%d/%s %s", until.Unix(), name, secret))
	return fmt.Sprintf("signature=%s&expires=%d", base64.RawURLEncoding.EncodeToString(sum[:]), until.Unix())
}

// Address is a file's address at a server, or at what stands before it, for an hour.
func (o *Origin) Address(addr, name string) string {
	return "https://" + addr + "/" + name + "?" + o.Signed(name, time.Now().Add(time.Hour))
}

// Trust lets the curl and wget of a user take the server's certificate.
func (o *Origin) Trust(t testing.TB, home string) {
	t.Helper()
	trust(t, home, o.authority)
}

func trust(t testing.TB, home, authority string) {
	t.Helper()
	for name, text := range map[string]string{".curlrc": "cacert = \"" + authority + "\"\n", ".wgetrc": "ca_certificate = " + authority + "\n"} {
		if err := os.WriteFile(filepath.Join(home, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// Asked are the server's answers so far: its log, a line each.
func (o *Origin) Asked(t testing.TB) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(o.root, "access.log"))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSpace(string(text)), "\n")
}
