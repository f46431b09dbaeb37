package hostkey

import (
	"crypto/rand"
	"errors"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/sshtest/hosttest"
)

// TestHostCertificates is what passes of the certificates that a host shows, and what is refused, with its cause.
func TestHostCertificates(t *testing.T) {
	t.Parallel()
	all := hosttest.Keys(t)
	signer := func(name string) ssh.Signer {
		s, err := ssh.NewSignerFromKey(all[name])
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	host, authority, stranger := signer("ed25519").PublicKey(), signer("rsa"), signer("ecdsa-256")
	line := func(marker, hosts string, key ssh.PublicKey) string {
		return strings.TrimSpace(marker + " " + hosts + " " + string(ssh.MarshalAuthorizedKey(key)))
	}
	web1 := deploy.Address{User: "u", Host: "web1.example.com", Port: 22}
	trusted := line("@cert-authority", "*.example.com", authority.PublicKey())
	now := time.Now()
	for name, test := range map[string]struct {
		knownHosts string
		address    deploy.Address
		by         ssh.Signer
		change     func(*ssh.Certificate)
		want       string // "": it passes
		revoked    bool
	}{
		"for its name":              {},
		"for one of its names":      {change: func(c *ssh.Certificate) { c.ValidPrincipals = []string{"www.example.com", "web1.example.com"} }},
		"at another port":           {address: deploy.Address{User: "u", Host: "web1.example.com", Port: 2222}},
		"for every host":            {change: func(c *ssh.Certificate) { c.ValidPrincipals = nil }, want: "it names no host (no principals)"},
		"for another host":          {change: func(c *ssh.Certificate) { c.ValidPrincipals = []string{"web2.example.com"} }, want: "web2.example.com"},
		"for a name with a port":    {change: func(c *ssh.Certificate) { c.ValidPrincipals = []string{"web1.example.com:22"} }, want: "principal"},
		"for a user":                {change: func(c *ssh.Certificate) { c.CertType = ssh.UserCert }, want: "presented as a host key has type 1"},
		"expired":                   {change: func(c *ssh.Certificate) { c.ValidBefore = uint64(now.Add(-time.Hour).Unix()) }, want: "expired"},
		"not valid yet":             {change: func(c *ssh.Certificate) { c.ValidAfter = uint64(now.Add(time.Hour).Unix()) }, want: "not yet valid"},
		"with a critical option":    {change: func(c *ssh.Certificate) { c.CriticalOptions = map[string]string{"force-command": "x"} }, want: "critical option"},
		"of a stranger's":           {by: stranger, want: "no authorities for hostname"},
		"of other hosts' authority": {knownHosts: line("@cert-authority", "*.example.org", authority.PublicKey()), want: "no authorities for hostname"},
		"of an excepted host":       {knownHosts: line("@cert-authority", "*.example.com,!web1.example.com", authority.PublicKey()), want: "no authorities for hostname"},
		"of a key that is a host's": {knownHosts: line("", "*.example.com", authority.PublicKey()), want: "no authorities for hostname"},
		"of a revoked authority":    {knownHosts: trusted + "\n" + line("@revoked", "*", authority.PublicKey()), want: "@revoked", revoked: true},
		"of a revoked key":          {knownHosts: trusted + "\n" + line("@revoked", "*", host), want: "@revoked", revoked: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := &ssh.Certificate{
				Key: host, CertType: ssh.HostCert, ValidPrincipals: []string{"web1.example.com"},
				ValidAfter: uint64(now.Add(-2 * time.Hour).Unix()), ValidBefore: ssh.CertTimeInfinity,
			}
			if test.change != nil {
				test.change(c)
			}
			by := authority
			if test.by != nil {
				by = test.by
			}
			if err := c.SignCert(rand.Reader, by); err != nil {
				t.Fatal(err)
			}
			if test.knownHosts == "" {
				test.knownHosts = trusted
			}
			if test.address.Host == "" {
				test.address = web1
			}
			id, problems := Read(test.knownHosts, nil)
			if problems != nil {
				t.Fatal(problems)
			}
			err := id.Check(test.address, c)
			if test.want == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			var refused *MismatchError
			if !errors.As(err, &refused) || !strings.Contains(err.Error(), test.want) || refused.Revoked != test.revoked {
				t.Fatalf("got %v, want %q", err, test.want)
			}
			if hint := refused.Hint(); !test.revoked && !strings.Contains(hint, "ssh-keygen -s CA -h -n web1.example.com") {
				t.Errorf("hint: %s", hint)
			}
		})
	}
}
