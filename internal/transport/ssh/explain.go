package ssh

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"syscall"

	"golang.org/x/crypto/ssh"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/transport"
	"github.com/slipway/slipway/internal/transport/ssh/hostkey"
	"github.com/slipway/slipway/internal/transport/ssh/program"
)

// explain makes what a person reads of a hop that cannot be connected to.
func (d *Dialer) explain(ctx context.Context, hop hop, err error) *deploy.Error {
	e := &deploy.Error{Op: "connect", Host: hop.name, Fault: deploy.FaultHost, Own: []string{hop.address.String()}}
	var bastion *deploy.Error
	var refused *hostkey.MismatchError
	var failure *attemptError
	var keyless *noLoginError
	switch {
	case errors.As(err, &bastion):
		e.Cause, e.Hint = fmt.Errorf("through a jump host: %w", bastion.Cause), bastion.Hint
		e.Own = append(e.Own, bastion.Own...)
	case ctx.Err() != nil:
		e.Cause, e.Hint = context.Cause(ctx), "it was still connecting: is the host up, and `timeout` long enough?"
	case errors.As(err, &refused):
		e.Cause, e.Hint = kind{fmt.Errorf("%s: %w", hop.address, refused), transport.ErrIdentity}, refused.Hint()
	case errors.As(err, &failure) && failure.stage == unauthorised:
		e.Cause, e.Hint = failure.refused(hop)
		e.Cause = kind{e.Cause, transport.ErrLogin}
	case errors.As(err, &failure) && len(hop.proxy) > 0 && failure.stage <= greeting:
		e.Cause, e.Hint, e.Tail = failure.ofProgram(hop)
	case errors.As(err, &failure):
		e.Cause, e.Hint = failure.explain(hop)
	case errors.As(err, &keyless):
		e.Cause, e.Hint = keyless.advice()
	default:
		e.Cause, e.Hint = err, "check the host's SSH server"
	}
	if mayPass(err) {
		e.Cause = kind{e.Cause, transport.ErrUnreachable}
	}
	return e
}

// advice is the cause, and the hint that comes with it.
func (e *noLoginError) advice() (cause error, hint string) {
	var advised *deploy.Error
	if errors.As(e.cause, &advised) {
		return advised.Cause, advised.Hint
	}
	return e.cause, ""
}

// kind is a cause of a kind that callers ask for by errors.Is.
type kind struct {
	error
	is error
}

func (k kind) Is(target error) bool { return target == k.is }

func (k kind) Unwrap() error { return k.error }

// explain is the cause and the hint of an attempt that broke off.
func (e *attemptError) explain(hop hop) (cause error, hint string) {
	address := hop.address.String()
	switch e.stage {
	case reaching:
		return fmt.Errorf("cannot reach %s: %w", address, short(e.cause)), e.reachHint()
	case greeting:
		if !ended(e.cause) {
			return fmt.Errorf("%s accepts connections and sends no SSH version: %w", address, short(e.cause)),
				"is this port sshd's? an overloaded host answers late, some firewalls answer for their hosts"
		}
		cause := fmt.Errorf("%s hung up before its SSH version: %w", address, short(e.cause))
		if e.said != "" {
			cause = fmt.Errorf("%w; it said %q", cause, e.said)
		}
		return cause, "this host may be refusing this runner's address for a while after failed log-ins " +
			"(PerSourcePenalties, MaxStartups)"
	case offeredKey:
		return fmt.Errorf("%s broke the log-in off, after the key %s was offered: %w", address, e.login.Name, short(e.cause)),
			"the host's sshd log says why"
	case exchanging, identified, unauthorised: // refused() has words for the last
	}
	var negotiation *ssh.AlgorithmNegotiationError
	switch {
	case errors.As(e.cause, &negotiation) && negotiation.What == "host key":
		return fmt.Errorf("%s has no host key of a pinned type: it has %s, pinned is %s", address,
				strings.Join(negotiation.RequestedAlgorithms, ", "), strings.Join(negotiation.SupportedAlgorithms, ", ")),
			"its keys were changed: compare the new ones on its console, then pin them"
	case negotiation != nil:
		return fmt.Errorf("%s: no common algorithm for %s: it has %s", address, negotiation.What,
			strings.Join(negotiation.RequestedAlgorithms, ", ")), "the host's sshd is too old, or its configuration too narrow"
	}
	return fmt.Errorf("%s: the SSH handshake broke off: %w", address, short(e.cause)), "look into the host's sshd log"
}

func (e *attemptError) reachHint() string {
	var dns *net.DNSError
	var channel *ssh.OpenChannelError
	switch {
	case errors.As(e.cause, &dns):
		return "check the host's name; names of a VPN or of the runner's own hosts file are not known in a container"
	case errors.As(e.cause, &channel) && channel.Reason == ssh.Prohibited:
		return "the jump host before it forwards no connections: AllowTcpForwarding in its sshd_config"
	case errors.As(e.cause, &channel):
		return "the jump host before it cannot reach it: check address, port and firewall from there"
	case errors.Is(e.cause, syscall.ECONNREFUSED):
		return "nothing listens there: check the port, and that sshd runs"
	}
	return "check address, port and firewall; does this runner's network reach the host?"
}

// opkToken is the extension in which a certificate of opkssh has the CI's token (openpubkey/opkssh, sshcert/sshcert.go).
const opkToken = "openpubkey-pkt" //nolint:gosec // the name, and no token

// refused is the error of a host that does not let the key in.
func (e *attemptError) refused(hop hop) (cause error, hint string) {
	l := e.login
	who := l.Name
	if l.Origin != "" {
		who += " (" + l.Origin + ")"
	}
	address := hop.address.String()
	switch {
	case e.partial:
		return fmt.Errorf("%s accepts the key %s and wants more: %s", address, who, strings.Join(e.methods, ", ")),
			"a machine has no second factor: exempt this user (`AuthenticationMethods publickey` under `Match User`)"
	case len(e.methods) > 0 && !slices.Contains(e.methods, "publickey"):
		return fmt.Errorf("%s accepts no keys, only %s; the key was %s", address, strings.Join(e.methods, ", "), who),
			"allow keys for this user: PubkeyAuthentication in sshd_config"
	}
	certificate, certified := l.Signer.PublicKey().(*ssh.Certificate)
	if certified && certificate.Extensions[opkToken] != "" {
		return fmt.Errorf("%s refuses the %s", address, who), "opkssh on the host decides, by /etc/opk/providers and " +
			"/etc/opk/auth_id: its log, /var/log/opkssh.log, says why; `opkssh audit` looks at the two"
	}
	if certified {
		return fmt.Errorf("%s refuses the %s", address, who), fmt.Sprintf(
			"is its authority in TrustedUserCAKeys, and %s among its principals?", hop.address.User)
	}
	return fmt.Errorf("%s refuses the key %s", address, who), fmt.Sprintf(
		"its public half (`ssh-keygen -y -f KEY`) must stand in ~%s/.ssh/authorized_keys; is the user right?",
		hop.address.User)
}

// ended reports whether the other side closed the connection.
func ended(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}

// short is an error without the layers in front that say again what is said already.
func short(err error) error {
	var op *net.OpError
	var channel *ssh.OpenChannelError
	var ended *program.EndError
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return errors.New("no answer in time")
	case errors.As(err, &ended):
		return ended
	case errors.As(err, &op):
		var number syscall.Errno
		if errors.As(op, &number) {
			return number
		}
		return op.Err
	case errors.As(err, &channel):
		return errors.New(channel.Message)
	case errors.Is(err, io.EOF):
		return errors.New("connection closed")
	}
	return errors.New(strings.TrimPrefix(strings.TrimPrefix(err.Error(), "ssh: handshake failed: "), "ssh: "))
}
