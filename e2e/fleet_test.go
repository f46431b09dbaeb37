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

// Fleet is two Debian hosts and a BusyBox host on a network of their own. The hosts have the names that the examples
// write; the Debian hosts share a folder for the database, as two hosts share a database server.
type Fleet struct {
	prefix     string // of the names of all containers, the network and the volume
	Network    string
	Key        string // the deploy user's private key, OpenSSH PEM
	KnownHosts string
}

// The hosts, in the order of the deploy file.
var hosts = []string{"web1", "web2", "files1"}

// startFleet boots the hosts; they are gone when the test ends, however it ends.
func startFleet(ctx context.Context, t *testing.T, name string) *Fleet {
	t.Helper()
	f := &Fleet{prefix: fmt.Sprintf("slipway-e2e-%d-%s", os.Getpid(), name)}
	f.Network = f.prefix
	private, authorized := keyPair(t)
	f.Key = private

	t.Cleanup(func() {
		// Whatever is on the network was started for this test: hosts, the action, a job of act's.
		ctx := context.WithoutCancel(ctx)
		if containers, err := try(ctx, "docker", "ps", "--all", "--quiet", "--filter", "network="+f.Network); err == nil && containers != "" {
			remove(ctx, t, append([]string{"rm", "--force", "--volumes"}, strings.Fields(containers)...)...)
		}
		remove(ctx, t, "network", "rm", f.Network)
		remove(ctx, t, "volume", "rm", "--force", f.prefix)
	})
	// Not interrupted: the engine would go on making what nobody knows of.
	booting, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	run(booting, t, "docker", "network", "create", f.Network)
	run(booting, t, "docker", "volume", "create", f.prefix)
	supervisord := filepath.Join(repository(t), "examples", "django", "deploy", "supervisord.conf")
	for _, host := range hosts {
		args := []string{
			"run", "--detach", "--init", "--name", f.container(host), "--hostname", host,
			"--network", f.Network, "--network-alias", host + ".example.com", "--env", "AUTHORIZED_KEY=" + authorized,
		}
		if host == "files1" {
			args = append(args, busyboxImage)
		} else {
			args = append(args, "--volume", f.prefix+":/srv/data",
				"--volume", supervisord+":/home/deploy/supervisord.conf:ro", debianImage)
		}
		run(booting, t, "docker", args...)
	}
	for _, host := range hosts {
		f.KnownHosts += host + ".example.com " + f.hostKey(ctx, t, host) + "\n"
	}
	return f
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
	const script = `cat /etc/ssh/ssh_host_ed25519_key.pub /etc/dropbear/dropbear_ed25519_host_key.pub 2>/dev/null | grep ^ssh-`
	for deadline := time.Now().Add(30 * time.Second); ; {
		key, err := try(ctx, "docker", "exec", f.container(host), "sh", "-c", script)
		if fields := strings.Fields(key); err == nil && len(fields) >= 2 {
			if _, err = try(ctx, "docker", "exec", f.container("files1"), "sh", "-c", "timeout 5 nc "+host+" 22 </dev/null | grep -q ^SSH-"); err == nil {
				return fields[0] + " " + fields[1]
			}
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
