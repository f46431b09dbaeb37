package ssh_test

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/needtest"
	"github.com/slipway/slipway/internal/sshtest"
	"github.com/slipway/slipway/internal/sshtest/loopback"
	"github.com/slipway/slipway/internal/sshtest/sshd"
	"github.com/slipway/slipway/internal/transport/ssh"
)

// refused connects to a host that cannot be connected to, checks what is said, and gives it.
func refused(t *testing.T, dialer *ssh.Dialer, host deploy.Host, wants ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	conn, err := dialer.Connect(ctx, host)
	if err == nil {
		_ = conn.Close()
		t.Fatal("connected")
	}
	var e *deploy.Error
	if !errors.As(err, &e) || e.Host != host.Name || e.Op != "connect" || e.Hint == "" {
		t.Errorf("got %#v, want a *deploy.Error with host and hint", err)
	}
	for _, want := range wants {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q lacks %q", err, want)
		}
	}
	t.Log(err)
	return err.Error()
}

// TestRefusedKey sees a refused key offered once, and named.
func TestRefusedKey(t *testing.T) {
	t.Parallel()
	var offers atomic.Int32
	server, config := start(t, sshtest.Options{Before: func(op sshtest.Operation) error {
		if op.Kind == sshtest.Login {
			offers.Add(1)
		}
		return nil
	}})
	config.Key, _ = sshtest.ClientKey()
	said := refused(t, newDialer(t, config), hostOf(server), "deploy@", "refuses the key ed25519 SHA256:", "authorized_keys", "~deploy")
	if strings.Contains(said, "none") {
		t.Errorf("%q is x/crypto's own", said)
	}
	if offers.Load() != 1 || server.Accepted() != 1 {
		t.Errorf("%d offers over %d connections, want 1", offers.Load(), server.Accepted())
	}
}

func TestRefusedByOpenSSH(t *testing.T) {
	t.Parallel()
	server := sshd.Start(t, sshd.Options{})
	key, _ := sshtest.ClientKey()
	host := deploy.Host{Name: "web1", Address: server.Address()}
	refused(t, newDialer(t, ssh.Config{Key: key, KnownHosts: server.KnownHosts}), host, "refuses the key ed25519 SHA256:", "~"+server.User)
	if got := strings.Count(server.Log(), "Connection from"); got != 1 {
		t.Errorf("%d connections, want 1:\n%s", got, server.Log())
	}

	second := sshd.Start(t, sshd.Options{Config: []string{"AuthenticationMethods publickey,keyboard-interactive", "KbdInteractiveAuthentication yes"}})
	host.Address = second.Address()
	refused(t, newDialer(t, ssh.Config{Key: second.Key, KnownHosts: second.KnownHosts}), host,
		"accepts the key", "wants more: keyboard-interactive", "second factor")

	none := sshd.Start(t, sshd.Options{Config: []string{"PubkeyAuthentication no", "PasswordAuthentication yes"}})
	host.Address = none.Address()
	refused(t, newDialer(t, ssh.Config{Key: none.Key, KnownHosts: none.KnownHosts}), host, "accepts no keys, only password", "PubkeyAuthentication")
}

// TestIdentityRefused connects to hosts with other keys than those pinned; none sees a log-in.
func TestIdentityRefused(t *testing.T) {
	t.Parallel()
	var logins atomic.Int32
	server, config := start(t, sshtest.Options{HostKeys: []string{"ecdsa", "ed25519"}, Before: func(op sshtest.Operation) error {
		if op.Kind == sshtest.Login {
			logins.Add(1)
		}
		return nil
	}})
	other, _ := start(t, sshtest.Options{HostKeys: []string{"ed25519"}})
	host := hostOf(server)

	pinned := config
	pinned.KnownHosts, pinned.Fingerprints = "", other.Fingerprints()
	refused(t, newDialer(t, pinned), host, "not the one that is pinned", other.Fingerprints()[0], server.Fingerprints()[0], server.Fingerprints()[1])
	if server.Accepted() != 3 {
		t.Errorf("%d connections, want one for each type of key, and one for RSA", server.Accepted())
	}
	key := strings.Fields(other.HostKeyLine())
	pinned.KnownHosts, pinned.Fingerprints = strings.Fields(server.HostKeyLine())[0]+" "+key[1]+" "+key[2], nil
	refused(t, newDialer(t, pinned), host, "not the one that is pinned", other.Fingerprints()[0], server.Fingerprints()[1])
	pinned.KnownHosts = other.HostKeyLine()
	refused(t, newDialer(t, pinned), host, "not known", "ssh-keyscan -p")
	if server.Accepted() != 5 || logins.Load() != 0 {
		t.Errorf("%d connections, %d log-ins; want 5 and none", server.Accepted(), logins.Load())
	}

	// The type of a pinned key decides, not the client's taste.
	for i := range 2 {
		pinned.KnownHosts = strings.SplitAfter(server.HostKeyLine(), "\n")[i]
		connect(t, newDialer(t, pinned), host)
		pinned.KnownHosts = ""
		pinned.Fingerprints = server.Fingerprints()[i : i+1]
		connect(t, newDialer(t, pinned), host)
		pinned.Fingerprints = nil
	}
}

func TestNoSuchKeyType(t *testing.T) {
	t.Parallel()
	server, config := start(t, sshtest.Options{HostKeys: []string{"ecdsa"}})
	other, _ := start(t, sshtest.Options{HostKeys: []string{"rsa"}})
	key := strings.Fields(other.HostKeyLine())
	config.KnownHosts = strings.Fields(server.HostKeyLine())[0] + " " + key[1] + " " + key[2]
	refused(t, newDialer(t, config), hostOf(server), "no host key of a pinned type", "it has ecdsa-sha2-nistp256, pinned is rsa-sha2-512", "pin")
	if server.Accepted() != 1 {
		t.Errorf("%d connections, want 1", server.Accepted())
	}
}

// TestRetry connects to a host that resets connections before its version: it is dialled until it answers.
func TestRetry(t *testing.T) {
	t.Parallel()
	var connections atomic.Int32
	server, config := start(t, sshtest.Options{Before: func(op sshtest.Operation) error {
		if op.Kind == sshtest.Accept && connections.Add(1) <= 2 {
			return errors.New("reset")
		}
		return nil
	}})
	connect(t, newDialer(t, config), hostOf(server))
	if got := connections.Load(); got != 3 {
		t.Errorf("%d connections, want 3", got)
	}
}

func TestRetryEnds(t *testing.T) {
	t.Parallel()
	server, config := start(t, sshtest.Options{Before: func(op sshtest.Operation) error { return errors.New("reset") }})
	refused(t, newDialer(t, config), hostOf(server), "hung up before its SSH version", "PerSourcePenalties", "MaxStartups")
	if server.Accepted() != 4 {
		t.Errorf("%d connections, want 4", server.Accepted())
	}

	host := hostOf(server)
	host.Address.Port = loopback.Free(t).Port
	refused(t, newDialer(t, config), host, "cannot reach deploy@127.0.0.1:", "connection refused", "check the port")
}

// TestGreetings are listeners that are no SSH servers of use.
func TestGreetings(t *testing.T) {
	t.Parallel()
	_, config := start(t, sshtest.Options{})
	listen := func(serve func(net.Conn)) deploy.Host {
		return deploy.Host{Name: "web1", Address: deploy.Address{User: "deploy", Host: "127.0.0.1", Port: loopback.Serve(t, serve).Port}}
	}
	host := listen(func(conn net.Conn) { _, _ = conn.Write([]byte("Not allowed at this time\r\n")); _ = conn.Close() })
	refused(t, newDialer(t, config), host, `it said "Not allowed at this time"`, "PerSourcePenalties")

	config.ConnectTimeout = 300 * time.Millisecond
	silent := listen(func(conn net.Conn) { _, _ = io.Copy(io.Discard, conn) })
	refused(t, newDialer(t, config), silent, "accepts connections and sends no SSH version", "no answer")

	ctx, cancel := context.WithCancelCause(context.Background())
	stop := errors.New("stop it")
	config.ConnectTimeout = time.Minute
	asleep := listen(func(conn net.Conn) {
		cancel(stop)
		_, _ = io.Copy(io.Discard, conn)
	})
	if _, err := newDialer(t, config).Connect(ctx, asleep); !errors.Is(err, stop) {
		t.Errorf("got %v, want the context's cause", err)
	}
}

// TestHostCertificate connects to an OpenSSH that shows a certificate of an authority with a key of another type.
func TestHostCertificate(t *testing.T) {
	t.Parallel()
	keygen, dir := needtest.Program(t, "ssh-keygen"), t.TempDir()
	run := func(args ...string) {
		cmd := exec.Command(keygen, append([]string{"-q"}, args...)...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	run("-t", "rsa", "-N", "", "-f", "ca")
	for _, name := range []string{"named", "nameless"} {
		run("-t", "ed25519", "-N", "", "-f", name)
	}
	run("-s", "ca", "-h", "-I", "web1", "-n", "127.0.0.1", "named.pub")
	run("-s", "ca", "-h", "-I", "web1", "nameless.pub")
	authority, err := os.ReadFile(filepath.Join(dir, "ca.pub"))
	if err != nil {
		t.Fatal(err)
	}
	for name, wants := range map[string][]string{"named": nil, "nameless": {"certificate is not accepted", "names no host", "ssh-keygen -s CA -h -n 127.0.0.1"}} {
		server := sshd.Start(t, sshd.Options{HostKeys: []string{"ecdsa"}, Config: []string{
			"HostKey " + filepath.Join(dir, name), "HostCertificate " + filepath.Join(dir, name+"-cert.pub"),
		}})
		dialer := newDialer(t, ssh.Config{Key: server.Key, KnownHosts: "@cert-authority * " + string(authority)})
		host := deploy.Host{Name: "web1", Address: server.Address()}
		if wants == nil {
			connect(t, dialer, host)
			continue
		}
		refused(t, dialer, host, wants...)
	}
}

func TestCertificateAndAgentLogIn(t *testing.T) {
	t.Parallel()
	authority, authorityLine := sshtest.ClientKey()
	key, public := sshtest.ClientKey()
	certificate := certify(t, authority, public, "deploy")
	server, config := start(t, sshtest.Options{AuthorizedKey: "cert-authority " + authorityLine})
	config.Key, config.Certificate = key, certificate
	connect(t, newDialer(t, config), hostOf(server))
	config.Certificate = ""
	refused(t, newDialer(t, config), hostOf(server), "refuses the key")
	config.Certificate = certify(t, authority, public, "someone")
	refused(t, newDialer(t, config), hostOf(server), "refuses the ed25519 certificate", "for someone", "principals", "deploy")

	openssh := sshd.Start(t, sshd.Options{AuthorizedKeys: "cert-authority " + authorityLine})
	config = ssh.Config{Key: key, Certificate: certify(t, authority, public, openssh.User), KnownHosts: openssh.KnownHosts}
	connect(t, newDialer(t, config), deploy.Host{Name: "web1", Address: openssh.Address()})

	server, config = start(t, sshtest.Options{AuthorizedKey: public})
	config.Key, config.AgentSocket = config.Passphrase, serveAgent(t, key)
	connect(t, newDialer(t, config), hostOf(server))
}
