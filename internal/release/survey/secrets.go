package survey

import (
	_ "embed"
	"errors"
	"strings"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/release"
)

//go:embed secrets.sh
var secretsScript string

//go:embed secretsof.sh
var secretsOfScript string

// SecretsOf asks for the hashes of the secret files of releases, in their order; "" is none.
func SecretsOf(site release.Site, ids []deploy.ReleaseID, found *[]deploy.SecretSums) release.Operation {
	args := []string{site.Root}
	for _, id := range ids {
		args = append(args, string(id))
	}
	read := func(a release.Answer) error {
		lists := strings.Split(string(a.Text), "\x00")
		if len(lists) != len(ids)+1 {
			return errors.New("its answer is cut short")
		}
		*found = nil
		for _, list := range lists[:len(ids)] {
			*found = append(*found, parseSecretSums(list))
		}
		return nil
	}
	return release.Operation{Name: "compare secret files", Script: secretsScript + secretsOfScript, Args: args, Read: read, Silence: time.Minute}
}

// parseSecretSums reads lines of sha256sum. What cannot be read is left out: it counts as changed.
func parseSecretSums(text string) deploy.SecretSums {
	sums := deploy.SecretSums{}
	for line := range strings.Lines(text) {
		hash, path, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "  ./")
		if sum, ok := deploy.ParseSecretSum(hash); ok && path != "" {
			sums[path] = sum
		}
	}
	return sums
}

func (p *parser) secrets(value string) error {
	p.facts.LiveSecrets = parseSecretSums(value)
	return nil
}
