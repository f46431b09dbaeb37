//go:build bench && linux

package bench

import (
	"context"
	"encoding/json"
	"os/exec"
	"testing"
)

// capistrano is the Capfile of peers/capistrano.
type capistrano struct{ peer }

func (c *capistrano) name() string { return "Capistrano" }

func (c *capistrano) root(h *host) string { return c.path(h, "capistrano") }

func (c *capistrano) version() []string { return []string{"cap", "--version"} }

func (c *capistrano) prepare(ctx context.Context, t *testing.T, d deployment) *exec.Cmd {
	t.Helper()
	_, known := c.sshConfig(t, d.over)
	type server struct {
		Address string `json:"address"`
		Port    int    `json:"port"`
		User    string `json:"user"`
		Root    string `json:"root"`
	}
	var servers []server
	for _, h := range d.over.hosts {
		servers = append(servers, server{h.address, h.port, h.server.User, c.root(h.host)})
	}
	hosts, err := json.Marshal(servers)
	if err != nil {
		t.Fatal(err)
	}
	task := "deploy"
	if d.scenario == rollback {
		task = "deploy:rollback"
	}
	cmd := c.command(ctx, t, "capistrano", "cap", "bench", task)
	cmd.Env = append(cmd.Env, "HOSTS_JSON="+string(hosts), "ROOT=/srv/www/bench", "KEY="+c.key, "KNOWN_HOSTS="+known,
		"TARBALL="+d.site.path, "VERIFY="+c.yes(), "RELEASE="+d.release(), "LOG="+c.dir+"/capistrano.log")
	return cmd
}
