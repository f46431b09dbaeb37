package ssh

import (
	"context"
	"errors"
	"net"
	"syscall"

	"golang.org/x/crypto/ssh"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/transport/ssh/hostkey"
	"github.com/slipway/slipway/internal/transport/ssh/sshkey"
)

// hop is a machine to connect to, and from where.
type hop struct {
	name    string // a host's name, or "jump host ADDRESS"
	address deploy.Address
	via     int      // how many bastions lie before it; 0: it is dialled from here
	proxy   []string // the program that is the connection, with its arguments; nil: there is none
}

// link is an authenticated connection to a hop.
type link struct {
	hop    hop
	client *ssh.Client
	life   *lifeline
}

func (l *link) close() {
	l.life.end(errClosed)
	_ = l.client.Close()
}

// dialHop connects to a hop, retrying as retry says.
func (d *Dialer) dialHop(ctx context.Context, hop hop) (*link, error) {
	return retry(ctx, func() (*link, error) { return d.identify(ctx, hop) })
}

// identify makes connections until one shows a key that is pinned; with known_hosts the first one decides.
func (d *Dialer) identify(ctx context.Context, hop hop) (*link, error) {
	var shown []ssh.PublicKey
	for {
		algorithms := d.pins.Algorithms(hop.address, shown)
		l, err := d.attempt(ctx, hop, algorithms)
		var refused *hostkey.MismatchError
		var none *ssh.AlgorithmNegotiationError
		switch {
		case errors.As(err, &refused):
			shown = append(shown, refused.Shown...)
			refused.Shown = shown
			if refused.Revoked || !d.pins.Untried(hop.address, shown) {
				return nil, err
			}
		case errors.As(err, &none) && len(shown) > 0:
			// The host has no keys of other types: it is refused for the ones that it has shown.
			return nil, d.pins.Refusal(hop.address, shown)
		default:
			return l, err
		}
	}
}

// attempt makes one connection. Its end is the context's, or the connect time-out.
func (d *Dialer) attempt(ctx context.Context, hop hop, algorithms []string) (*link, error) {
	login, err := d.login(ctx)
	if err != nil {
		return nil, &noLoginError{err}
	}
	if len(hop.proxy) > 0 {
		return d.throughProgram(ctx, hop, algorithms, login)
	}
	dial := (&net.Dialer{Control: controlSocket}).DialContext
	if hop.via > 0 {
		bastion := d.bastions[hop.via-1]
		before, err := bastion.link(ctx)
		if err != nil {
			return nil, err
		}
		free, err := bastion.slots.enter(ctx)
		if err != nil {
			return nil, err
		}
		defer free()
		dial = before.client.DialContext
	}
	ctx, cancel := context.WithTimeout(ctx, d.config.ConnectTimeout)
	defer cancel()
	conn, err := dial(ctx, "tcp", hop.address.HostPort())
	switch {
	case errors.Is(err, syscall.ECONNRESET): // the kernel had it connected, and the reset came before it told us
		return nil, &attemptError{stage: greeting, cause: err}
	case err != nil:
		return nil, &attemptError{stage: reaching, cause: err}
	}
	return d.handshake(ctx, hop, watch(conn), algorithms, login)
}

// handshake exchanges keys, verifies the host and logs in. It owns the connection.
func (d *Dialer) handshake(ctx context.Context, hop hop, conn *watched, algorithms []string, login sshkey.Login) (*link, error) {
	seen := &progress{login: login}
	type made struct {
		client *ssh.Client
		err    error
	}
	done := make(chan made, 1)
	go func() {
		c, channels, requests, err := ssh.NewClientConn(conn, hop.address.HostPort(), d.clientConfig(hop, algorithms, seen))
		if err != nil {
			_ = conn.Close()
			done <- made{err: err}
			return
		}
		done <- made{client: ssh.NewClient(c, channels, requests)}
	}()
	select {
	case result := <-done:
		if result.err != nil {
			return nil, seen.failure(conn, result.err)
		}
		return &link{hop: hop, client: result.client, life: keepAlive(result.client, conn, d.config.Keepalive)}, nil
	case <-ctx.Done():
	}
	// Nothing else ends a handshake: connections through a bastion have no deadlines, and an agent may be asleep.
	_ = conn.Close()
	go func() {
		if late := <-done; late.client != nil {
			_ = late.client.Close()
		}
	}()
	return nil, seen.failure(conn, context.Cause(ctx))
}

// clientConfig is what x/crypto asks for during a handshake; it notes how far that came.
func (d *Dialer) clientConfig(hop hop, algorithms []string, seen *progress) *ssh.ClientConfig {
	return &ssh.ClientConfig{
		User:              hop.address.User,
		ClientVersion:     "SSH-2.0-slipway",
		HostKeyAlgorithms: algorithms,
		HostKeyCallback: func(_ string, _ net.Addr, key ssh.PublicKey) error {
			err := d.pins.Check(hop.address, key)
			seen.identity(err)
			return err
		},
		Auth: []ssh.AuthMethod{ssh.PublicKeysCallback(func() ([]ssh.Signer, error) {
			seen.at(offeredKey)
			return []ssh.Signer{seen.login.Signer}, nil
		})},
		AuthCallback: func(state *ssh.ClientAuthContext) (ssh.AuthMethod, error) {
			seen.answered(state)
			return nil, nil
		},
	}
}
