// Package verify holds Sigstore bundles against a digest, an identity and trusted roots.
package verify

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/sigstore/sigstore-go/pkg/bundle"
	"github.com/sigstore/sigstore-go/pkg/fulcio/certificate"
	"github.com/sigstore/sigstore-go/pkg/verify"

	"github.com/slipway/slipway/slipway-verify/protocol"
)

// Judge says which bundles of a request hold. Its error means that nothing could be judged.
func Judge(ctx context.Context, r protocol.Request) (protocol.Verdict, error) {
	verdict := protocol.Verdict{Version: protocol.Version, SHA256: r.SHA256}
	policy, err := policyOf(r)
	if err != nil {
		return verdict, err
	}
	authorities, unreachable, err := trusted(ctx, r.TrustedRoots, r.CacheDir)
	if err != nil {
		return verdict, err
	}
	for i, raw := range r.Bundles {
		build, err := judge(raw, r, policy, authorities)
		switch {
		case err == nil:
			verdict.Verified = append(verdict.Verified, build)
		case len(verdict.Refused) < protocol.MaxRefusals:
			reason := errors.Join(err, unreachable).Error()
			verdict.Refused = append(verdict.Refused, protocol.Refusal{Bundle: i, Reason: short(strings.ReplaceAll(reason, "\n", "; "))})
		}
	}
	return verdict, nil
}

func short(text string) string {
	const most = 2000
	if len(text) > most {
		return text[:most] + "..."
	}
	return text
}

// policy is what a bundle must be of, whichever root it is verified with.
type policy struct {
	digest   verify.ArtifactPolicyOption
	identity verify.CertificateIdentity
	wanted   string // the identity, for people
}

func policyOf(r protocol.Request) (p policy, err error) {
	fail := func(format string, args ...any) (policy, error) {
		return policy{}, fmt.Errorf("the request "+format, args...)
	}
	digest, err := hex.DecodeString(r.SHA256)
	switch {
	case r.Version != protocol.Version:
		return fail("is of version %d of the protocol, and this program speaks %d: use both programs of one release", r.Version, protocol.Version)
	case err != nil || len(digest) != 32:
		return fail("has no SHA-256")
	case r.Issuer == "" || !strings.HasPrefix(r.Repository, "https://"):
		return fail("names no issuer, or no repository")
	case len(r.Bundles) > protocol.MaxBundles:
		return fail("has more than %d bundles", protocol.MaxBundles)
	}
	subject, err := verify.NewSANMatcher("", signerPattern(r))
	if err != nil {
		return fail("names a signer that cannot be looked for: %w", err)
	}
	issuer, err := verify.NewIssuerMatcher(r.Issuer, "")
	if err != nil {
		return fail("names an issuer that cannot be looked for: %w", err)
	}
	p.identity, err = verify.NewCertificateIdentity(subject, issuer, certificate.Extensions{})
	if err != nil {
		return fail("names no identity: %w", err)
	}
	p.digest, p.wanted = verify.WithArtifactDigest("sha256", digest), r.Signer
	if r.Signer == "" {
		p.wanted = "a workflow of " + r.Repository
	}
	return p, nil
}

// signerPattern is that of a certificate's subject: the workflow, and behind an @ its ref. Names of repositories are the same in upper
// and lower case. The name of a workflow's file may have an @ as well: where no ref is asked for, what follows is one that is whole, or
// has no @.
func signerPattern(r protocol.Request) string {
	if r.Signer == "" {
		return "^(?i:" + regexp.QuoteMeta(r.Repository) + ")/[^@]+@"
	}
	path, ref, whole := strings.Cut(r.Signer, "@")
	repository, file, _ := strings.Cut(path, "/.github/")
	pattern := "^(?i:" + regexp.QuoteMeta(repository) + ")" + regexp.QuoteMeta(strings.TrimPrefix(path, repository))
	if file == "" {
		pattern = "^" + regexp.QuoteMeta(path)
	}
	if whole {
		return pattern + "@" + regexp.QuoteMeta(ref) + "$"
	}
	return pattern + "@(refs/|[^@/]*$)"
}

// judge is what a bundle says of the build, where it holds by the authority that its certificate is of.
func judge(raw []byte, r protocol.Request, p policy, authorities []authority) (protocol.Build, error) {
	var entity bundle.Bundle
	if err := entity.UnmarshalJSON(raw); err != nil {
		return protocol.Build{}, fmt.Errorf("it is no Sigstore bundle: %w", err)
	}
	content, err := entity.VerificationContent()
	if err != nil {
		return protocol.Build{}, fmt.Errorf("it is no Sigstore bundle: %w", err)
	}
	leaf := content.Certificate()
	if leaf == nil {
		return protocol.Build{}, errors.New("it was signed with a key, and not with the certificate of a workflow")
	}
	said, err := certificate.SummarizeCertificate(leaf)
	if err != nil {
		return protocol.Build{}, fmt.Errorf("its certificate names nobody: %w", err)
	}
	if p.identity.Verify(said) != nil { // the library looks again, and says it less plainly
		return protocol.Build{}, fmt.Errorf("it was signed by %s, known to %s, and asked for is %s, known to %s", said.SubjectAlternativeName, said.Issuer, p.wanted, r.Issuer)
	}
	refused := fmt.Errorf("its certificate is of %q, and no trusted root has that authority", leaf.Issuer)
	for _, a := range authorities {
		if !bytes.Equal(a.subject, leaf.RawIssuer) {
			continue
		}
		result, err := a.verifier.Verify(&entity, verify.NewPolicy(p.digest, verify.WithCertificateIdentity(p.identity)))
		if err == nil {
			return buildOf(result, r)
		}
		refused = fmt.Errorf("by %s it does not hold: %s", a.name, strings.TrimSuffix(err.Error(), "; error: %!w(<nil>)"))
	}
	return protocol.Build{}, refused
}

// buildOf is what the certificate says of the build.
func buildOf(result *verify.VerificationResult, r protocol.Request) (protocol.Build, error) {
	if result.Statement == nil {
		return protocol.Build{}, errors.New("it is a signature alone, and no attestation")
	}
	if kind := result.Statement.GetPredicateType(); kind != protocol.ProvenanceType {
		return protocol.Build{}, fmt.Errorf("it attests %q, and not how it was built (%s)", kind, protocol.ProvenanceType)
	}
	said := result.Signature.Certificate
	if !strings.EqualFold(said.SourceRepositoryURI, r.Repository) {
		return protocol.Build{}, fmt.Errorf("it was built of the repository %q, and %s is asked for", said.SourceRepositoryURI, r.Repository)
	}
	build := protocol.Build{
		Signer: said.SubjectAlternativeName, Issuer: said.Issuer, Repository: said.SourceRepositoryURI, Workflow: said.BuildConfigURI,
		Ref: said.SourceRepositoryRef, Commit: said.SourceRepositoryDigest, Event: said.BuildTrigger, Run: said.RunInvocationURI,
	}
	if times := result.VerifiedTimestamps; len(times) > 0 {
		build.Logged = times[0].Timestamp.UTC().Format(time.RFC3339)
	}
	return build, nil
}
