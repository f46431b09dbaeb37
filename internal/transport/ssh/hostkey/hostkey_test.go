package hostkey

import (
	"crypto/rand"
	"errors"
	"strings"
	"testing"

	"github.com/skeema/knownhosts"
	"golang.org/x/crypto/ssh"
	xknownhosts "golang.org/x/crypto/ssh/knownhosts"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/sshtest/hosttest"
)

// TestCheck is what passes and what does not, for every form of a pin.
func TestCheck(t *testing.T) {
	t.Parallel()
	all := hosttest.Keys(t)
	signer := func(name string) ssh.Signer {
		s, err := ssh.NewSignerFromKey(all[name])
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	ed, ec, rsa, ec521 := signer("ed25519").PublicKey(), signer("ecdsa-256").PublicKey(), signer("rsa").PublicKey(), signer("ecdsa-521").PublicKey()
	line := func(hosts string, key ssh.PublicKey) string {
		return hosts + " " + strings.TrimSpace(string(ssh.MarshalAuthorizedKey(key)))
	}
	hostCertificate := func(principal string) ssh.PublicKey {
		c := &ssh.Certificate{Key: ed, CertType: ssh.HostCert, ValidPrincipals: []string{principal}, ValidBefore: ssh.CertTimeInfinity}
		if err := c.SignCert(rand.Reader, signer("ecdsa-521")); err != nil {
			t.Fatal(err)
		}
		return c
	}
	at := func(host string, port int) deploy.Address { return deploy.Address{User: "u", Host: host, Port: port} }
	example, port := at("example.com", 22), at("example.com", 2222)
	edOnly := []string{"ssh-ed25519"}
	everything := []string{"ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "rsa-sha2-512", "rsa-sha2-256"}
	tests := []struct {
		name         string
		knownHosts   string
		fingerprints []string
		address      deploy.Address
		shown        ssh.PublicKey
		offered      []string
		want         []string // in the error and its hint; nil is accepted
	}{
		{name: "plain", knownHosts: line("example.com", ed), address: example, shown: ed, offered: edOnly},
		{name: "the file's line ends", knownHosts: "# a comment\r\n\r\n" + line("example.com", ed) + "\r\n", address: example, shown: ed, offered: edOnly},
		{name: "RSA pinned", knownHosts: line("example.com", rsa), address: example, shown: rsa, offered: []string{"rsa-sha2-512", "rsa-sha2-256"}},
		{
			name: "two types", knownHosts: line("example.com", ec) + "\n" + line("example.com", ed), address: example, shown: ed,
			offered: []string{"ecdsa-sha2-nistp256", "ssh-ed25519"},
		},
		{name: "hashed", knownHosts: line(xknownhosts.HashHostname("example.com"), ed), address: example, shown: ed, offered: edOnly},
		{name: "hashed with port", knownHosts: line(xknownhosts.HashHostname("[example.com]:2222"), ed), address: port, shown: ed, offered: edOnly},
		{name: "port", knownHosts: line("[example.com]:2222", ed), address: port, shown: ed, offered: edOnly},
		{name: "wildcard", knownHosts: line("*.example.com", ed), address: at("web1.example.com", 22), shown: ed, offered: edOnly},
		{name: "wildcard at another port", knownHosts: line("*.example.com", ed), address: at("web1.example.com", 2222), shown: ed, offered: edOnly},
		{
			name: "wildcard with an exception", knownHosts: line("*.example.com,!bad.example.com", ed), address: at("bad.example.com", 22), shown: ed,
			offered: everything, want: []string{"not known"},
		},
		{name: "IPv6", knownHosts: line("2001:db8::1", ed), address: at("2001:db8::1", 22), shown: ed, offered: edOnly},
		{name: "IPv6 with port", knownHosts: line("[2001:db8::1]:2222", ed), address: at("2001:db8::1", 2222), shown: ed, offered: edOnly},
		{
			name: "authority", knownHosts: "@cert-authority " + line("*.example.com", ec521), address: at("web1.example.com", 22),
			shown: hostCertificate("web1.example.com"), offered: certificates,
		},
		{
			name: "authority, another name", knownHosts: "@cert-authority " + line("*.example.com", ec521), address: at("web1.example.com", 22),
			shown: hostCertificate("web2.example.com"), want: []string{"certificate is not accepted", "renewed"},
		},
		{
			name: "unknown", knownHosts: line("other.example.com", ed), address: example, shown: ed, offered: everything,
			want: []string{"not known", "shown   ed25519 " + ssh.FingerprintSHA256(ed), "`ssh-keyscan example.com`", "ssh-keygen -lf"},
		},
		{
			name: "unknown at this port", knownHosts: line("example.com", ed), address: port, shown: ed, offered: everything,
			want: []string{"not known", "port 22 alone", "[example.com]:2222", "ssh-keyscan -p 2222 example.com"},
		},
		{
			name: "changed", knownHosts: line("example.com", ed), address: example, shown: ec, offered: edOnly,
			want: []string{"not the one that is pinned", "pinned  ed25519 " + ssh.FingerprintSHA256(ed), "shown   ecdsa-sha2-nistp256 " + ssh.FingerprintSHA256(ec)},
		},
		{name: "revoked", knownHosts: line("example.com", ed) + "\n@revoked " + line("*", ed), address: example, shown: ed, offered: edOnly, want: []string{"@revoked"}},
		{
			name: "revoked, with its fingerprint pinned", knownHosts: "@revoked " + line("*", ed), fingerprints: []string{ssh.FingerprintSHA256(ed)},
			address: example, shown: ed, offered: everything, want: []string{"@revoked"},
		},
		{name: "fingerprint", fingerprints: []string{"", " " + ssh.FingerprintSHA256(ed) + " "}, address: example, shown: ed, offered: everything},
		{name: "one of two", fingerprints: []string{ssh.FingerprintSHA256(ec), ssh.FingerprintSHA256(ed)}, address: example, shown: ed, offered: everything},
		{name: "ssh-keygen's line", fingerprints: []string{"256 " + ssh.FingerprintSHA256(ed) + " root@web1 (ED25519)"}, address: example, shown: ed, offered: everything},
		{name: "ssh-keygen's line, a comment of words", fingerprints: []string{"  256 " + ssh.FingerprintSHA256(ed) + " no comment here (ED25519)\r"}, address: example, shown: ed, offered: everything},
		{name: "quoted", fingerprints: []string{`"` + ssh.FingerprintSHA256(ed) + `"`}, address: example, shown: ed, offered: everything},
		{name: "no prefix", fingerprints: []string{strings.TrimPrefix(ssh.FingerprintSHA256(ed), "SHA256:")}, address: example, shown: ed, offered: everything},
		{name: "several on a line", fingerprints: []string{ssh.FingerprintSHA256(ec) + ", " + ssh.FingerprintSHA256(ed)}, address: example, shown: ed, offered: everything},
		{name: "line ends written out", knownHosts: line("other.example.com", ec) + `\n` + line("example.com", ed) + `\n`, address: example, shown: ed, offered: edOnly},
		{name: "quoted lines", knownHosts: `"` + line("example.com", ed) + `"`, address: example, shown: ed, offered: edOnly},
		{name: "padded", fingerprints: []string{ssh.FingerprintSHA256(ed) + "="}, address: example, shown: ed, offered: everything},
		{name: "for one host", fingerprints: []string{"example.com " + ssh.FingerprintSHA256(ed)}, address: example, shown: ed, offered: everything},
		{name: "for one host and port", fingerprints: []string{"[example.com]:2222 " + ssh.FingerprintSHA256(ed)}, address: port, shown: ed, offered: everything},
		{
			name: "for another host", fingerprints: []string{"other.example.com " + ssh.FingerprintSHA256(ed)}, address: example, shown: ed, offered: everything,
			want: []string{"not known"},
		},
		{
			name: "wrong fingerprint", fingerprints: []string{ssh.FingerprintSHA256(ec)}, address: example, shown: ed, offered: everything,
			want: []string{"not the one that is pinned", "pinned  " + ssh.FingerprintSHA256(ec), "shown   ed25519 " + ssh.FingerprintSHA256(ed)},
		},
		{name: "both, known_hosts passes", knownHosts: line("example.com", ed), fingerprints: []string{ssh.FingerprintSHA256(ec)}, address: example, shown: ed, offered: everything},
		{name: "both, fingerprint passes", knownHosts: line("example.com", ed), fingerprints: []string{ssh.FingerprintSHA256(ec)}, address: example, shown: ec, offered: everything},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			id, problems := Read(test.knownHosts, test.fingerprints)
			if len(problems) > 0 {
				t.Fatal(problems)
			}
			if offered := id.Algorithms(test.address, nil); test.offered != nil && strings.Join(offered, " ") != strings.Join(test.offered, " ") {
				t.Errorf("offers %v, want %v", offered, test.offered)
			}
			err := id.Check(test.address, test.shown)
			if test.want == nil {
				if err != nil {
					t.Error(err)
				}
				return
			}
			var refused *MismatchError
			if !errors.As(err, &refused) {
				t.Fatalf("got %v, want it refused", err)
			}
			for _, want := range test.want {
				if text := refused.Error() + " " + refused.Hint(); !strings.Contains(text, want) {
					t.Errorf("%q lacks %q", text, want)
				}
			}
		})
	}
}

func TestAlgorithmsAfterOneWasShown(t *testing.T) {
	t.Parallel()
	all := hosttest.Keys(t)
	ed, _ := ssh.NewSignerFromKey(all["ed25519"])
	rsa, _ := ssh.NewSignerFromKey(all["rsa"])
	id, problems := Read("", []string{ssh.FingerprintSHA256(rsa.PublicKey())})
	if problems != nil {
		t.Fatal(problems)
	}
	got := strings.Join(id.Algorithms(deploy.Address{}, []ssh.PublicKey{ed.PublicKey()}), " ")
	if strings.Contains(got, "ed25519") || !strings.Contains(got, "rsa-sha2-512") {
		t.Errorf("after an ed25519 key offers %s", got)
	}
	got = strings.Join(id.Algorithms(deploy.Address{}, []ssh.PublicKey{ed.PublicKey(), rsa.PublicKey()}), " ")
	if strings.Contains(got, "rsa") || strings.Contains(got, "ed25519") {
		t.Errorf("after ed25519 and RSA keys offers %s", got)
	}
}

func TestBadPins(t *testing.T) {
	t.Parallel()
	signer, _ := ssh.NewSignerFromKey(hosttest.Keys(t)["ed25519"])
	public := strings.TrimSpace(string(ssh.MarshalAuthorizedKey(signer.PublicKey())))
	sum := ssh.FingerprintSHA256(signer.PublicKey())
	good := knownhosts.Line([]string{"example.com"}, signer.PublicKey())
	hashed := xknownhosts.HashHostname("example.com") + " " + public
	tests := []struct {
		name, knownHosts string
		fingerprints     []string
		want             []string
	}{
		{"nothing", "", nil, []string{"input known_hosts: no host identity is given", "ssh-keyscan"}},
		{"comments alone", "# one\n\n", []string{"", "# two"}, []string{"no host identity"}},
		{"no host", good + "\n" + public, nil, []string{"input known_hosts:2: the line has a key and no host"}},
		{"a fingerprint as known_hosts", sum, nil, []string{"input known_hosts:1: this is a fingerprint", "host_fingerprints"}},
		{"cut off", good[:len(good)-20], nil, []string{"input known_hosts:1:", "ssh-keyscan HOST"}},
		{"a hashed name cut off", good + "\n" + "|1|" + hashed[3:40] + hashed[50:], nil, []string{"input known_hosts:2: the hashed name of the host is damaged", "`ssh-keyscan -H HOST`"}},
		{"a hashed name without its salt", "|1|" + hashed[strings.LastIndex(hashed, "|"):], nil, []string{"input known_hosts:1: the hashed name", "ssh-keyscan -H"}},
		{"a hashed name of another kind", "|2|" + hashed[3:], nil, []string{"input known_hosts:1: the hashed name"}},
		{"MD5", "", []string{sum, "MD5:16:27:ac:a5:76:28:2d:36:63:1b:56:4d:eb:df:a6:48"}, []string{"input host_fingerprints:2: this is an MD5"}},
		{"short", "", []string{"SHA256:abc"}, []string{"input host_fingerprints:1:", "43 characters"}},
		{"more words", "", []string{"the key is " + sum}, []string{"more than a fingerprint", "HOST SHA256:"}},
		{"host behind", "", []string{sum + " web1"}, []string{"more than a fingerprint", "HOST SHA256:"}},
		{"ssh-keygen's line, MD5", "", []string{"256 MD5:16:27:ac:a5:76:28:2d:36:63:1b:56:4d:eb:df:a6:48 root@web1 (ED25519)"}, []string{"this is an MD5", "`ssh-keygen -lf FILE`"}},
		{"MD5 without its name", "", []string{"16:27:ac:a5:76:28:2d:36:63:1b:56:4d:eb:df:a6:48"}, []string{"this is an MD5"}},
		{"a line of known_hosts", "", []string{good}, []string{"a host key, not a fingerprint", "`known_hosts`"}},
		{"ssh-keygen's line as known_hosts", "256 " + sum + " root@web1 (ED25519)", nil, []string{"this is a fingerprint", "`host_fingerprints`"}},
		{"a private key", "", strings.Split(hosttest.PrivateKey(t, hosttest.Keys(t)["ed25519"], ""), "\n"), []string{"input host_fingerprints: this is a private key", "`ssh_key`"}},
		{"a private key as known_hosts", hosttest.PrivateKey(t, hosttest.Keys(t)["ed25519"], ""), nil, []string{"input known_hosts: this is a private key", "`ssh_key`"}},
		{"a key", "", []string{public}, []string{"a host key, not a fingerprint"}},
		{"both wrong", "nonsense", []string{"nonsense"}, []string{"input host_fingerprints:1", "input known_hosts:1"}},
	}
	for _, test := range tests {
		_, problems := Read(test.knownHosts, test.fingerprints)
		for _, want := range test.want {
			if !strings.Contains(problems.Error(), want) {
				t.Errorf("%s: %q lacks %q", test.name, problems, want)
			}
		}
		t.Logf("%s:\n    %v", test.name, problems)
	}
}

// FuzzRead feeds both inputs anything: they are read or refused.
func FuzzRead(f *testing.F) {
	f.Add("example.com ssh-ed25519 AAAA", "SHA256:x")
	f.Add("@cert-authority * x y\n|1|a=|b= ssh-rsa AAAA", "h SHA256:")
	f.Fuzz(func(t *testing.T, knownHosts, pin string) {
		id, problems := Read(knownHosts, []string{pin})
		if (id == nil) == (len(problems) == 0) {
			t.Errorf("%v and %v", id, problems)
		}
	})
}
