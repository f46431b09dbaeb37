//go:build bench && linux

package bench

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/slipway/slipway/internal/secret"
)

// contender is a way to deploy.
type contender interface {
	name() string
	verifies() bool // every file, on the host
	// prepare makes the command of one deployment, as a user would run it.
	prepare(ctx context.Context, t *testing.T, d deployment) *exec.Cmd
	// root is the deploy path on a host.
	root(host *host) string
	// version is a command that says it.
	version() []string
}

// title is how a contender is called in flags and in what is logged: scp, scp+verify.
func title(c contender) string {
	word, _, _ := strings.Cut(strings.ToLower(c.name()), " ")
	if c.verifies() {
		return word + "+verify"
	}
	return word
}

// makeContenders makes those that were asked for, Slipway first: the others are compared with it. When only trying, the larger tools may
// be missing.
func makeContenders(t *testing.T, key secret.Secret) []contender {
	t.Helper()
	all := []contender{newSlipway(t, key)}
	for _, verify := range []bool{true, false} {
		p := newPeer(t, key, verify)
		all = append(all, &script{p, "scp"}, &script{p, "rsync"}, &ansible{p}, &fabric{p}, &capistrano{p})
	}
	var chosen []contender
	for i, c := range all {
		if i > 0 && *contenders != "" && !wanted(*contenders, title(c)) {
			continue
		}
		if i > 0 {
			if _, err := exec.LookPath(c.version()[0]); err != nil {
				if *smoke && isLarge(c) {
					t.Logf("%s is not tried: %v", title(c), err)
					continue
				}
				t.Fatalf("%s: %v; .ci/packages bench installs it, -contenders leaves it out", title(c), err)
			}
		}
		chosen = append(chosen, c)
	}
	return chosen
}

// isLarge tells the tools that not every machine has.
func isLarge(c contender) bool {
	switch c.(type) {
	case *ansible, *fabric, *capistrano:
		return true
	default:
		return false
	}
}

// peer is what all contenders have but Slipway.
type peer struct {
	verify bool
	dir    string // of the runner
	key    string // a file
}

func newPeer(t *testing.T, key secret.Secret, verify bool) peer {
	t.Helper()
	p := peer{verify: verify, dir: t.TempDir()}
	p.key = filepath.Join(p.dir, "key")
	write(t, p.key, key.Reveal())
	return p
}

func (p peer) verifies() bool { return p.verify }

// yes is whether it verifies, as the scripts want to be told.
func (p peer) yes() string {
	if p.verify {
		return "yes"
	}
	return "no"
}

// path is a folder on a host that is a contender's own.
func (p peer) path(h *host, contender string) string {
	return filepath.Join(h.dir, contender+"-"+p.yes())
}

// action is what the scripts call what is to be done.
func (d deployment) action() string {
	if d.scenario == rollback {
		return "rollback"
	}
	return "deploy"
}

// targets are the hosts and their deploy paths, as the scripts take them.
func (d deployment) targets(root func(*host) string) []string {
	var all []string
	for _, h := range d.over.hosts {
		all = append(all, h.name+":"+root(h.host))
	}
	return all
}

// sshConfig writes a configuration for ssh(1) and gives its path, and that of the known_hosts that it names.
func (p peer) sshConfig(t *testing.T, over *link, more ...string) (config, known string) {
	t.Helper()
	config, known = filepath.Join(p.dir, "config"), filepath.Join(p.dir, "known_hosts")
	write(t, known, over.known)
	var text strings.Builder
	for _, h := range over.hosts {
		fmt.Fprintf(&text, "Host %s\n\tHostName %s\n\tPort %d\n\tUser %s\n", h.name, h.address, h.port, h.server.User)
	}
	text.WriteString("Host *\n")
	for _, line := range append([]string{"IdentityFile " + p.key, "IdentitiesOnly yes", "UserKnownHostsFile " + known, "BatchMode yes"}, more...) {
		text.WriteString("\t" + line + "\n")
	}
	write(t, config, text.String())
	return config, known
}

// freshHome is the home of a runner that has deployed nothing yet, as a CI has one for each job.
func freshHome(t *testing.T, dir string) string {
	t.Helper()
	home := filepath.Join(dir, "home")
	if err := os.RemoveAll(home); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(home, 0o700); err != nil {
		t.Fatal(err)
	}
	return home
}

// command is one that runs in a folder of peers/, with nothing of our own environment but the path to programs.
func (p peer) command(ctx context.Context, t *testing.T, folder string, args ...string) *exec.Cmd {
	t.Helper()
	dir, err := filepath.Abs(filepath.Join("peers", folder))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Dir = dir
	home := freshHome(t, p.dir)
	cmd.Env = []string{"HOME=" + home, "TMPDIR=" + home, "PATH=/usr/bin:" + os.Getenv("PATH"), "LANG=C.UTF-8"}
	return cmd
}
