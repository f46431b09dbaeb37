//go:build bench && linux

package bench

import (
	"fmt"
	"os"
	"testing"

	"github.com/slipway/slipway/internal/sshtest/sshd"
)

// host is a real sshd on this machine, with a folder to deploy to.
type host struct {
	name   string
	server *sshd.Server
	dir    string
}

// startHosts starts so many, in a group where one is given. One address may begin as many log-ins at once as it likes: what contenders do
// about a server that refuses some is not measured.
func startHosts(t *testing.T, count int, authorized string, in *group) (hosts []*host) {
	t.Helper()
	for i := range count {
		server := sshd.Start(t, sshd.Options{
			Config: []string{"Subsystem sftp internal-sftp", "MaxStartups 100"}, AuthorizedKeys: authorized,
		})
		if in != nil {
			if err := enter(in.folders, server.PID); err != nil {
				t.Fatal(err)
			}
		}
		hosts = append(hosts, &host{name: fmt.Sprintf("web%02d", i+1), server: server, dir: t.TempDir()})
	}
	return hosts
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
