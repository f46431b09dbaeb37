package ssh_test

import (
	"context"
	"testing"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/needtest"
	"github.com/slipway/slipway/internal/sshtest"
	"github.com/slipway/slipway/internal/sshtest/hosttest"
	"github.com/slipway/slipway/internal/sshtest/sshd"
	"github.com/slipway/slipway/internal/transport"
	"github.com/slipway/slipway/internal/transport/ssh"
	"github.com/slipway/slipway/internal/transport/transporttest"
)

func TestContractInProcess(t *testing.T) {
	t.Parallel()
	server, config := start(t, sshtest.Options{})
	dialer := newDialer(t, config)
	transporttest.Run(t, func(t *testing.T) transport.Conn { return connect(t, dialer, hostOf(server)) })
}

func TestMain(m *testing.M) { needtest.RunWaiting(m) }

// start starts a server, and gives what is needed to log in there.
func start(t *testing.T, options sshtest.Options) (*sshtest.Server, ssh.Config) {
	t.Helper()
	host := hosttest.Start(t, options)
	return host.Server, ssh.Config{Key: host.Key, KnownHosts: host.KnownHosts}
}

func newDialer(t *testing.T, config ssh.Config) *ssh.Dialer {
	t.Helper()
	dialer, err := ssh.NewDialer(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = dialer.Close() })
	return dialer
}

func hostOf(server *sshtest.Server) deploy.Host {
	host, port := server.Addr()
	return deploy.Host{Name: "web1", Address: deploy.Address{User: server.User(), Host: host, Port: port}}
}

func connect(t *testing.T, dialer *ssh.Dialer, host deploy.Host) transport.Conn {
	t.Helper()
	conn, err := dialer.Connect(context.Background(), host)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

func TestContractOpenSSH(t *testing.T) {
	t.Parallel()
	server := sshd.Start(t, sshd.Options{Config: []string{"MaxStartups 100:30:200"}})
	dialer := newDialer(t, ssh.Config{Key: server.Key, KnownHosts: server.KnownHosts})
	transporttest.Run(t, func(t *testing.T) transport.Conn {
		return connect(t, dialer, deploy.Host{Name: "web1", Address: server.Address()})
	})
}
