package ssh

import (
	"errors"
	"slices"
	"sync"

	"golang.org/x/crypto/ssh"

	"github.com/slipway/slipway/internal/transport/ssh/sshkey"
)

// stage is how far a connection came.
type stage int

const (
	reaching     stage = iota // no connection
	greeting                  // a connection, no SSH version of the other side
	exchanging                // the version came
	identified                // the host's key is accepted
	offeredKey                // our key has been offered
	unauthorised              // the host answered, and not with yes
)

// attemptError says where an attempt ended that no identity was refused in.
type attemptError struct {
	stage   stage
	said    string       // what came instead of an SSH version
	stderr  string       // of the program that was the connection, its end
	methods []string     // of logging in, that the host offers
	partial bool         // the host took the key and wants more
	login   sshkey.Login // that was offered, or would have been
	cause   error
}

func (e *attemptError) Error() string { return e.cause.Error() }

func (e *attemptError) Unwrap() error { return e.cause }

// noLoginError says that there was no key to connect with.
type noLoginError struct{ cause error }

func (e *noLoginError) Error() string { return e.cause.Error() }

func (e *noLoginError) Is(target error) bool { return errors.Is(e.cause, target) }

// progress notes how far a handshake came; it may be asked while the handshake goes on.
type progress struct {
	login sshkey.Login

	mu      sync.Mutex
	stage   stage // greeting at first: there is a connection
	methods []string
	partial bool
	refused error // the host's identity
}

func (p *progress) at(s stage) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stage = s
}

func (p *progress) identity(refused error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.refused = refused; refused == nil {
		p.stage = identified
	}
}

// answered notes what a host says to a way of logging in: after "none", what it offers; after the key, that it wants
// another or, besides it, more.
func (p *progress) answered(state *ssh.ClientAuthContext) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.methods = state.AllowedMethods
	p.partial = len(state.PartialSuccessMethods) > 0
	if p.partial || slices.Contains(state.TriedMethods, "publickey") || !slices.Contains(p.methods, "publickey") {
		p.stage = unauthorised
	}
}

// failure is the error of a handshake that ended with cause.
func (p *progress) failure(conn *watched, cause error) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.refused != nil {
		return p.refused
	}
	version, said := conn.greeting()
	reached := max(p.stage, greeting)
	if version {
		reached = max(reached, exchanging)
	}
	return &attemptError{stage: reached, said: said, methods: p.methods, partial: p.partial, login: p.login, cause: cause}
}
