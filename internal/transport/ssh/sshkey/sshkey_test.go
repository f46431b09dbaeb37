package sshkey

import (
	"crypto/rand"
	"encoding/asn1"
	"math/big"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"github.com/slipway/slipway/internal/secret"
	"github.com/slipway/slipway/internal/sshtest/hosttest"
)

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// certify signs a user certificate for a key, valid for an hour from noon unless change says otherwise.
func certify(t *testing.T, key, authority ssh.Signer, change func(*ssh.Certificate)) string {
	t.Helper()
	certificate := &ssh.Certificate{
		Key: key.PublicKey(), CertType: ssh.UserCert, KeyId: "ci", ValidPrincipals: []string{"deploy"},
		ValidAfter: uint64(noon.Unix()), ValidBefore: uint64(noon.Add(time.Hour).Unix()),
	}
	if change != nil {
		change(certificate)
	}
	if err := certificate.SignCert(rand.Reader, authority); err != nil {
		t.Fatal(err)
	}
	return string(ssh.MarshalAuthorizedKey(certificate))
}

// dsaKey has the form of a DSA key of 1024 bits: no more of one is looked at before it is refused.
func dsaKey(t *testing.T) []byte {
	t.Helper()
	p := new(big.Int).Lsh(big.NewInt(1), 1023)
	der, err := asn1.Marshal(struct {
		Version       int
		P, Q, G, Y, X *big.Int
	}{0, p, big.NewInt(7), big.NewInt(2), big.NewInt(8), big.NewInt(3)})
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func TestCertificate(t *testing.T) {
	t.Parallel()
	all := hosttest.Keys(t)
	key := hosttest.PrivateKey(t, all["ed25519"], "")
	signer, _ := ssh.NewSignerFromKey(all["ed25519"])
	other, _ := ssh.NewSignerFromKey(all["ecdsa-256"])
	tests := []struct {
		name, certificate string
		now               time.Time
		want              string // "" is accepted
	}{
		{"valid", certify(t, signer, other, nil), noon.Add(time.Minute), ""},
		{"for ever", certify(t, signer, other, func(c *ssh.Certificate) { c.ValidBefore = ssh.CertTimeInfinity }), noon.Add(time.Minute), ""},
		{"early", certify(t, signer, other, nil), noon.Add(-time.Minute), "not valid yet"},
		{"late", certify(t, signer, other, nil), noon.Add(2 * time.Hour), "has expired: at 2026-11-21T13:00:00Z"},
		{"another key's", certify(t, other, signer, nil), noon.Add(time.Minute), "for another key"},
		{"a host's", certify(t, signer, other, func(c *ssh.Certificate) { c.CertType = ssh.HostCert }), noon.Add(time.Minute), "a host's certificate"},
		{"a public key", string(ssh.MarshalAuthorizedKey(signer.PublicKey())), noon, "a public key"},
		{"nonsense", "hello", noon, "no OpenSSH certificate"},
	}
	for _, test := range tests {
		l, problems := Read(Given{Key: secret.New(key), Certificate: test.certificate}, test.now)
		switch {
		case test.want == "" && len(problems) > 0:
			t.Errorf("%s: %v", test.name, problems)
		case test.want == "":
			if !strings.Contains(l.Name, "ed25519 certificate SHA256:") || !strings.Contains(l.Name, "for deploy until") {
				t.Errorf("%s: is called %q", test.name, l.Name)
			}
		case len(problems) != 1 || !strings.Contains(problems.Error(), test.want) || problems[0].At.File != "input ssh_certificate":
			t.Errorf("%s: got %v, want %q", test.name, problems, test.want)
		}
	}
	// Both mistakes at once.
	if _, problems := Read(Given{Certificate: "hello"}, noon); len(problems) != 2 {
		t.Errorf("a bad certificate and no key: %v", problems)
	}
}

func TestAgent(t *testing.T) {
	t.Parallel()
	all := hosttest.Keys(t)
	ring := agent.NewKeyring()
	socket := hosttest.Agent(t, ring)
	if _, problems := Read(Given{AgentSocket: socket}, noon); len(problems) != 1 || !strings.Contains(problems.Error(), "holds no keys") {
		t.Errorf("an empty agent: %v", problems)
	}
	for _, name := range []string{"rsa", "ed25519"} {
		if err := ring.Add(agent.AddedKey{PrivateKey: all[name]}); err != nil {
			t.Fatal(err)
		}
	}
	l, problems := Read(Given{AgentSocket: socket}, noon)
	if len(problems) > 0 || !strings.HasPrefix(l.Name, "rsa ") || l.Origin != "number 1 of 2 in the agent" {
		t.Errorf("%v; %q %q", problems, l.Name, l.Origin)
	}
	if algorithms := l.Signer.(ssh.MultiAlgorithmSigner).Algorithms(); strings.Contains(strings.Join(algorithms, " ")+" ", "ssh-rsa ") {
		t.Errorf("the agent's RSA key signs with %v", algorithms)
	}
	_ = l.Close()
	signer, _ := ssh.NewSignerFromKey(all["ed25519"])
	other, _ := ssh.NewSignerFromKey(all["ecdsa-256"])
	l, problems = Read(Given{AgentSocket: socket, Certificate: certify(t, signer, other, nil)}, noon)
	if len(problems) > 0 || !strings.Contains(l.Name, "certificate") || l.Origin != "number 2 of 2 in the agent" {
		t.Errorf("with a certificate: %v; %q %q", problems, l.Name, l.Origin)
	}
	_ = l.Close()
	_, problems = Read(Given{AgentSocket: socket, Certificate: certify(t, other, signer, nil)}, noon)
	if len(problems) != 1 || !strings.Contains(problems.Error(), "none of the agent's 2 keys") {
		t.Errorf("another key's certificate: %v", problems)
	}
	_, problems = Read(Given{AgentSocket: filepath.Join(t.TempDir(), "none")}, noon)
	if len(problems) != 1 || !strings.Contains(problems.Error(), "cannot reach the agent") {
		t.Errorf("no agent: %v", problems)
	}
}
