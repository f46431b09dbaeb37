package deploy

import "time"

// CertificateFrom is who signs the certificate that hosts are logged in to with, and for which token of the job.
type CertificateFrom struct {
	Kind IssuerKind
	URL  string // of the issuer, https, without a slash at its end

	// Of Vault and OpenBao alone.
	Role, Mount       string // of the SSH secrets engine
	JWTRole, JWTMount string // of the JWT auth method
	Namespace         string // "" is none

	Audience   string        // that the job's token must be for
	Principals []string      // that are asked for; step-ca's template has the last word
	TTL        time.Duration // that is asked for; 0 leaves it to the issuer
	CA         string        // certificates of the authorities that vouch for the issuer, PEM; "" is the usual ones

	TokenEnv  string // name of the variable that holds the token; "" is none
	TokenFile string // path of the file that holds it; "" is none. Without either, the CI is asked for one

	At Position
}

// IssuerKind is what speaks at an issuer's address.
type IssuerKind string

// The kinds of issuers, as the deploy file's keys have them.
const (
	Vault    IssuerKind = "vault" // Vault or OpenBao
	StepCA   IssuerKind = "step_ca"
	Endpoint IssuerKind = "endpoint"
)

// String is the issuer as people are told of it.
func (f CertificateFrom) String() string {
	name := map[IssuerKind]string{Vault: "Vault", StepCA: "step-ca", Endpoint: "the endpoint"}[f.Kind]
	return name + " at " + f.URL
}
