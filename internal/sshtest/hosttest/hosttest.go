// Package hosttest starts an in-process SSH host for a test, with a key that may log in there; and it has keys of each kind.
package hosttest

import (
	"testing"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/secret"
	"github.com/slipway/slipway/internal/sshtest"
)

// Host is a running host.
type Host struct {
	*sshtest.Server
	Root       string        // of its home
	Key        secret.Secret // may log in, unless the options have an authorised key of their own
	KnownHosts string        // a line for each host key
	Address    deploy.Address
}

// Start starts a host that the test's end closes. Its root is a folder of the test's own, where the options have none.
func Start(t testing.TB, options sshtest.Options) Host {
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
	host, port := server.Addr()
	return Host{
		Server: server, Root: options.Root, Key: key, KnownHosts: server.HostKeyLine(),
		Address: deploy.Address{User: server.User(), Host: host, Port: port},
	}
}
