// Package sshd runs a real OpenSSH server on the loopback interface, as the user who runs the test, with a configuration
// and host keys of its own. It is for tests alone: they are skipped where there is no sshd (needtest).
package sshd

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/needtest"
	"github.com/slipway/slipway/internal/secret"
	"github.com/slipway/slipway/internal/sshtest"
	"github.com/slipway/slipway/internal/sshtest/loopback"
)

// Options say what the server is like.
type Options struct {
	Config         []string // lines of sshd_config, before the ones made here: the first of a keyword counts
	AuthorizedKeys string   // besides Server.Key; whole lines, options and cert-authority included
	HostKeys       []string // types for ssh-keygen; ed25519 when empty
}

// Server is a running sshd.
type Server struct {
	Host       string // 127.0.0.1
	Port       int
	PID        int           // of the process that listens
	User       string        // the user who runs the test
	Key        secret.Secret // may log in
	KnownHosts string        // a line for each host key
	Home       string        // HOME of sessions: an empty folder, so that nobody's start-up files run

	program, config string

	mu   sync.Mutex
	log  strings.Builder
	stop func()
}

// Address is how to reach the server.
func (s *Server) Address() deploy.Address {
	return deploy.Address{User: s.User, Host: s.Host, Port: s.Port}
}

// Log is what sshd has said so far.
func (s *Server) Log() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.String()
}

// Start starts a server that the test's end stops, with all its sessions.
func Start(t testing.TB, options Options) *Server {
	t.Helper()
	program := needtest.Program(t, "sshd")
	keygen := needtest.Program(t, "ssh-keygen")
	who, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	if os.Geteuid() == 0 {
		// sshd run by root wants the folder its unprivileged part is confined to.
		if err := os.MkdirAll("/run/sshd", 0o755); err != nil {
			t.Fatal(err)
		}
	}
	dir := t.TempDir()
	key, authorized := sshtest.ClientKey()
	s := &Server{Host: "127.0.0.1", User: who.Username, Key: key}
	write(t, filepath.Join(dir, "authorized_keys"), authorized+"\n"+options.AuthorizedKeys+"\n")

	s.Home = filepath.Join(dir, "home")
	if err := os.Mkdir(s.Home, 0o700); err != nil {
		t.Fatal(err)
	}
	lines := append(append([]string{}, options.Config...), "SetEnv HOME="+s.Home)
	if len(options.HostKeys) == 0 {
		options.HostKeys = []string{"ed25519"}
	}
	var public []ssh.PublicKey
	for _, kind := range options.HostKeys {
		file := filepath.Join(dir, "host_"+kind)
		if out, err := exec.Command(keygen, "-q", "-t", kind, "-N", "", "-f", file).CombinedOutput(); err != nil {
			t.Fatalf("ssh-keygen: %v\n%s", err, out)
		}
		text, err := os.ReadFile(file + ".pub")
		if err != nil {
			t.Fatal(err)
		}
		hostKey, _, _, _, err := ssh.ParseAuthorizedKey(text)
		if err != nil {
			t.Fatal(err)
		}
		public = append(public, hostKey)
		lines = append(lines, "HostKey "+file)
	}
	lines = append(lines,
		"AuthorizedKeysFile "+filepath.Join(dir, "authorized_keys"), "StrictModes no", "PermitRootLogin yes",
		"PasswordAuthentication no", "KbdInteractiveAuthentication no", "UsePAM no", "PidFile none",
		"PrintMotd no", "UseDNS no", "LogLevel VERBOSE")
	s.program, s.config = program, filepath.Join(dir, "sshd_config")
	write(t, s.config, strings.Join(lines, "\n")+"\n")

	s.Port = loopback.Free(t).Port
	if err := s.Again(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Stop)
	for _, key := range public {
		s.KnownHosts += knownhosts.Line([]string{knownhosts.Normalize(s.Address().HostPort())}, key) + "\n"
	}
	return s
}

// Stop ends the server and its sessions. What a session moved into a session of its own (setsid) stays.
func (s *Server) Stop() {
	s.mu.Lock()
	stop := s.stop
	s.stop = nil
	s.mu.Unlock()
	if stop != nil {
		stop()
	}
}

// Again starts a stopped server once more, at the same address and with the same host keys.
func (s *Server) Again() error {
	cmd := exec.Command(s.program, "-D", "-e", "-f", s.config, "-o", fmt.Sprintf("ListenAddress=%s:%d", s.Host, s.Port))
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	stderr, err := cmd.StderrPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	listening, ended := make(chan struct{}), make(chan struct{})
	var once sync.Once
	go func() {
		defer close(ended)
		scanner := bufio.NewScanner(stderr)
		for scanner.Scan() {
			s.mu.Lock()
			s.log.WriteString(scanner.Text() + "\n")
			s.mu.Unlock()
			if strings.HasPrefix(scanner.Text(), "Server listening on") {
				once.Do(func() { close(listening) })
			}
		}
	}()
	stop := func() {
		// Sessions keep standard error open: they are ended first, for each is a process group of its own.
		stopSessions(cmd.Process.Pid)
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		_ = stderr.Close()
		<-ended
		_ = cmd.Wait()
	}
	select {
	case <-listening:
		s.mu.Lock()
		s.stop = stop
		s.mu.Unlock()
		s.PID = cmd.Process.Pid
		return nil
	case <-ended:
		_ = cmd.Wait()
		return fmt.Errorf("sshd does not start:\n%s", s.Log())
	case <-time.After(20 * time.Second):
		stop()
		return fmt.Errorf("sshd does not listen after 20 s:\n%s", s.Log())
	}
}

// stopSessions kills the processes that sshd has started for connections: they lead sessions of their own.
func stopSessions(sshd int) {
	children, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", sshd, sshd))
	for _, child := range strings.Fields(string(children)) {
		var pid int
		if _, err := fmt.Sscan(child, &pid); err == nil {
			_ = syscall.Kill(pid, syscall.SIGTERM) // TERM: it ends the session's processes
		}
	}
}

func write(t testing.TB, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
