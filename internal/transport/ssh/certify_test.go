package ssh_test

import (
	"crypto/rand"
	"testing"
	"time"

	xssh "golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"github.com/slipway/slipway/internal/secret"
	"github.com/slipway/slipway/internal/sshtest/hosttest"
)

// certify signs a user certificate that is valid now.
func certify(t *testing.T, authority secret.Secret, public, principal string) string {
	t.Helper()
	signer, err := xssh.ParsePrivateKey([]byte(authority.Reveal()))
	if err != nil {
		t.Fatal(err)
	}
	key, _, _, _, err := xssh.ParseAuthorizedKey([]byte(public))
	if err != nil {
		t.Fatal(err)
	}
	certificate := &xssh.Certificate{
		Key: key, CertType: xssh.UserCert, ValidPrincipals: []string{principal},
		ValidAfter: uint64(time.Now().Add(-time.Minute).Unix()), ValidBefore: uint64(time.Now().Add(time.Hour).Unix()),
		Permissions: xssh.Permissions{Extensions: map[string]string{"permit-port-forwarding": ""}},
	}
	if err := certificate.SignCert(rand.Reader, signer); err != nil {
		t.Fatal(err)
	}
	return string(xssh.MarshalAuthorizedKey(certificate))
}

// serveAgent is the socket of an agent that holds a key.
func serveAgent(t *testing.T, key secret.Secret) string {
	t.Helper()
	private, err := xssh.ParseRawPrivateKey([]byte(key.Reveal()))
	if err != nil {
		t.Fatal(err)
	}
	ring := agent.NewKeyring()
	if err := ring.Add(agent.AddedKey{PrivateKey: private}); err != nil {
		t.Fatal(err)
	}
	return hosttest.Agent(t, ring)
}
