package ssh_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/pem"
	"os/user"
	"strings"
	"testing"

	xssh "golang.org/x/crypto/ssh"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/secret"
	"github.com/slipway/slipway/internal/sshtest/sshd"
	"github.com/slipway/slipway/internal/transport"
	"github.com/slipway/slipway/internal/transport/ssh"
)

// opksshFiles are a key and a certificate as `opkssh login -i` writes them (openpubkey/opkssh, sshcert/sshcert.go): signed by the key itself,
// for ever, without principals, with the token in an extension. What holds is decided by `opkssh verify` on the host.
func opksshFiles(t *testing.T) (key secret.Secret, certificate, itself string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	block, err := xssh.MarshalPrivateKey(private, "openpubkey cert")
	if err != nil {
		t.Fatal(err)
	}
	signer, err := xssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	c := &xssh.Certificate{
		Key: signer.PublicKey(), CertType: xssh.UserCert, ValidBefore: xssh.CertTimeInfinity,
		Permissions: xssh.Permissions{Extensions: map[string]string{"permit-port-forwarding": "", "openpubkey-pkt": strings.Repeat("eyJhbGciOiJHUTI1NiJ9.", 200)}},
	}
	if err := c.SignCert(rand.Reader, signer); err != nil {
		t.Fatal(err)
	}
	return secret.New(string(pem.EncodeToMemory(block))), strings.TrimSpace(string(xssh.MarshalAuthorizedKey(c))) + " openpubkey",
		strings.TrimSpace(string(xssh.MarshalAuthorizedKey(signer.PublicKey())))
}

// TestCertificateOfOpkssh: a real sshd that asks a program lets such a certificate in where that answers as `opkssh verify` does, with the
// key as an authority; where it answers nothing, the error says whose policy decides. The program is a stand-in: it judges no token.
func TestCertificateOfOpkssh(t *testing.T) {
	t.Parallel()
	key, certificate, itself := opksshFiles(t)
	who, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	connect := func(program string) error {
		server := sshd.Start(t, sshd.Options{Config: []string{"AuthorizedKeysCommand " + program, "AuthorizedKeysCommandUser " + who.Username}})
		dialer := newDialer(t, ssh.Config{Key: key, Certificate: certificate, KnownHosts: server.KnownHosts})
		conn, err := dialer.Connect(t.Context(), deploy.Host{Name: "web1", Address: server.Address()})
		if err != nil {
			return err
		}
		defer conn.Close()
		return conn.Run(t.Context(), transport.Command{Script: "true"})
	}
	if err := connect("/bin/echo cert-authority " + itself); err != nil {
		t.Error(err)
	}
	if err := connect("/bin/true"); err == nil || !strings.Contains(err.Error(), "/etc/opk/auth_id") || strings.Contains(err.Error(), " for  until") {
		t.Errorf("the host's policy refuses: %v", err)
	}
}
