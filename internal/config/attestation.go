package config

import (
	"net/url"
	"strings"

	"github.com/slipway/slipway/internal/config/keys"
	"github.com/slipway/slipway/internal/deploy"
)

// Evidence is what an attestation is verified with.
type Evidence struct {
	Bundle       string // path of a file; "" has the CI's API asked
	TrustedRoots string // text; "" are the public ones
}

// mostRoots is how large trusted_root may be, in bytes. The public roots have some ten thousand.
const mostRoots = 1 << 20

// attestation reads what the deploy file demands of an attestation, and which one is given.
func (l *loader) attestation(s keys.Settings, c *Config) {
	a := s.Attestation
	given := Evidence{Bundle: strings.TrimSpace(l.in.AttestationBundle), TrustedRoots: strings.TrimSpace(l.in.TrustedRoot)}
	if a.Node == nil {
		for name, value := range map[string]string{"attestation_bundle": given.Bundle, "trusted_root": given.TrustedRoots} {
			if value != "" && l.live() {
				l.problem(inputAt(name), "write `attestation: required` into the deploy file, or drop it", "`%s` is for an attestation, and the deploy file asks for none", name)
			}
		}
		return
	}
	if a.Issuer.V == "" { // it is in no form that it may have, which was said
		return
	}
	if c.Provenance == nil {
		c.Provenance = &deploy.ProvenanceRule{}
	}
	own := l.env.Repository
	repository := ofServer(own, a.Repository.V)
	switch {
	case a.Repository.V == "" && own == "" && l.provesArtifact():
		l.problem(a.Node.At, "add `repository: owner/name`; a run of CI knows its own", "`attestation` must know of which repository, and none is known here")
	case a.Repository.V == "":
		repository = own
	}
	c.Provenance.Attestation = &deploy.AttestationRule{
		Repository: strings.TrimSuffix(repository, "/"), Signer: signer(own, repository, a.SignerWorkflow.V), Issuer: a.Issuer.V, At: a.Node.At,
	}
	given.TrustedRoots = l.trustedRoots(given.TrustedRoots)
	c.Evidence = given
}

// provesArtifact reports whether the command holds an artifact or a release against the rules of who built it. The others, `status` at a
// person's machine for one, have no use for them.
func (l *loader) provesArtifact() bool { return l.live() || l.command == "plan" }

// signer is the address of the workflow that must have signed; "" is any of the repository.
func signer(own, repository, written string) string {
	if strings.HasPrefix(written, ".github/") {
		return strings.TrimPrefix(strings.TrimSuffix(repository, "/")+"/"+written, "/")
	}
	return ofServer(own, written)
}

// ofServer is the address of something that is written as owner/name: on the CI's own server, else on github.com.
func ofServer(own, written string) string {
	if written == "" || strings.HasPrefix(written, "https://") {
		return written
	}
	server := "https://github.com"
	if u, err := url.Parse(own); err == nil && u.Host != "" {
		server = u.Scheme + "://" + u.Host
	}
	return server + "/" + written
}

// trustedRoots reads the input trusted_root: text, or the path of a file.
func (l *loader) trustedRoots(given string) string {
	if given == "" {
		return ""
	}
	at := inputAt("trusted_root")
	if !strings.HasPrefix(given, "{") {
		if l.env.Policy != nil {
			l.problem(at, "give the text itself, as of a variable of the repository", "with `policy_from`, `trusted_root` cannot be a file: whoever wrote the checkout would choose whom to trust")
			return ""
		}
		text, ok := l.readNamed(given, at)
		if !ok {
			return ""
		}
		given = strings.TrimSpace(string(text))
	}
	switch {
	case len(given) > mostRoots:
		l.problem(at, "is it what `gh attestation trusted-root` prints?", "`trusted_root` is larger than 1 MiB")
	case !strings.HasPrefix(given, "{"):
		l.problem(at, "`gh attestation trusted-root` prints one", "`trusted_root` is no trusted root: it is JSON")
	}
	return given
}
