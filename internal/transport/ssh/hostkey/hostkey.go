// Package hostkey has what is pinned of hosts' identities, lines of known_hosts and fingerprints, and judges the keys and certificates
// that hosts show.
//
// The package must not know how a host is connected to.
package hostkey

import (
	"bytes"
	"errors"
	"net"
	"os"
	"slices"
	"strings"

	"github.com/skeema/knownhosts"
	"golang.org/x/crypto/ssh"
	xknownhosts "golang.org/x/crypto/ssh/knownhosts"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/transport/ssh/sshkey"
)

// Pins are what is pinned: lines of known_hosts, fingerprints, or both. A host passes with either; a revoked key never.
type Pins struct {
	db           *knownhosts.HostKeyDB // nil without known_hosts
	fingerprints []fingerprint
	revoked      []ssh.PublicKey // keys of hosts, and of authorities
}

// Read reads both inputs, or says all that is wrong with them. One of them must pin something.
func Read(knownHosts string, fingerprints []string) (*Pins, deploy.Problems) {
	var problems deploy.Problems
	p := &Pins{}
	if sshkey.IsPrivate(knownHosts) { // nothing of it may be said
		return nil, deploy.Problems{{
			At: deploy.InInput("known_hosts", 0, 0), Message: "this is a private key",
			Hint: "it belongs in `ssh_key`; known_hosts takes what `ssh-keyscan HOST` prints",
		}}
	}
	p.fingerprints, problems = readFingerprints(fingerprints)
	knownHosts = mendLines(knownHosts)
	entries, revoked, more := checkKnownHosts(knownHosts)
	p.revoked = revoked
	problems = append(problems, more...)
	if len(problems) > 0 {
		return nil, problems
	}
	if entries == 0 && len(p.fingerprints) == 0 {
		return nil, deploy.Problems{{
			At:      deploy.InInput("known_hosts", 0, 0),
			Message: "no host identity is given: neither `known_hosts` nor `host_fingerprints`",
			Hint:    "take it with `ssh-keyscan HOST` from a network you trust, compare it, and store it",
		}}
	}
	if entries > 0 {
		db, err := openKnownHosts(knownHosts)
		if err != nil {
			return nil, deploy.Problems{{At: deploy.InInput("known_hosts", 0, 0), Message: err.Error()}}
		}
		p.db = db
	}
	return p, nil
}

// openKnownHosts goes through a file of our own: the library reads nothing else. It is gone when this returns.
func openKnownHosts(text string) (*knownhosts.HostKeyDB, error) {
	file, err := os.CreateTemp("", "known_hosts-*") // mode 0600
	if err != nil {
		return nil, err
	}
	defer os.Remove(file.Name())
	if _, err = file.WriteString(text + "\n"); err == nil {
		err = file.Close()
	}
	if err != nil {
		return nil, err
	}
	db, err := knownhosts.NewDB(file.Name())
	if err != nil {
		return nil, errors.New(strings.ReplaceAll(err.Error(), file.Name(), "line "))
	}
	return db, nil
}

// pinned are the fingerprints that count for an address.
func (p *Pins) pinned(address deploy.Address) []fingerprint {
	address = knownAs(address)
	names := []string{address.Host, "[" + address.Host + "]", address.HostPort(), knownhosts.Normalize(address.HostPort())}
	var list []fingerprint
	for _, pin := range p.fingerprints {
		if pin.host == "" || slices.ContainsFunc(names, func(name string) bool { return strings.EqualFold(name, pin.host) }) {
			list = append(list, pin)
		}
	}
	return list
}

// knownAs is where a host's key is looked up.
func knownAs(address deploy.Address) deploy.Address {
	if address.KeyAlias != "" {
		address.Host, address.Port = address.KeyAlias, 22
	}
	return address
}

// families are the types of host keys, the best first. What a fingerprint's type is it does not say: all are offered, and
// where the host shows a key that is not pinned, a further connection offers the rest.
var families = [][]string{
	{ssh.KeyAlgoED25519},
	{ssh.KeyAlgoECDSA256, ssh.KeyAlgoECDSA384, ssh.KeyAlgoECDSA521},
	{ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256},
}

// Algorithms are what to offer an address, less the families of keys that it has shown already. None: all were tried.
func (p *Pins) Algorithms(address deploy.Address, shown []ssh.PublicKey) []string {
	var offered []string
	if p.db != nil && len(shown) == 0 {
		offered = p.known(address)
	}
	if len(offered) > 0 && len(p.pinned(address)) == 0 {
		return offered
	}
	for _, family := range families {
		if !slices.ContainsFunc(shown, func(key ssh.PublicKey) bool { return inFamily(family, key) }) {
			for _, algorithm := range family {
				if !slices.Contains(offered, algorithm) {
					offered = append(offered, algorithm)
				}
			}
		}
	}
	return offered
}

// Untried reports whether a host that has shown keys which are not pinned may have one that is, of another type: a fingerprint does
// not say its type.
func (p *Pins) Untried(address deploy.Address, shown []ssh.PublicKey) bool {
	return len(p.pinned(address)) > 0 && len(p.Algorithms(address, shown)) > 0
}

// Refusal is the error of a host that has shown these keys, none of which is pinned, and has no others.
func (p *Pins) Refusal(address deploy.Address, shown []ssh.PublicKey) *MismatchError {
	refused := &MismatchError{address: address, Shown: shown}
	for _, pin := range p.pinned(address) {
		refused.pinned = append(refused.pinned, pin.sum)
	}
	return refused
}

// known are the algorithms of the keys that known_hosts has for an address. What type of key an authority certifies, its own
// does not say: all are offered, before the others, so that a host with a certificate shows that.
func (p *Pins) known(address deploy.Address) []string {
	var offered []string
	address = knownAs(address)
	for _, key := range p.db.HostKeys(address.HostPort()) {
		if key.Cert {
			offered = slices.Concat(certificates, offered)
			break
		}
	}
	for _, algorithm := range p.db.HostKeyAlgorithms(address.HostPort()) {
		if !slices.Contains(weak, algorithm) && !slices.Contains(offered, algorithm) && !strings.Contains(algorithm, "-cert-v01@") {
			offered = append(offered, algorithm)
		}
	}
	return offered
}

// certificates are the types of host certificates, the best first.
var certificates = []string{
	ssh.CertAlgoED25519v01, ssh.CertAlgoECDSA256v01, ssh.CertAlgoECDSA384v01, ssh.CertAlgoECDSA521v01,
	ssh.CertAlgoRSASHA512v01, ssh.CertAlgoRSASHA256v01,
}

// weak are signatures with SHA-1, and DSA: never offered, also where only such a key is pinned (an RSA key signs with
// SHA-2 too).
var weak = []string{ssh.KeyAlgoRSA, ssh.CertAlgoRSAv01, "ssh-dss", "ssh-dss-cert-v01@openssh.com"}

func inFamily(family []string, key ssh.PublicKey) bool {
	kind := key.Type()
	if kind == ssh.KeyAlgoRSA {
		kind = ssh.KeyAlgoRSASHA512
	}
	return slices.Contains(family, kind)
}

// Check reports whether a host may show a key, as an error that says why not. That is a *MismatchError.
func (p *Pins) Check(address deploy.Address, key ssh.PublicKey) error {
	refused := &MismatchError{address: address, Shown: []ssh.PublicKey{key}, Revoked: p.revokes(key)}
	if refused.Revoked {
		return refused
	}
	address = knownAs(address)
	if p.db != nil {
		err := p.db.HostKeyCallback()(address.HostPort(), &net.TCPAddr{IP: net.IPv4zero, Port: address.Port}, key)
		if err == nil {
			err = forAHost(key)
		}
		if err == nil {
			return nil
		}
		var changed *xknownhosts.KeyError
		switch {
		case errors.As(err, &changed):
			for _, want := range changed.Want {
				refused.pinned = append(refused.pinned, sshkey.Name(want.Key))
			}
			refused.otherPort = len(changed.Want) == 0 && address.Port != 22 &&
				len(p.db.HostKeys(net.JoinHostPort(address.Host, "22"))) > 0
		default:
			refused.cause = err // a host certificate that is not valid
		}
	}
	for _, pin := range p.pinned(address) {
		if pin.sum == ssh.FingerprintSHA256(key) {
			return nil
		}
		refused.pinned = append(refused.pinned, pin.sum)
	}
	return refused
}

// revokes reports whether a key is marked @revoked: by itself, or as what a certificate is made of.
func (p *Pins) revokes(key ssh.PublicKey) bool {
	parts := []ssh.PublicKey{key}
	if certificate, ok := key.(*ssh.Certificate); ok {
		parts = append(parts, certificate.Key, certificate.SignatureKey)
	}
	return slices.ContainsFunc(p.revoked, func(revoked ssh.PublicKey) bool {
		return slices.ContainsFunc(parts, func(part ssh.PublicKey) bool { return bytes.Equal(part.Marshal(), revoked.Marshal()) })
	})
}

// errEveryHost says that a host's certificate names no host: the library takes it for every one. Whoever has one of these could
// be any host of its authority's.
var errEveryHost = errors.New("it names no host (no principals)")

// forAHost refuses a certificate that holds for every host.
func forAHost(key ssh.PublicKey) error {
	if certificate, ok := key.(*ssh.Certificate); ok && len(certificate.ValidPrincipals) == 0 {
		return errEveryHost
	}
	return nil
}
