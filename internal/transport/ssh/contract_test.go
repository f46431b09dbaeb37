package ssh_test

import (
	"context"
	"testing"

	"slipway/internal/deploy"
	"slipway/internal/sshtest"
	"slipway/internal/sshtest/sshd"
	"slipway/internal/transport"
	"slipway/internal/transport/ssh"
	"slipway/internal/transport/transporttest"
)

func TestContractInProcess(t *testing.T) {
	t.Parallel()
	transporttest.Run(t, func(t *testing.T) transport.Conn {
		server, dialer := start(t, sshtest.Options{}, ssh.Config{})
		return connect(t, dialer, hostOf(server))
	})
}

// start starts a server, and makes a dialer that may log in there.
func start(t *testing.T, options sshtest.Options, config ssh.Config) (*sshtest.Server, *ssh.Dialer) {
	t.Helper()
	if options.Root == "" {
		options.Root = t.TempDir()
	}
	key, authorized := sshtest.ClientKey()
	if options.AuthorizedKey == "" {
		options.AuthorizedKey = authorized
	}
	server, err := sshtest.Start(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	if config.Key.IsEmpty() && config.AgentSocket == "" {
		config.Key = key
	}
	if config.KnownHosts == "" && config.Fingerprints == nil {
		config.KnownHosts = server.HostKeyLine()
	}
	return server, newDialer(t, config)
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
