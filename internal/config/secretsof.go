package config

import (
	"net/url"
	"strings"

	"github.com/slipway/slipway/internal/ci"
	"github.com/slipway/slipway/internal/config/assignments"
	"github.com/slipway/slipway/internal/secret"
)

// SecretsOf are all values among the inputs that must not be shown, whatever mistakes there are in the inputs: they are
// masked before the mistakes are told. Of an input secrets that cannot be read, every line is one.
func SecretsOf(in ci.Inputs) []secret.Secret {
	values := []string{in.SSHKey, in.SSHKeyPassphrase, in.FromSSHKey, in.GitHubToken, in.PolicyToken}
	assigned, problems := assignments.Parse("secrets", in.Secrets)
	for _, a := range assigned {
		values = append(values, a.Value)
	}
	values = append(values, signatures(in.ArtifactURL)...)
	values = append(values, in.OtelHeaders)
	if len(problems) > 0 {
		values = append(values, strings.Split(in.Secrets, "\n")...)
	}
	var secrets []secret.Secret
	for _, value := range values {
		if strings.TrimSpace(value) != "" {
			secrets = append(secrets, secret.New(value))
		}
	}
	return secrets
}

// shortestSignature is how many characters a value in an address has that lets somebody in: shorter ones say how long, and to whom.
const shortestSignature = 16

// signatures are what in an address lets whoever has it read what lies there: of a signed one all of it, its query, and the long values
// there, and a password.
func signatures(address string) []string {
	address = strings.TrimSpace(address)
	at, err := url.Parse(address)
	switch {
	case err != nil:
		return []string{address}
	case at.RawQuery == "" && at.User == nil:
		return nil
	}
	secrets := []string{address, at.RawQuery}
	if password, ok := at.User.Password(); ok {
		secrets = append(secrets, password)
	} else if name := at.User.Username(); len(name) >= shortestSignature { // a token, and no name
		secrets = append(secrets, name)
	}
	for _, values := range at.Query() {
		for _, value := range values {
			if len(value) >= shortestSignature {
				secrets = append(secrets, value)
			}
		}
	}
	return secrets
}
