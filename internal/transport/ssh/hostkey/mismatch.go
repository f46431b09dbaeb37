package hostkey

import (
	"fmt"
	"strings"

	"golang.org/x/crypto/ssh"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/transport/ssh/sshkey"
)

// MismatchError says that a host's key is not what is pinned for it. Nothing was sent to the host but the handshake.
type MismatchError struct {
	address   deploy.Address
	Shown     []ssh.PublicKey // by the host, one per connection
	pinned    []string        // names of keys or fingerprints; none: the host is not known
	Revoked   bool
	otherPort bool  // known_hosts has the host at port 22 only
	cause     error // of a host certificate
}

// Error has a line for each key, so that they can be compared by eye.
func (e *MismatchError) Error() string {
	var b strings.Builder
	switch {
	case e.Revoked:
		b.WriteString("the host's key is marked @revoked in known_hosts")
	case e.cause != nil:
		fmt.Fprintf(&b, "the host's certificate is not accepted: %s", strings.TrimPrefix(e.cause.Error(), "ssh: "))
	case len(e.pinned) == 0:
		b.WriteString("the host's identity is not known")
	default:
		b.WriteString("the host is not the one that is pinned")
	}
	for _, pinned := range e.pinned {
		b.WriteString("\n  pinned  " + pinned)
	}
	for _, key := range e.Shown {
		b.WriteString("\n  shown   " + sshkey.Name(key))
	}
	return b.String()
}

// Hint is what to do now. What the host shows is never given as a line to paste: an impostor would show his own.
func (e *MismatchError) Hint() string {
	scan := "ssh-keyscan " + e.address.Host
	if e.address.Port != 22 {
		scan = fmt.Sprintf("ssh-keyscan -p %d %s", e.address.Port, e.address.Host)
	}
	switch {
	case e.Revoked:
		return "do not deploy there; find out who has this key"
	case e.cause != nil:
		return fmt.Sprintf("have the host's certificate renewed by an authority of known_hosts, for the name that is used here: "+
			"`ssh-keygen -s CA -h -n %s -I %s -V +52w ssh_host_ed25519_key.pub`", e.address.Host, e.address.Host)
	case e.otherPort:
		return fmt.Sprintf("known_hosts has it for port 22 alone; add a line for [%s]:%d: `%s`",
			e.address.Host, e.address.Port, scan)
	case len(e.pinned) == 0:
		return fmt.Sprintf("add the output of `%s` to known_hosts, once it equals `ssh-keygen -lf` on the host", scan)
	}
	return fmt.Sprintf("reinstalled? compare with `ssh-keygen -lf` on its console, then pin anew (`%s`); else someone is between", scan)
}
