//go:build bench && linux

package bench

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// ansible is the playbooks of peers/ansible.
type ansible struct{ peer }

func (a *ansible) name() string { return "Ansible" }

func (a *ansible) root(h *host) string { return a.path(h, "ansible") }

func (a *ansible) version() []string { return []string{"ansible-playbook", "--version"} }

func (a *ansible) prepare(ctx context.Context, t *testing.T, d deployment) *exec.Cmd {
	t.Helper()
	_, known := a.sshConfig(t, d.over)
	var hosts strings.Builder
	hosts.WriteString("[web]\n")
	for _, h := range d.over.hosts {
		fmt.Fprintf(&hosts, "%s ansible_host=%s ansible_port=%d ansible_user=%s root=%s\n", h.name, h.address, h.port, h.server.User, a.root(h.host))
	}
	fmt.Fprintf(&hosts, "[web:vars]\nansible_ssh_private_key_file=%s\nansible_ssh_common_args='-o UserKnownHostsFile=%s -o IdentitiesOnly=yes'\n", a.key, known)
	inventory := filepath.Join(a.dir, "inventory")
	write(t, inventory, hosts.String())
	args := []string{"ansible-playbook", "-i", inventory, d.action() + ".yml"}
	if d.scenario != rollback {
		args = append(args, "-e", "tarball="+d.site.path, "-e", "release="+d.release(), "-e", "verify="+a.yes())
	}
	return a.command(ctx, t, "ansible", args...)
}
