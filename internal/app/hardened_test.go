package app_test

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"

	"github.com/slipway/slipway/internal/secret"
	"github.com/slipway/slipway/internal/sshtest"
	"github.com/slipway/slipway/internal/sshtest/sshd"
)

// page is what docs/secure-hosts.md prints for a key: its line on a host, that on a bastion, and the forced command.
type page struct{ host, bastion, script string }

func secureHosts(t *testing.T) page {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "secure-hosts.md"))
	if err != nil {
		t.Fatal(err)
	}
	found := func(pattern string) string {
		match := regexp.MustCompile(pattern).FindStringSubmatch(string(text))
		if match == nil {
			t.Fatalf("the page has no %s", pattern)
		}
		return match[1]
	}
	return page{
		host: found(`(?m)^(from=.*) ssh-ed25519 AAAA`), bastion: found(`(?m)^(restrict,.*) ssh-ed25519 AAAA`),
		script: found("(?s)```sh\n(#!/bin/sh\n# /usr/local/bin/slipway-only.*?)```"),
	}
}

// replaced puts an address of the test in the place of the page's. What is not there any more would make the test prove nothing.
func replaced(t *testing.T, text string, pairs ...string) string {
	t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		if !strings.Contains(text, pairs[i]) {
			t.Fatalf("%q is not in %q", pairs[i], text)
		}
		text = strings.ReplaceAll(text, pairs[i], pairs[i+1])
	}
	return text
}

// A key with exactly the options of the page deploys, through a bastion with those of the page, with checks that the host itself asks;
// and it opens nothing else.
func TestKeyOfThePage(t *testing.T) {
	t.Parallel()
	dir, written := t.TempDir(), secureHosts(t)
	script := filepath.Join(dir, "slipway-only")
	site := filepath.Join(dir, "site")
	served, other := serve(t, filepath.Join(site, "current")), serve(t, dir)
	for name, text := range map[string]string{script: written.script, filepath.Join(dir, "v1", "index.html"): "v1\n"} {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	key, authorized := sshtest.ClientKey()
	host := sshd.Start(t, sshd.Options{AuthorizedKeys: replaced(t, written.host,
		"203.0.113.7", "127.0.0.1", "127.0.0.1:8001", served, "/usr/local/bin/slipway-only", script) + " " + authorized})
	bastion := sshd.Start(t, sshd.Options{AuthorizedKeys: replaced(t, written.bastion, "10.0.0.11:22", host.Address().HostPort()) + " " + authorized})

	slipway := func(args ...string) string {
		program, err := os.Executable()
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.CommandContext(t.Context(), program, args...)
		cmd.Args[0], cmd.Dir = "slipway", dir // as which this binary is the program: see TestMain
		cmd.Env = []string{
			"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "TMPDIR=" + dir, "USER=anna", "INPUT_SSH_KEY=" + key.Reveal(), "INPUT_KNOWN_HOSTS=" + host.KnownHosts + bastion.KnownHosts,
			"INPUT_HOSTS=" + host.User + "@" + host.Address().HostPort(), "INPUT_JUMP=" + bastion.User + "@" + bastion.Address().HostPort(),
			"INPUT_DEPLOY_PATH=" + site, "INPUT_APP=site", "INPUT_PREPARE=echo prepared", "INPUT_VERIFY=http://" + served + "/",
		}
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %v\n%s\nhost: %s\nbastion: %s", args, err, out, host.Log(), bastion.Log())
		}
		return string(out)
	}
	slipway("pack", "v1", "-o", "v1.tar")
	if out := slipway("deploy", "--artifact", "v1.tar"); !strings.Contains(out, "ACTIVATED on 1 of 1 host") || !strings.Contains(out, "verify") {
		t.Error(out)
	}
	slipway("status")
	slipway("exec", "--", "true")

	onHost, onBastion := login(t, host, key), login(t, bastion, key)
	for name, c := range map[string]struct {
		client *ssh.Client
		try    func(*ssh.Client) error
		want   string
	}{
		"another command":      {onHost, runs("id"), "for Slipway alone"},
		"a shell":              {onHost, runs(""), "for Slipway alone"},
		"scp":                  {onHost, runs("scp -t /tmp"), "for Slipway alone"},
		"a terminal":           {onHost, terminal, "pty-req"},
		"another port":         {onHost, dials(other), "prohibited"},
		"a port that listens":  {onHost, listens, "denied"},
		"a command on bastion": {onBastion, runs("exec /bin/sh -c 'id'"), "status 1"},
		"a port of bastion":    {onBastion, dials(other), "prohibited"},
	} {
		if err := c.try(c.client); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	if conn, err := onHost.Dial("tcp", served); err != nil { // the refusals above are not those of everything
		t.Error(err)
	} else {
		_ = conn.Close()
	}
}

// serve is a web server for a folder, on a port of this machine.
func serve(t *testing.T, dir string) (address string) {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: http.FileServer(http.Dir(dir)), ReadHeaderTimeout: time.Minute}
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close() })
	return listener.Addr().String()
}

func login(t *testing.T, server *sshd.Server, key secret.Secret) *ssh.Client {
	t.Helper()
	signer, err := ssh.ParsePrivateKey([]byte(key.Reveal()))
	if err != nil {
		t.Fatal(err)
	}
	known := filepath.Join(t.TempDir(), "known_hosts")
	if err := os.WriteFile(known, []byte(server.KnownHosts), 0o600); err != nil {
		t.Fatal(err)
	}
	check, err := knownhosts.New(known)
	if err != nil {
		t.Fatal(err)
	}
	client, err := ssh.Dial("tcp", server.Address().HostPort(), &ssh.ClientConfig{
		User: server.User, Auth: []ssh.AuthMethod{ssh.PublicKeys(signer)}, HostKeyCallback: check,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client
}

// runs starts a command, or with none a shell.
func runs(command string) func(*ssh.Client) error {
	return func(client *ssh.Client) error {
		session, err := client.NewSession()
		if err != nil {
			return err
		}
		defer session.Close()
		var said bytes.Buffer
		session.Stderr = &said
		if command == "" {
			if err = session.Shell(); err == nil {
				err = session.Wait()
			}
		} else {
			err = session.Run(command)
		}
		if err != nil {
			err = fmt.Errorf("%w: %s", err, said.String())
		}
		return err
	}
}

func terminal(client *ssh.Client) error {
	session, err := client.NewSession()
	if err != nil {
		return err
	}
	defer session.Close()
	return session.RequestPty("xterm", 24, 80, nil)
}

func dials(address string) func(*ssh.Client) error {
	return func(client *ssh.Client) error {
		conn, err := client.Dial("tcp", address)
		if err == nil {
			_ = conn.Close()
		}
		return err
	}
}

func listens(client *ssh.Client) error {
	listener, err := client.Listen("tcp", "127.0.0.1:0")
	if err == nil {
		_ = listener.Close()
	}
	return err
}
