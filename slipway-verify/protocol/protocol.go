// Package protocol is what Slipway and the program slipway-verify say to each other: one Request on the program's standard input, one
// Verdict on its standard output, both JSON. The program is of a Go module of its own, which has a copy of this file, so that neither
// module's dependencies are the other's: `go generate` writes it.
package protocol

//go:generate cp protocol.go ../../../slipway-verify/protocol/protocol.go

import "encoding/json"

// Version is that of the protocol. A program that speaks another one is refused.
const Version = 1

// How much there may be of each.
const (
	MaxBundles     = 100      // of a request
	MaxBundleBytes = 16 << 20 // of all bundles of a request together
	MaxRootBytes   = 4 << 20  // of trusted roots
	MaxVerdict     = 1 << 20  // bytes that a verdict may have
	MaxRefusals    = 20       // texts of a verdict that say why
)

// ProvenanceType is the type of the only attestations that count: SLSA's provenance, as GitHub's actions/attest writes it.
const ProvenanceType = "https://slsa.dev/provenance/v1"

// Request is what is to be verified.
type Request struct {
	Version int    `json:"version"`
	SHA256  string `json:"sha256"` // of the artifact, in hexadecimal digits

	Issuer     string `json:"issuer"`     // of the OIDC token that the certificate was given for
	Repository string `json:"repository"` // that the artifact was built of: https://github.com/acme/site
	Signer     string `json:"signer"`     // the workflow that signed, without a ref or with one: https://github.com/acme/site/.github/workflows/build.yml@refs/heads/main; "" is any of the repository

	Bundles      []json.RawMessage `json:"bundles"`
	TrustedRoots string            `json:"trusted_roots,omitempty"` // a JSON document each, one behind the other; "" has Sigstore's and GitHub's fetched
	CacheDir     string            `json:"cache_dir,omitempty"`     // a folder that keeps what was fetched of them; "" keeps nothing
}

// Verdict is what was found.
type Verdict struct {
	Version  int       `json:"version"`
	SHA256   string    `json:"sha256"`             // that of the request
	Verified []Build   `json:"verified,omitempty"` // of each bundle that holds, in the request's order
	Refused  []Refusal `json:"refused,omitempty"`  // of the others, as far as there is room
}

// Build is what an attestation says of the build, as its certificate has it: the CI's own word, and not the job's.
type Build struct {
	Signer     string `json:"signer"`     // the workflow that signed, with its ref
	Issuer     string `json:"issuer"`     // of the token
	Repository string `json:"repository"` // URL
	Workflow   string `json:"workflow"`   // the workflow that was started, with its ref; "" where the certificate does not say
	Ref        string `json:"ref"`        // refs/heads/main; "" as well
	Commit     string `json:"commit"`     // full
	Event      string `json:"event"`      // push, ...
	Run        string `json:"run"`        // URL of the run's attempt
	Logged     string `json:"logged"`     // when it was signed, by a log or a timestamp authority: RFC 3339
}

// Refusal says why a bundle, by its place in the request, does not hold.
type Refusal struct {
	Bundle int    `json:"bundle"`
	Reason string `json:"reason"`
}
