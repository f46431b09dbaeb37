package deploy

import (
	"strings"
	"testing"
)

func TestAttestationRule(t *testing.T) {
	t.Parallel()
	const signer = "https://github.com/acme/site/.github/workflows/build.yml@refs/heads/main"
	for name, test := range map[string]struct {
		change  func(*Attested)
		signer  string // of the rule
		refused string
	}{
		"fits":                  {},
		"in capitals":           {change: func(a *Attested) { a.Repository = "https://github.com/ACME/Site" }},
		"workflow":              {signer: "https://github.com/Acme/site/.github/workflows/build.yml"},
		"workflow with its ref": {signer: signer},
		"none":                  {change: func(a *Attested) { *a = Attested{} }, refused: "no attestation of it was verified"},
		"issuer":                {change: func(a *Attested) { a.Issuer = "https://gitlab.com" }, refused: "https://gitlab.com vouches"},
		"repository":            {change: func(a *Attested) { a.Repository += "2" }, refused: "to be of https://github.com/acme/site2"},
		"signer of a longer name": {
			change: func(a *Attested) {
				a.Signer = "https://github.com/acme/site2/.github/workflows/build.yml@refs/heads/main"
			},
			refused: "wants a workflow of https://github.com/acme/site",
		},
		"ref with an @ in it": {
			change: func(a *Attested) { a.Signer += "@2" }, signer: "https://github.com/acme/site/.github/workflows/build.yml",
		},
		"file of a longer name": {
			change: func(a *Attested) { a.Signer = strings.Replace(a.Signer, "build.yml", "build.yml@x.yml", 1) },
			signer: "https://github.com/acme/site/.github/workflows/build.yml", refused: "build.yml@x.yml@refs/heads/main attested it",
		},
		"another workflow":       {signer: "https://github.com/acme/site/.github/workflows/test.yml", refused: "build.yml@refs/heads/main attested it, and `attestation` wants"},
		"another case":           {signer: "https://github.com/acme/site/.github/workflows/Build.yml", refused: "attested it"},
		"another ref":            {signer: signer + "2", refused: "attested it"},
		"repository of workflow": {signer: strings.Replace(signer, "acme", "evil", 1), refused: "attested it"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rule := &ProvenanceRule{Attestation: &AttestationRule{Repository: "https://github.com/acme/site", Issuer: GitHubIssuer, Signer: test.signer}}
			attested := Attested{Signer: signer, Issuer: GitHubIssuer, Repository: "https://github.com/acme/site", SHA256: "aa"}
			if test.change != nil {
				test.change(&attested)
			}
			err := rule.Refuse(Provenance{Commit: "1", Attested: attested})
			if test.refused == "" && err != nil || test.refused != "" && (err == nil || !strings.Contains(err.Error(), test.refused)) {
				t.Errorf("got %v, want %q", err, test.refused)
			}
		})
	}
}
