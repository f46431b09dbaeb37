// Package sshtest is an SSH server inside this process whose commands really run, with a real shell: a host for tests,
// and for `demo`. Sub-packages: sshd runs a real OpenSSH for tests, relay is a slow or breaking network, loopback has addresses
// to listen on.
//
// Terms: the root is the folder that stands for a host's home, commands start there; paths are not confined to it.
// The package must not know the production code above the SSH protocol, and must not import testing.
package sshtest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"

	"github.com/slipway/slipway/internal/sshtest/loopback"
)

// Options say what the host is like. The zero value is a host that nobody can log in to.
type Options struct {
	Root          string   // HOME and working directory of commands; must exist
	User          string   // the only one that may log in; "deploy" when empty
	AuthorizedKey string   // a line of authorized_keys; a key with the marker cert-authority signs user certificates
	Shell         string   // the login shell, run as `shell -c command`; /bin/sh when empty
	Env           []string // NAME=value, after HOME, USER, LOGNAME, SHELL, PATH and SSH_CONNECTION
	HostKeys      []string // types of host keys: "ed25519", "ecdsa", "rsa"; ed25519 when empty
	Listen        string   // address to listen on; "127.0.0.1:0" when empty
	MaxSessions   int      // sessions at a time on a connection; 10 when 0, as sshd has it
	NoForwarding  bool     // refuse direct-tcpip, as AllowTcpForwarding no does

	// Connected is told that a TCP connection begins, or that it is over; where it begins, false cuts it. Nil allows all. It
	// may block, and is called from many goroutines.
	Connected func(begins bool) bool

	// Before is asked before each operation; nil allows all. An error that Is ErrRefuse refuses the operation as a
	// real server would, any other cuts the connection; input cannot be refused. It may block, and is called from many
	// goroutines, for which Close waits.
	Before func(Operation) error
}

// Operation is something that a client asked for.
type Operation struct {
	Kind   Kind
	Detail string // the user, the command line, the address to connect to, the first bytes of input
	Kill   func() // Input and Taken: kills the process group of the command that is spoken to
}

// Kind is a kind of operation.
type Kind string

// The kinds, in the order of a connection's life.
const (
	Accept  Kind = "accept" // a TCP connection, before the version is sent
	Login   Kind = "login"  // the signature of an authorised key was verified or is about to be
	Session Kind = "session"
	Exec    Kind = "exec"
	Forward Kind = "forward"
	Input   Kind = "input" // standard input for a command: the first since it last wrote something, or 64 KiB more
	Taken   Kind = "taken" // the same, once the command has it: an error here costs the answer
)

// ErrRefuse is what Before returns to have an operation refused in the protocol's way.
var ErrRefuse = errors.New("refused")

// Server is a running host.
type Server struct {
	options  Options
	config   *ssh.ServerConfig
	keys     []ssh.Signer
	address  *loopback.Address // stays the host's while it is off
	listener net.Listener

	ctx      context.Context
	stop     context.CancelFunc
	running  sync.WaitGroup
	mu       sync.Mutex
	groups   groups
	conns    map[net.Conn]struct{}
	accepted int
}

// Start listens on the loopback interface and serves until Close.
func Start(options Options) (*Server, error) { return start(options, nil) }

// Again starts a closed server once more, at the same address and with the same host keys: a host that was off for a while.
func (s *Server) Again() (*Server, error) {
	options := s.options
	options.Listen = s.address.String()
	return start(options, s.keys)
}

func start(options Options, keys []ssh.Signer) (*Server, error) {
	options = options.withDefaults()
	root, err := filepath.Abs(options.Root)
	if err != nil {
		return nil, err
	}
	if info, err := os.Stat(root); err != nil || !info.IsDir() {
		return nil, fmt.Errorf("sshtest: root %s is no directory", root)
	}
	options.Root = root
	s := &Server{options: options, keys: keys, conns: map[net.Conn]struct{}{}}
	if s.config, err = s.serverConfig(); err != nil {
		return nil, err
	}
	if s.address, err = loopback.Reserve(options.Listen); err != nil {
		return nil, err
	}
	if s.listener, err = net.Listen("tcp", s.address.String()); err != nil {
		return nil, err
	}
	s.ctx, s.stop = context.WithCancel(context.Background())
	s.running.Go(s.accept)
	return s, nil
}

func (o Options) withDefaults() Options {
	if o.User == "" {
		o.User = "deploy"
	}
	if o.Shell == "" {
		o.Shell = "/bin/sh"
	}
	if len(o.HostKeys) == 0 {
		o.HostKeys = []string{"ed25519"}
	}
	if o.Listen == "" {
		o.Listen = "127.0.0.1:0"
	}
	if o.MaxSessions == 0 {
		o.MaxSessions = 10
	}
	if o.Connected == nil {
		o.Connected = func(bool) bool { return true }
	}
	if o.Before == nil {
		o.Before = func(Operation) error { return nil }
	}
	return o
}

// Addr is where the server listens.
func (s *Server) Addr() (host string, port int) {
	return s.address.IP.String(), s.address.Port
}

// User is who may log in.
func (s *Server) User() string { return s.options.User }

// HostKeyLine is the known_hosts text for the server, a line for each host key.
func (s *Server) HostKeyLine() string {
	var lines string
	for _, key := range s.keys {
		lines += knownhosts.Line([]string{knownhosts.Normalize(s.address.String())}, key.PublicKey()) + "\n"
	}
	return lines
}

// Fingerprints are the SHA256 fingerprints of the host keys, in the order of Options.HostKeys.
func (s *Server) Fingerprints() []string {
	list := make([]string, len(s.keys))
	for i, key := range s.keys {
		list[i] = ssh.FingerprintSHA256(key.PublicKey())
	}
	return list
}

// Accepted is how many TCP connections have come in so far.
func (s *Server) Accepted() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.accepted
}

// Cut resets all connections, as a network that breaks does. Commands go on as they would on a real host.
func (s *Server) Cut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for conn := range s.conns {
		reset(conn)
	}
}

// Close cuts all connections and kills the process groups of all commands. What a command moved into a session of
// its own (setsid) stays, as on a real host.
func (s *Server) Close() error {
	s.stop()
	err := loopback.Stop(s.listener)
	s.Cut()
	s.groups.kill()
	s.running.Wait()
	return err
}

func (s *Server) accept() {
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		s.accepted++
		s.conns[conn] = struct{}{}
		s.mu.Unlock()
		s.running.Go(func() {
			defer func() {
				_ = conn.Close()
				s.mu.Lock()
				delete(s.conns, conn)
				s.mu.Unlock()
			}()
			if !s.options.Connected(true) {
				reset(conn)
				return
			}
			defer s.options.Connected(false)
			s.serve(conn)
		})
	}
}

// reset closes a TCP connection with RST instead of FIN.
func reset(conn net.Conn) {
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}
