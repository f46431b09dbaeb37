package app

import (
	"fmt"
	"os"
	"strings"

	"slipway/internal/ci"
)

// inputs are what flags and the action's inputs say together. A flag whose value is long or secret takes @file as well, so
// that no secret need stand in an argument list.
func (a *app) inputs(command string, flags, given ci.Inputs) (ci.Inputs, error) {
	in := flags
	in.Command, in.Given = command, given.Given
	for _, field := range []struct {
		name         string
		value, input *string
	}{
		{"ssh_key", &in.SSHKey, &given.SSHKey},
		{"ssh_key_passphrase", &in.SSHKeyPassphrase, &given.SSHKeyPassphrase},
		{"ssh_certificate", &in.SSHCertificate, &given.SSHCertificate},
		{"known_hosts", &in.KnownHosts, &given.KnownHosts},
		{"secrets", &in.Secrets, &given.Secrets},
	} {
		file, ok := strings.CutPrefix(*field.value, "@")
		if !ok || *field.value == *field.input {
			continue
		}
		text, err := os.ReadFile(a.path(file))
		if err != nil {
			return in, fmt.Errorf("--%s: %w", field.name, err)
		}
		*field.value = string(text)
	}
	return in, nil
}
