// Package bundletest makes Sigstore bundles as GitHub's actions/attest does, and the trusted root that goes with them: with a certificate
// authority, a log of certificates, a transparency log and a timestamp authority of its own. For tests alone.
package bundletest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"math/big"
	"time"

	"github.com/sigstore/sigstore-go/pkg/root"
	"github.com/sigstore/sigstore-go/pkg/testing/ca"
)

// T is what this package needs of a test: testing.TB has it, and so has the program in attest/.
type T interface {
	Helper()
	Fatal(...any)
}

// Sigstore is an instance of the services.
type Sigstore struct {
	GitHub bool // one like GitHub's own, which keeps no logs

	services  *ca.VirtualSigstore // the transparency log and the timestamp authority
	authority *root.FulcioCertificateAuthority
	caKey     *ecdsa.PrivateKey
	certLog   *ecdsa.PrivateKey
}

// New makes an instance. organisation is what its certificate authority calls itself.
func New(t T, organisation string) *Sigstore {
	t.Helper()
	services, err := ca.NewVirtualSigstore()
	must(t, err)
	s := &Sigstore{services: services, GitHub: organisation == "GitHub, Inc.", caKey: newKey(t), certLog: newKey(t)}
	began, ends := time.Now().Add(-24*time.Hour), time.Now().Add(24*time.Hour)
	rootKey := newKey(t)
	name := func(common string) pkix.Name {
		return pkix.Name{CommonName: common, Organization: []string{organisation}}
	}
	template := func(common string, serial int64) *x509.Certificate {
		return &x509.Certificate{
			SerialNumber: big.NewInt(serial), Subject: name(common), NotBefore: began, NotAfter: ends,
			KeyUsage: x509.KeyUsageCertSign, BasicConstraintsValid: true, IsCA: true,
		}
	}
	of := template("root", 1)
	self := certify(t, of, of, rootKey.Public(), rootKey)
	below := template("intermediate", 2)
	below.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageCodeSigning}
	s.authority = &root.FulcioCertificateAuthority{
		Root: self, Intermediates: []*x509.Certificate{certify(t, below, self, s.caKey.Public(), rootKey)},
		ValidityPeriodStart: began, ValidityPeriodEnd: ends, URI: "https://fulcio.test",
	}
	return s
}

// Root is the trusted root of the instance, as a file has it.
func (s *Sigstore) Root(t T) string {
	t.Helper()
	var certLogs, logs map[string]*root.TransparencyLog
	if !s.GitHub {
		certLogs = map[string]*root.TransparencyLog{"": s.log(t, "https://ctlog.test", s.certLog.Public())}
		logs = map[string]*root.TransparencyLog{}
		for id, log := range s.services.RekorLogs() {
			logs[id] = s.log(t, log.BaseURL, log.PublicKey)
		}
	}
	trusted, err := root.NewTrustedRoot(root.TrustedRootMediaType01, []root.CertificateAuthority{s.authority}, certLogs, s.services.TimestampingAuthorities(), logs)
	must(t, err)
	text, err := trusted.MarshalJSON()
	must(t, err)
	return string(text)
}

func (s *Sigstore) log(t T, address string, key crypto.PublicKey) *root.TransparencyLog {
	t.Helper()
	return &root.TransparencyLog{
		BaseURL: address, ID: logID(t, key), ValidityPeriodStart: time.Now().Add(-24 * time.Hour), ValidityPeriodEnd: time.Now().Add(24 * time.Hour),
		HashFunc: crypto.SHA256, PublicKey: key, SignatureHashFunc: crypto.SHA256,
	}
}

// logID is how a log is called: the SHA-256 of its key.
func logID(t T, key crypto.PublicKey) []byte {
	t.Helper()
	encoded, err := x509.MarshalPKIXPublicKey(key)
	must(t, err)
	sum := sha256.Sum256(encoded)
	return sum[:]
}

func newKey(t T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	return key
}

func certify(t T, template, parent *x509.Certificate, key crypto.PublicKey, by *ecdsa.PrivateKey) *x509.Certificate {
	t.Helper()
	encoded, err := x509.CreateCertificate(rand.Reader, template, parent, key, by)
	must(t, err)
	certificate, err := x509.ParseCertificate(encoded)
	must(t, err)
	return certificate
}

func must(t T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Digest is the SHA-256 of a content, as an attestation names it.
func Digest(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}
