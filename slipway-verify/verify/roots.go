package verify

import (
	"context"
	"crypto/x509"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/sigstore/sigstore-go/pkg/root"
	"github.com/sigstore/sigstore-go/pkg/tuf"
	"github.com/sigstore/sigstore-go/pkg/verify"

	"github.com/slipway/slipway/slipway-verify/protocol"
)

// authority is a certificate authority of a trusted root, and what is asked of what it let be signed.
type authority struct {
	name     string
	subject  []byte // whom the certificates that it gives name as their issuer, in DER
	verifier *verify.Verifier
}

// gitHubOrganisation is in the certificates of GitHub's own authority, which signs for private repositories. It keeps no public log.
const gitHubOrganisation = "GitHub, Inc."

// githubRoot is the first root of GitHub's TUF repository, by which every later one is found; from github.com/cli/cli/v2 v2.94.0.
//
//go:embed github-root.json
var githubRoot []byte

// trusted are the authorities of the given roots, or of the two public ones. unreachable says which of these could not be had.
func trusted(ctx context.Context, given, cacheDir string) (found []authority, unreachable, err error) {
	if strings.TrimSpace(given) == "" {
		return public(ctx, cacheDir)
	}
	decoder := json.NewDecoder(strings.NewReader(given))
	for number := 1; ; number++ {
		var document json.RawMessage
		if err := decoder.Decode(&document); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, nil, fmt.Errorf("trusted root %d is no JSON: %w", number, err)
		}
		of, err := authorities(fmt.Sprintf("trusted root %d", number), document)
		if err != nil {
			return nil, nil, err
		}
		found = append(found, of...)
	}
	return found, nil, nil
}

// public fetches the roots of Sigstore's public good instance and of GitHub's own. One of them is enough to go on with.
func public(ctx context.Context, cacheDir string) (found []authority, unreachable, err error) {
	for _, source := range []struct {
		name, address string
		root          []byte
	}{
		{"Sigstore", tuf.DefaultMirror, tuf.DefaultRoot()},
		{"GitHub", "https://tuf-repo.github.com", githubRoot},
	} {
		options := &tuf.Options{Root: source.root, RepositoryBaseURL: source.address, CachePath: cacheDir, DisableLocalCache: cacheDir == "", CacheValidity: 1, Context: ctx}
		document, err := fetch(options)
		if err != nil {
			unreachable = errors.Join(unreachable, fmt.Errorf("the trusted root of %s could not be fetched: %w", source.name, err))
			continue
		}
		of, err := authorities(source.name, document)
		if err != nil {
			return nil, nil, err
		}
		found = append(found, of...)
	}
	if len(found) == 0 {
		return nil, nil, unreachable
	}
	return found, unreachable, nil
}

func fetch(options *tuf.Options) ([]byte, error) {
	client, err := tuf.New(options)
	if err != nil {
		return nil, err
	}
	return client.GetTarget("trusted_root.json")
}

// authorities are those of a trusted root. Each stands alone with the root's logs and timestamp authorities, because what is asked of a
// bundle depends on who let it be signed.
func authorities(name string, document []byte) (found []authority, err error) {
	if len(document) > protocol.MaxRootBytes {
		return nil, fmt.Errorf("%s is larger than %d MiB", name, protocol.MaxRootBytes>>20)
	}
	whole, err := root.NewTrustedRootFromJSON(document)
	if err != nil {
		return nil, fmt.Errorf("%s is none of Sigstore's: %w", name, err)
	}
	for _, ca := range whole.FulcioCertificateAuthorities() {
		fulcio, ok := ca.(*root.FulcioCertificateAuthority)
		if !ok || fulcio.Root == nil {
			return nil, fmt.Errorf("%s has an authority without a certificate", name)
		}
		alone, err := root.NewTrustedRoot(root.TrustedRootMediaType01, []root.CertificateAuthority{ca}, whole.CTLogs(), whole.TimestampingAuthorities(), whole.RekorLogs())
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		verifier, err := verify.NewVerifier(alone, demands(fulcio, whole)...)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		found = append(found, authority{name: name, subject: issuing(fulcio).RawSubject, verifier: verifier})
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("%s has no certificate authority", name)
	}
	return found, nil
}

// demands are what is asked of a bundle beside its signature. Whoever keeps logs has to have written it down in them: an entry of the
// log, and the certificate in the log of certificates. Else a timestamp says when it was signed.
func demands(ca *root.FulcioCertificateAuthority, of *root.TrustedRoot) []verify.VerifierOption {
	organisation := ca.Root.Subject.Organization
	if len(of.RekorLogs()) == 0 || len(organisation) == 1 && organisation[0] == gitHubOrganisation {
		return []verify.VerifierOption{verify.WithSignedTimestamps(1)}
	}
	options := []verify.VerifierOption{verify.WithTransparencyLog(1), verify.WithObserverTimestamps(1)}
	if len(of.CTLogs()) > 0 {
		options = append(options, verify.WithSignedCertificateTimestamps(1))
	}
	return options
}

// issuing is the certificate of an authority that signs those of workflows: the first of the chain.
func issuing(ca *root.FulcioCertificateAuthority) *x509.Certificate {
	if len(ca.Intermediates) > 0 {
		return ca.Intermediates[0]
	}
	return ca.Root
}
