package bundletest

import (
	"crypto"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"net/url"
	"time"

	ct "github.com/google/certificate-transparency-go"
	"github.com/google/certificate-transparency-go/tls"
	ctx509 "github.com/google/certificate-transparency-go/x509"
	"github.com/sigstore/sigstore-go/pkg/fulcio/certificate"
)

// leaf is the certificate that a build signs with, as Fulcio makes them: for ten minutes, with what the token says of the run.
func (s *Sigstore) leaf(t T, b Build, key crypto.PublicKey) *x509.Certificate {
	t.Helper()
	signer, err := url.Parse(b.Signer)
	must(t, err)
	begins := b.Signed.Add(-time.Minute)
	if b.Expired {
		begins = begins.Add(-time.Hour)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(3), NotBefore: begins, NotAfter: begins.Add(10 * time.Minute), URIs: []*url.URL{signer},
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageCodeSigning},
	}
	say := func(what asn1.ObjectIdentifier, text string) {
		value, err := asn1.MarshalWithParams(text, "utf8")
		must(t, err)
		template.ExtraExtensions = append(template.ExtraExtensions, pkix.Extension{Id: what, Value: value})
	}
	say(certificate.OIDIssuerV2, b.Issuer)
	if !b.NoExtensions {
		say(certificate.OIDBuildSignerURI, b.Signer)
		say(certificate.OIDSourceRepositoryURI, b.Repository)
		say(certificate.OIDSourceRepositoryDigest, b.Commit)
		say(certificate.OIDSourceRepositoryRef, b.Ref)
		say(certificate.OIDBuildConfigURI, b.Workflow)
		say(certificate.OIDBuildTrigger, b.Event)
		say(certificate.OIDRunInvocationURI, b.Run)
	}
	parent := s.authority.Intermediates[0]
	leaf := certify(t, template, parent, key, s.caKey)
	if b.Uncertified || s.GitHub {
		return leaf
	}
	template.ExtraExtensions = append(template.ExtraExtensions, s.logged(t, leaf, parent))
	return certify(t, template, parent, key, s.caKey)
}

// logged is the receipt of the log of certificates for one that has none yet (RFC 6962, section 3.3).
func (s *Sigstore) logged(t T, leaf, parent *x509.Certificate) pkix.Extension {
	t.Helper()
	receipt := ct.SignedCertificateTimestamp{SCTVersion: ct.V1, Timestamp: uint64(time.Now().UnixMilli())}
	copy(receipt.LogID.KeyID[:], logID(t, s.certLog.Public()))
	input, err := ct.SerializeSCTSignatureInput(receipt, ct.LogEntry{Leaf: ct.MerkleTreeLeaf{
		Version: ct.V1, LeafType: ct.TimestampedEntryLeafType,
		TimestampedEntry: &ct.TimestampedEntry{
			Timestamp: receipt.Timestamp, EntryType: ct.PrecertLogEntryType,
			PrecertEntry: &ct.PreCert{IssuerKeyHash: sha256.Sum256(parent.RawSubjectPublicKeyInfo), TBSCertificate: leaf.RawTBSCertificate},
		},
	}})
	must(t, err)
	signed, err := tls.CreateSignature(*s.certLog, tls.SHA256, input)
	must(t, err)
	receipt.Signature = ct.DigitallySigned(signed)
	one, err := tls.Marshal(receipt)
	must(t, err)
	list, err := tls.Marshal(ctx509.SignedCertificateTimestampList{SCTList: []ctx509.SerializedSCT{{Val: one}}})
	must(t, err)
	value, err := asn1.Marshal(list)
	must(t, err)
	return pkix.Extension{Id: asn1.ObjectIdentifier(ctx509.OIDExtensionCTSCT), Value: value}
}
