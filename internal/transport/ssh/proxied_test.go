package ssh_test

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/needtest"
	"github.com/slipway/slipway/internal/sshtest"
	"github.com/slipway/slipway/internal/sshtest/loopback"
	"github.com/slipway/slipway/internal/sshtest/sshd"
	"github.com/slipway/slipway/internal/transport"
	"github.com/slipway/slipway/internal/transport/ssh"
	"github.com/slipway/slipway/internal/transport/transporttest"
)

// TestContractProxied runs the contract against OpenSSH, over a program.
func TestContractProxied(t *testing.T) {
	t.Parallel()
	socat := needtest.Program(t, "socat")
	server := sshd.Start(t, sshd.Options{Config: []string{"MaxStartups 100:30:200"}})
	host := deploy.Host{Name: "web1", Address: deploy.Address{User: server.User, Host: server.Host, Port: server.Port}}
	host.Proxy = []string{socat, "-", "TCP:" + host.Address.HostPort()}
	dialer := newDialer(t, ssh.Config{Key: server.Key, KnownHosts: server.KnownHosts, ProxyEnv: os.Environ()})
	transporttest.Run(t, func(t *testing.T) transport.Conn { return connect(t, dialer, host) })
}

// through is a host of which only the name is known here: the program knows the way.
func through(server *sshtest.Server, script string) (deploy.Host, string) {
	address := hostOf(server).Address
	host := deploy.Host{Name: "web1", Address: deploy.Address{User: server.User(), Host: "i-0abc", Port: 22}}
	host.Proxy = []string{"sh", "-c", script, address.Host, strconv.Itoa(address.Port)}
	key := strings.Fields(server.HostKeyLine())
	return host, "i-0abc " + key[1] + " " + key[2] + "\n"
}

const onwards = `exec socat - TCP:$0:$1`

// TestProxied reaches a host by the name that its key is pinned to, however it is reached, and loses it when the program ends: why, the
// error says. A host with another key is refused.
func TestProxied(t *testing.T) {
	t.Parallel()
	needtest.Program(t, "socat")
	server, config := start(t, sshtest.Options{})
	config.ProxyEnv = os.Environ()
	host, known := through(server, `socat - TCP:$0:$1; echo the tunnel was closed >&2; exit 5`)
	refused(t, newDialer(t, config), host, "i-0abc", "identity is not known")

	config.KnownHosts = known
	dialer := newDialer(t, config)
	conn := connect(t, dialer, host)
	if err := command("cat", strings.Repeat("input", 1<<20))(conn); err != nil {
		t.Fatal(err)
	}
	server.Cut()
	if err := command("sleep 300", "")(conn); !errors.Is(err, transport.ErrLost) || !strings.Contains(err.Error(), "`sh` ended with exit status 5: the tunnel was closed") {
		t.Errorf("got %v, want ErrLost and the program's reason", err)
	}

	host, _ = through(server, onwards)
	conn = connect(t, dialer, host)
	if err := command("true", "")(conn); err != nil {
		t.Fatal(err)
	}
	_ = dialer.Close() // the program is ended, and the connection with it
	if err := command("true", "")(conn); !errors.Is(err, transport.ErrLost) {
		t.Errorf("got %v, want ErrLost", err)
	}
}

// TestProxyFails are programs that are no way to a host.
func TestProxyFails(t *testing.T) {
	t.Parallel()
	server, config := start(t, sshtest.Options{})
	config.ProxyEnv = os.Environ()
	fails := func(limit time.Duration, words []string, wants ...string) *deploy.Error {
		t.Helper()
		config.ConnectTimeout = limit
		host := hostOf(server)
		host.Proxy = words
		dialer := newDialer(t, config)
		refused(t, dialer, host, wants...)
		_, err := dialer.Connect(t.Context(), host)
		var e *deploy.Error
		if !errors.As(err, &e) {
			t.Fatal(err)
		}
		return e
	}
	shell := func(script string) []string { return []string{"sh", "-c", script} }
	long := time.Minute

	e := fails(long, []string{"no-such-program-here", "x"}, "`no-such-program-here` cannot be started: executable file not found in $PATH", "proxy_command of deploy@127.0.0.1", "docs/networks.md")
	if errors.Is(e, transport.ErrUnreachable) {
		t.Error("a program that is not there does not come back")
	}
	_ = fails(long, shell("no-such-program-here"), "`sh` ended with exit status 127", "docs/networks.md")
	_ = fails(300*time.Millisecond, shell("echo which password? >&2; exec sleep 300"), "no SSH version came in time", "`sh` is no way to", "SSH-2.0")
	_ = fails(long, shell("exec yes"), "overflow reading version string", "nothing else")
	_ = fails(300*time.Millisecond, shell("exec yes >&2"), "no SSH version came in time")
	e = fails(long, shell("echo first >&2; echo no rights >&2; exit 255"), "no SSH server at deploy@127.0.0.1", "`sh` ended with exit status 255: no rights", "logged in")
	if len(e.Tail) != 2 || e.Tail[0] != "first" || e.Host != "web1" {
		t.Errorf("%+v", e)
	}
	if server.Accepted() != 0 {
		t.Errorf("the host was dialled %d times", server.Accepted())
	}
}

// TestProxyRetried is a program whose first tries fail, as those of a cloud do.
func TestProxyRetried(t *testing.T) {
	t.Parallel()
	needtest.Program(t, "socat")
	server, config := start(t, sshtest.Options{})
	tried := filepath.Join(t.TempDir(), "tried")
	host, known := through(server, `[ -e `+tried+` ] || { >`+tried+`; echo throttled >&2; exit 1; }; `+onwards)
	config.KnownHosts, config.ProxyEnv = known, os.Environ()
	connect(t, newDialer(t, config), host)
}

// TestProxyCancelled ends with the context, not with the program, which is ended: it holds a FIFO open as long as it lives.
func TestProxyCancelled(t *testing.T) {
	t.Parallel()
	_, config := start(t, sshtest.Options{})
	config.ProxyEnv, config.ConnectTimeout = os.Environ(), 10*time.Minute
	held := filepath.Join(t.TempDir(), "held")
	if err := syscall.Mkfifo(held, 0o600); err != nil {
		t.Fatal(err)
	}
	host := deploy.Host{Name: "web1", Address: deploy.Address{User: "deploy", Host: "web1", Port: 22}, Proxy: []string{"sh", "-c", `exec 9>"$0"; echo >&9; sleep 600 & wait`, held}}
	dialer := newDialer(t, config)
	ctx, cancel := context.WithCancelCause(context.Background())
	stop := errors.New("stop it")
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		running, err := os.Open(held)
		if err != nil {
			t.Error(err)
			return
		}
		defer running.Close()
		_, _ = running.Read(make([]byte, 1))
		cancel(stop)
		_, _ = io.Copy(io.Discard, running)
	}()
	if _, err := dialer.Connect(ctx, host); !errors.Is(err, stop) {
		t.Errorf("got %v, want the context's cause", err)
	}
	select {
	case <-ended:
	case <-time.After(2 * time.Minute):
		t.Error("the program goes on")
	}
}

// TestProxiesAtOnce has a fleet of which only so many programs begin at once.
func TestProxiesAtOnce(t *testing.T) {
	t.Parallel()
	needtest.Program(t, "socat")
	server, config := start(t, sshtest.Options{})
	var now, most atomic.Int32
	counter := loopback.Serve(t, func(conn net.Conn) { // one connection for as long as a program begins
		n := now.Add(1)
		for {
			seen := most.Load()
			if n <= seen || most.CompareAndSwap(seen, n) {
				break
			}
		}
		<-time.After(50 * time.Millisecond)
		now.Add(-1)
		_ = conn.Close()
	})
	host, known := through(server, `socat -u TCP:127.0.0.1:`+strconv.Itoa(counter.Port)+` -; `+onwards)
	config.KnownHosts, config.ProxyEnv, config.MaxParallel = known, os.Environ(), 3
	dialer := newDialer(t, config)
	var all sync.WaitGroup
	for range 12 {
		all.Go(func() {
			conn, err := dialer.Connect(context.Background(), host)
			if err != nil {
				t.Error(err)
				return
			}
			_ = conn.Close()
		})
	}
	all.Wait()
	if got := most.Load(); got > 3 || got < 2 {
		t.Errorf("%d programs began at once, want 3", got)
	}
}
