package keys

import "github.com/slipway/slipway/internal/yamlfile"

// AttestationMap is what an attestation must say; Attestation is that, or the word required.
type AttestationMap struct {
	Repository     Text `key:"repository" pattern:"^(https://[^/]+/)?[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)+$" say:"owner/name, or the address of a repository" doc:"Repository that it was built of. Where it is not given, the run's own."`
	SignerWorkflow Text `key:"signer_workflow" pattern:"^(https://[^@ ]+|[A-Za-z0-9._-]+/[A-Za-z0-9._-]+/\\.github/workflows/[^/@ ]+\\.ya?ml|\\.github/workflows/[^/@ ]+\\.ya?ml)(@[^@ ]+)?$" say:"a path like .github/workflows/build.yml, or owner/name/.github/workflows/build.yml, which @refs/heads/main may follow" doc:"The workflow that must have signed it: of the repository, or a reusable one of another. Where it is not given, any of the repository."`
	Issuer         Text `key:"issuer" default:"https://token.actions.githubusercontent.com" pattern:"^https://[^ ]+$" say:"an https address" doc:"Who must vouch for that workflow: the issuer of the CI's OIDC tokens."`
}

// Attestation is in either form.
type Attestation struct {
	AttestationMap
	Node *yamlfile.Node
}

// DecodeYAML reads either form.
func (a *Attestation) DecodeYAML(d *yamlfile.Decoder, n *yamlfile.Node, what string) {
	a.Node = n
	switch {
	case n.Kind == yamlfile.Map:
		d.Decode(n, &a.AttestationMap, what)
	case n.Kind == yamlfile.Text && n.Text == "required":
		yamlfile.SetDefaults(&a.AttestationMap)
	default:
		d.Problem(n.At, "required, or a map with signer_workflow, repository or issuer", "%s must be required or a map", what)
	}
}
