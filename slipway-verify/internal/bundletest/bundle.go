package bundletest

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"time"

	"github.com/secure-systems-lab/go-securesystemslib/dsse"
	protobundle "github.com/sigstore/protobuf-specs/gen/pb-go/bundle/v1"
	protocommon "github.com/sigstore/protobuf-specs/gen/pb-go/common/v1"
	protodsse "github.com/sigstore/protobuf-specs/gen/pb-go/dsse"
	protorekor "github.com/sigstore/protobuf-specs/gen/pb-go/rekor/v1"
	"github.com/sigstore/sigstore-go/pkg/tlog"
	"github.com/sigstore/sigstore/pkg/signature"
	sigdsse "github.com/sigstore/sigstore/pkg/signature/dsse"
	"google.golang.org/protobuf/encoding/protojson"
)

// Build is what is attested. What is left empty is as in Default.
type Build struct {
	SHA256                                         string // of the subject
	Issuer, Repository, Signer, Ref, Commit, Event string
	Workflow, Run, Predicate                       string

	Signed       time.Time // by the log's clock; the certificate is valid then
	Expired      bool      // the certificate was valid an hour before
	Unlogged     bool      // no entry in the transparency log
	Unstamped    bool      // no timestamp
	Uncertified  bool      // the certificate is in no log
	Other        bool      // the entry in the log is that of another signature
	Tampered     bool      // the payload was changed after it was signed
	NoExtensions bool      // the certificate does not say what was built
}

// Default is a build of acme/site on its main branch.
func Default() Build {
	return Build{
		Issuer: "https://token.actions.githubusercontent.com", Repository: "https://github.com/acme/site",
		Signer: "https://github.com/acme/site/.github/workflows/build.yml@refs/heads/main", Workflow: "https://github.com/acme/site/.github/workflows/build.yml@refs/heads/main",
		Ref: "refs/heads/main", Commit: "1111111111111111111111111111111111111111", Event: "push",
		Run: "https://github.com/acme/site/actions/runs/101/attempts/1", Predicate: "https://slsa.dev/provenance/v1",
	}
}

// Attest signs what is said of a build, and gives the bundle.
func (s *Sigstore) Attest(t T, b Build) json.RawMessage {
	t.Helper()
	if b.Signed.IsZero() {
		b.Signed = time.Now()
	}
	payload, err := json.Marshal(map[string]any{
		"_type": "https://in-toto.io/Statement/v1", "predicateType": b.Predicate, "predicate": map[string]any{},
		"subject": []any{map[string]any{"name": "site.tar.gz", "digest": map[string]string{"sha256": b.SHA256}}},
	})
	must(t, err)
	key := newKey(t)
	certificate := s.leaf(t, b, key.Public())
	envelope := sign(t, key, payload)
	mark := decoded(t, envelope.Signatures[0].Sig)
	material := &protobundle.VerificationMaterial{
		Content: &protobundle.VerificationMaterial_Certificate{Certificate: &protocommon.X509Certificate{RawBytes: certificate.Raw}},
	}
	if !b.Unlogged && !s.GitHub {
		logged := envelope
		if b.Other {
			logged = sign(t, key, []byte(`{}`))
		}
		material.TlogEntries = append(material.TlogEntries, s.entry(t, certificate, logged, b.Signed))
	}
	if s.GitHub && !b.Unstamped || b.Unlogged {
		stamp, err := s.services.TimestampResponse(mark)
		must(t, err)
		material.TimestampVerificationData = &protobundle.TimestampVerificationData{Rfc3161Timestamps: []*protocommon.RFC3161SignedTimestamp{{SignedTimestamp: stamp}}}
	}
	if b.Tampered {
		payload[len(payload)-1] = ' '
		payload = append(payload, '}')
	}
	text, err := protojson.Marshal(&protobundle.Bundle{
		MediaType: "application/vnd.dev.sigstore.bundle.v0.3+json", VerificationMaterial: material,
		Content: &protobundle.Bundle_DsseEnvelope{DsseEnvelope: &protodsse.Envelope{
			Payload: payload, PayloadType: envelope.PayloadType, Signatures: []*protodsse.Signature{{Sig: mark}},
		}},
	})
	must(t, err)
	return text
}

// entry is that of the transparency log: with the proof that it is in the log, and the log's promise, which has the time.
func (s *Sigstore) entry(t T, certificate *x509.Certificate, logged *dsse.Envelope, at time.Time) *protorekor.TransparencyLogEntry {
	t.Helper()
	made, err := s.services.GenerateTlogEntry(certificate, logged, decoded(t, logged.Signatures[0].Sig), at.Unix(), true)
	must(t, err)
	entry := made.TransparencyLogEntry()
	entry.KindVersion = &protorekor.KindVersion{Kind: "dsse", Version: "0.0.1"}
	promise, err := s.services.RekorSignPayload(tlog.RekorPayload{
		Body: base64.StdEncoding.EncodeToString(entry.CanonicalizedBody), IntegratedTime: entry.IntegratedTime,
		LogIndex: entry.LogIndex, LogID: hex.EncodeToString(entry.LogId.KeyId),
	})
	must(t, err)
	entry.InclusionPromise = &protorekor.InclusionPromise{SignedEntryTimestamp: promise}
	return entry
}

// sign puts a payload into an envelope.
func sign(t T, key *ecdsa.PrivateKey, payload []byte) *dsse.Envelope {
	t.Helper()
	signer, err := signature.LoadECDSASigner(key, crypto.SHA256)
	must(t, err)
	enveloper, err := dsse.NewEnvelopeSigner(&sigdsse.SignerAdapter{SignatureSigner: signer, Pub: key.Public()})
	must(t, err)
	envelope, err := enveloper.SignPayload(context.Background(), "application/vnd.in-toto+json", payload)
	must(t, err)
	return envelope
}

func decoded(t T, text string) []byte {
	t.Helper()
	raw, err := base64.StdEncoding.DecodeString(text)
	must(t, err)
	return raw
}
