package config

import (
	"strings"

	"slipway/internal/ci"
	"slipway/internal/config/assignments"
	"slipway/internal/secret"
)

// SecretsOf are all values among the inputs that must not be shown, whatever mistakes there are in the inputs: they are
// masked before the mistakes are told. Of an input secrets that cannot be read, every line is one.
func SecretsOf(in ci.Inputs) []secret.Secret {
	values := []string{in.SSHKey, in.SSHKeyPassphrase, in.FromSSHKey, in.GitHubToken}
	assigned, problems := assignments.Parse("secrets", in.Secrets)
	for _, a := range assigned {
		values = append(values, a.Value)
	}
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
