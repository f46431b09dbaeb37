package ssh_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/sshtest"
	"github.com/slipway/slipway/internal/sshtest/loopback"
	"github.com/slipway/slipway/internal/transport"
	"github.com/slipway/slipway/internal/transport/ssh"
)

// bastions starts a chain of jump hosts that one key may log in to, each with a user of its own.
func bastions(t *testing.T, authorized string, users ...string) (servers []*sshtest.Server, chain []deploy.Address, knownHosts string) {
	t.Helper()
	for _, user := range users {
		server, _ := start(t, sshtest.Options{AuthorizedKey: authorized, User: user})
		servers, chain = append(servers, server), append(chain, hostOf(server).Address)
		knownHosts += server.HostKeyLine()
	}
	return servers, chain, knownHosts
}

// TestJump reaches many hosts through two bastions at once: each bastion sees one connection.
func TestJump(t *testing.T) {
	t.Parallel()
	key, authorized := sshtest.ClientKey()
	jumps, chain, knownHosts := bastions(t, authorized, "outer", "inner")
	config := ssh.Config{Key: key, KnownHosts: knownHosts, Jump: chain, MaxParallel: 3}
	var hosts []deploy.Host
	for range 12 {
		server, _ := start(t, sshtest.Options{AuthorizedKey: authorized})
		config.KnownHosts += server.HostKeyLine()
		hosts = append(hosts, hostOf(server))
	}
	dialer := newDialer(t, config)
	var all sync.WaitGroup
	for _, host := range hosts {
		all.Go(func() {
			conn, err := dialer.Connect(context.Background(), host)
			if err != nil {
				t.Error(err)
				return
			}
			defer conn.Close()
			if err := command("cat", "input")(conn); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	for i, jump := range jumps {
		if jump.Accepted() != 1 {
			t.Errorf("bastion %d saw %d connections, want 1", i+1, jump.Accepted())
		}
	}

	// A bastion that was lost is connected to again.
	conn := connect(t, dialer, hosts[0])
	jumps[0].Cut()
	if err := command("sleep 20", "")(conn); !errors.Is(err, transport.ErrLost) {
		t.Errorf("got %v, want ErrLost", err)
	}
	if err := command("true", "")(connect(t, dialer, hosts[0])); err != nil {
		t.Error(err)
	}
	if jumps[0].Accepted() != 2 {
		t.Errorf("the bastion saw %d connections, want 2", jumps[0].Accepted())
	}
}

// TestJumpIPv6 is a host on IPv6 behind a bastion.
func TestJumpIPv6(t *testing.T) {
	t.Parallel()
	if listener, err := net.Listen("tcp", "[::1]:0"); err != nil {
		t.Skipf("this machine has no IPv6: %v", err) //nolint:forbidigo // nothing could be installed for it
	} else {
		_ = listener.Close()
	}
	key, authorized := sshtest.ClientKey()
	_, chain, knownHosts := bastions(t, authorized, "jump")
	server, _ := start(t, sshtest.Options{AuthorizedKey: authorized, Listen: "[::1]:0"})
	config := ssh.Config{Key: key, KnownHosts: knownHosts + server.HostKeyLine()}
	connect(t, newDialer(t, config), hostOf(server))
	config.Jump = chain
	if err := command("true", "")(connect(t, newDialer(t, config), hostOf(server))); err != nil {
		t.Error(err)
	}
}

// TestJumpRefused asks a bastion that refuses the key once, however many hosts lie behind it.
func TestJumpRefused(t *testing.T) {
	t.Parallel()
	var offers atomic.Int32
	key, authorized := sshtest.ClientKey()
	bastion, _ := start(t, sshtest.Options{Before: func(op sshtest.Operation) error {
		if op.Kind == sshtest.Login {
			offers.Add(1)
		}
		return nil
	}})
	server, _ := start(t, sshtest.Options{AuthorizedKey: authorized})
	dialer := newDialer(t, ssh.Config{Key: key, KnownHosts: bastion.HostKeyLine() + server.HostKeyLine(), Jump: []deploy.Address{hostOf(bastion).Address}})
	var all sync.WaitGroup
	for range 10 {
		all.Go(func() { refused(t, dialer, hostOf(server), "jump host: deploy@127.0.0.1", "refuses the key") })
	}
	all.Wait()
	refused(t, dialer, hostOf(server), "jump host", "refuses the key")
	if offers.Load() != 1 {
		t.Errorf("the key was offered %d times", offers.Load())
	}
}

// TestJumpFailures are hosts that a bastion does not lead to.
func TestJumpFailures(t *testing.T) {
	t.Parallel()
	key, authorized := sshtest.ClientKey()
	server, _ := start(t, sshtest.Options{AuthorizedKey: authorized})
	closed, _ := start(t, sshtest.Options{AuthorizedKey: authorized, NoForwarding: true})
	open, _ := start(t, sshtest.Options{AuthorizedKey: authorized})
	unknown, _ := start(t, sshtest.Options{AuthorizedKey: authorized})
	config := ssh.Config{Key: key, KnownHosts: server.HostKeyLine() + closed.HostKeyLine() + open.HostKeyLine()}

	config.Jump = []deploy.Address{hostOf(closed).Address}
	refused(t, newDialer(t, config), hostOf(server), "cannot reach", "AllowTcpForwarding")
	if closed.Accepted() != 1 {
		t.Errorf("a bastion that forwards nothing was asked over %d connections", closed.Accepted())
	}
	config.Jump = []deploy.Address{hostOf(unknown).Address}
	refused(t, newDialer(t, config), hostOf(server), "jump host", "identity is not known")
	config.Jump = []deploy.Address{hostOf(open).Address}
	refused(t, newDialer(t, config), hostOf(unknown), "identity is not known")
	_ = server.Close()
	refused(t, newDialer(t, config), hostOf(server), "cannot reach", "Connection refused", "jump host before it")
}

// TestJumpSilent is a host behind a bastion that accepts and says nothing: the context ends the wait, for everyone by
// himself.
func TestJumpSilent(t *testing.T) {
	t.Parallel()
	key, authorized := sshtest.ClientKey()
	_, chain, knownHosts := bastions(t, authorized, "jump")
	accepted := make(chan struct{}, 1)
	silent := loopback.Serve(t, func(net.Conn) { accepted <- struct{}{} })
	dialer := newDialer(t, ssh.Config{Key: key, KnownHosts: knownHosts, Jump: chain, ConnectTimeout: time.Minute})
	ctx, cancel := context.WithCancelCause(context.Background())
	stop := errors.New("stop it")
	go func() { <-accepted; cancel(stop) }()
	host := deploy.Host{Name: "web1", Address: deploy.Address{User: "deploy", Host: "127.0.0.1", Port: silent.Port}}
	begun := time.Now()
	if _, err := dialer.Connect(ctx, host); !errors.Is(err, stop) || !strings.Contains(err.Error(), "web1") {
		t.Errorf("got %v, want the context's cause", err)
	}
	if took := time.Since(begun); took > 10*time.Second {
		t.Errorf("it took %v", took)
	}
}
