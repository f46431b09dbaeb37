//go:build bench && linux

package bench

import (
	"fmt"
	"os"
	"testing"

	"github.com/slipway/slipway/internal/secret"
	"github.com/slipway/slipway/internal/sshtest"
	"github.com/slipway/slipway/internal/sshtest/sshd"
)

// host is a real sshd on this machine, with a folder to deploy to.
type host struct {
	name   string
	server *sshd.Server
	dir    string
}

// startHosts starts so many. The key may log in to all of them. One address may begin as many log-ins at once as it likes: what
// contenders do about a server that refuses some is not measured.
func startHosts(t *testing.T, count int) (hosts []*host, key secret.Secret) {
	t.Helper()
	key, authorized := sshtest.ClientKey()
	for i := range count {
		server := sshd.Start(t, sshd.Options{
			Config: []string{"Subsystem sftp internal-sftp", "MaxStartups 100"}, AuthorizedKeys: authorized,
		})
		hosts = append(hosts, &host{name: fmt.Sprintf("web%02d", i+1), server: server, dir: t.TempDir()})
	}
	return hosts, key
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
