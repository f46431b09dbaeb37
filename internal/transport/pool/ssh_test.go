package pool_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/sshtest"
	"github.com/slipway/slipway/internal/sshtest/hosttest"
	"github.com/slipway/slipway/internal/transport"
	"github.com/slipway/slipway/internal/transport/pool"
	"github.com/slipway/slipway/internal/transport/retry"
	"github.com/slipway/slipway/internal/transport/ssh"
	"github.com/slipway/slipway/internal/transport/transporttest"
)

func connect(t *testing.T) (hosttest.Host, *pool.Conn) {
	t.Helper()
	server := hosttest.Start(t, sshtest.Options{})
	dialer, err := ssh.NewDialer(ssh.Config{Key: server.Key, KnownHosts: server.KnownHosts})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = dialer.Close() })
	conn := pool.New(dialer, 0).Conn(deploy.Host{Name: "web1", Address: server.Address})
	t.Cleanup(func() { _ = conn.Close() })
	return server, conn
}

func TestContract(t *testing.T) {
	t.Parallel()
	transporttest.Run(t, func(t *testing.T) transport.Conn {
		_, conn := connect(t)
		return conn
	})
}

func TestRunAfterTheLinkDropped(t *testing.T) {
	t.Parallel()
	server, conn := connect(t)
	if err := conn.Connect(t.Context()); err != nil {
		t.Fatal(err)
	}
	server.Cut()
	tries := 0
	err := retry.Do(t.Context(), time.Minute, func() error {
		tries++
		var out bytes.Buffer
		err := conn.Run(t.Context(), transport.Command{Script: "echo back", Stdout: &out})
		if err == nil && out.String() != "back\n" {
			t.Errorf("printed %q", out.String())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if tries > 2 {
		t.Errorf("%d tries", tries)
	}
	if server.Accepted() != 2 {
		t.Errorf("%d connections", server.Accepted())
	}
}
