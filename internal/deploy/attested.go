package deploy

import (
	"cmp"
	"fmt"
	"strings"
)

// Attested is what a verified attestation says of who signed it.
type Attested struct {
	Signer     string `json:"signer"`     // the workflow, with its ref: https://github.com/acme/site/.github/workflows/build.yml@refs/heads/main
	Issuer     string `json:"issuer"`     // who vouched for that workflow: https://token.actions.githubusercontent.com
	Repository string `json:"repository"` // that it was built of, as a URL
	SHA256     Digest `json:"sha256"`     // of the artifact's file
}

// IsZero reports whether there is none.
func (a Attested) IsZero() bool { return a == Attested{} }

// AttestationRule is what an attestation must say.
type AttestationRule struct {
	Repository string // URL; upper and lower case are the same. "" is that of a run, where there is none, and nothing is proved
	Signer     string // the workflow as a URL, without its ref or with it; "" is any of the repository
	Issuer     string
	At         Position // in the deploy file
}

// GitHubIssuer vouches for the workflows of GitHub Actions on github.com.
const GitHubIssuer = "https://token.actions.githubusercontent.com"

// refuse is why what is attested does not keep to the rule; nil where it does.
func (r *AttestationRule) refuse(a Attested) error {
	switch {
	case a.IsZero():
		return fmt.Errorf("no attestation of it was verified, and `attestation` asks for one")
	case a.Issuer != r.Issuer:
		return fmt.Errorf("%s vouches for who attested it, and `attestation` wants %s", a.Issuer, r.Issuer)
	case !strings.EqualFold(a.Repository, r.Repository):
		return fmt.Errorf("it is attested to be of %s, and `attestation` wants %s", a.Repository, r.Repository)
	case !r.signedBy(a.Signer):
		return fmt.Errorf("%s attested it, and `attestation` wants %s", a.Signer, r.Signs())
	}
	return nil
}

// Signs is who must have signed, for people.
func (r *AttestationRule) Signs() string {
	if r.Signer == "" {
		return "a workflow of " + cmp.Or(r.Repository, "the run's repository")
	}
	return r.Signer
}

// signedBy reports whether the rule lets a workflow sign. Names of repositories are the same in upper and lower case, names of files and
// refs are not.
func (r *AttestationRule) signedBy(signer string) bool {
	if r.Signer == "" {
		prefix := r.Repository + "/"
		return len(signer) > len(prefix) && strings.EqualFold(signer[:len(prefix)], prefix)
	}
	path, ref := CutRef(signer)
	wantedPath, wantedRef := CutRef(r.Signer)
	repository, file, _ := strings.Cut(path, "/.github/")
	wantedRepository, wantedFile, _ := strings.Cut(wantedPath, "/.github/")
	return strings.EqualFold(repository, wantedRepository) && file == wantedFile && (wantedRef == "" || ref == wantedRef)
}

// CutRef splits the address of a workflow at the @ before its ref. The name of its file may have an @, too, and a ref may: the ref is a
// whole one, or what stands last.
func CutRef(workflow string) (path, ref string) {
	at := strings.Index(workflow, "@refs/")
	if at < 0 {
		at = strings.LastIndexByte(workflow, '@')
	}
	if at < 0 {
		return workflow, ""
	}
	return workflow[:at], workflow[at+1:]
}
