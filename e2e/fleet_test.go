//go:build e2e

package e2e

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
)

// Fleet is hosts on a network of their own, gone when the test ends.
type Fleet struct {
	prefix     string // of the names of all containers, the network and the volume
	Network    string
	Key        string // the deploy user's private key, OpenSSH PEM
	KnownHosts string

	authorized string // the key's public half, as a line of authorized_keys
}

// The hosts of the Django example, in the order of its deploy file.
var hosts = []string{"web1", "web2", "files1"}

// startFleet boots two Debian hosts and a BusyBox host. They have the names that the examples write; the Debian hosts share a
// folder for the database, as two hosts share a database server.
func startFleet(ctx context.Context, t *testing.T, name string) *Fleet {
	t.Helper()
	f := newFleet(ctx, t, name)
	f.docker(ctx, t, "volume", "create", f.prefix)
	for _, host := range hosts {
		if host == "files1" {
			f.boot(ctx, t, host, busyboxImage)
		} else {
			f.boot(ctx, t, host, debianImage, "--volume", f.prefix+":/srv/data", "--volume", supervisord(t))
		}
	}
	f.awaitHosts(ctx, t, hosts...)
	return f
}

// supervisord is the mount that puts the example's configuration of supervisor on a host.
func supervisord(t *testing.T) string {
	t.Helper()
	return filepath.Join(repository(t), "examples", "django", "deploy", "supervisord.conf") + ":/home/deploy/supervisord.conf:ro"
}

// newFleet makes a network without hosts; options are of `docker network create`.
func newFleet(ctx context.Context, t *testing.T, name string, options ...string) *Fleet {
	t.Helper()
	f := &Fleet{prefix: fmt.Sprintf("slipway-e2e-%d-%s", os.Getpid(), name)}
	f.Network = f.prefix
	f.Key, f.authorized = keyPair(t)
	t.Cleanup(func() {
		// Whatever is on the network was started for this test: hosts, the action, a job of act's.
		ctx := context.WithoutCancel(ctx)
		for _, filter := range []string{"network=" + f.Network, "name=" + f.prefix + "-"} { // one that was cut off is not on it
			if containers, err := try(ctx, "docker", "ps", "--all", "--quiet", "--filter", filter); err == nil && containers != "" {
				remove(ctx, t, append([]string{"rm", "--force", "--volumes"}, strings.Fields(containers)...)...)
			}
		}
		remove(ctx, t, "network", "rm", f.Network)
		remove(ctx, t, "volume", "rm", "--force", f.prefix)
	})
	f.docker(ctx, t, append(append([]string{"network", "create"}, options...), f.Network)...)
	return f
}

// docker makes something. It is not interrupted: the engine would go on making what nobody knows of.
func (f *Fleet) docker(ctx context.Context, t *testing.T, args ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	run(ctx, t, "docker", args...)
}

// boot starts a host; options are of `docker run`. What is deployed lies on a disk of its own: the layers of an image are slow where
// the engine has to draw them together itself.
func (f *Fleet) boot(ctx context.Context, t *testing.T, host, image string, options ...string) {
	t.Helper()
	args := append([]string{
		"run", "--detach", "--init", "--name", f.container(host), "--hostname", host,
		"--network", f.Network, "--network-alias", host + ".example.com", "--env", "AUTHORIZED_KEY=" + f.authorized, "--volume", "/srv",
	}, options...)
	f.docker(ctx, t, append(args, image)...)
}

// awaitHosts waits until hosts can be logged in to, and notes who they are.
func (f *Fleet) awaitHosts(ctx context.Context, t *testing.T, hosts ...string) {
	t.Helper()
	for _, host := range hosts {
		f.KnownHosts += host + ".example.com " + f.hostKey(ctx, t, host) + "\n"
	}
}

func (f *Fleet) container(host string) string { return f.prefix + "-" + host }

// On runs a script on a host, as the deploy user.
func (f *Fleet) On(ctx context.Context, t *testing.T, host, script string) string {
	t.Helper()
	return run(ctx, t, "docker", "exec", "--user", "deploy", f.container(host), "sh", "-c", script)
}

// Page fetches a page of a host from another one, as a visitor would.
func (f *Fleet) Page(ctx context.Context, t *testing.T, host, path string) string {
	t.Helper()
	port := "8001"
	if host == "files1" {
		port = "8080"
	}
	return run(ctx, t, "docker", "exec", f.container("files1"), "wget", "-q", "-O", "-", "http://"+host+".example.com:"+port+path)
}

// hostKey waits until a host has made its key and listens, and returns the public key, type and base64.
func (f *Fleet) hostKey(ctx context.Context, t *testing.T, host string) string {
	t.Helper()
	const script = `grep -q ':0016 [0-9A-F:]* 0A ' /proc/net/tcp /proc/net/tcp6 || exit
cat /etc/ssh/ssh_host_ed25519_key.pub /etc/dropbear/dropbear_ed25519_host_key.pub 2>/dev/null | grep ^ssh-`
	for deadline := time.Now().Add(3 * time.Minute); ; {
		key, err := try(ctx, "docker", "exec", f.container(host), "sh", "-c", script)
		if fields := strings.Fields(key); err == nil && len(fields) >= 2 {
			return fields[0] + " " + fields[1]
		}
		if time.Now().After(deadline) || ctx.Err() != nil {
			logs, _ := try(ctx, "docker", "logs", f.container(host))
			t.Fatalf("%s does not come up: %v\n%s", host, err, logs)
		}
	}
}

// keyPair is a throw-away key: the private half in OpenSSH's format, the public one as a line of authorized_keys.
func keyPair(t *testing.T) (private, authorized string) {
	t.Helper()
	public, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	block, err := ssh.MarshalPrivateKey(key, "")
	if err != nil {
		t.Fatal(err)
	}
	line, err := ssh.NewPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(block)), strings.TrimSpace(string(ssh.MarshalAuthorizedKey(line)))
}
