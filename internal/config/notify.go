package config

import (
	"encoding/base64"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/slipway/slipway/internal/call/request"
	"github.com/slipway/slipway/internal/config/assignments"
	"github.com/slipway/slipway/internal/config/keys"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/secret"
)

// Limits on what may be told to whom.
const (
	mostNotified = 20 // entries of notify
	shortestKey  = 16 // bytes of a key of a signature
)

// keyPrefix stands before a key of a signature in base64, as Standard Webhooks has it.
const keyPrefix = "whsec_"

// Notify is one address that is told how deployments go.
type Notify struct {
	Service string        // slack, mattermost, teams, discord or webhook
	Secret  string        // name of the secret that holds the address
	URL     secret.Secret // the address; empty where the secret is not given
	Key     secret.Secret // of webhook: what the signature is made with, as bytes; empty else
	On      []deploy.Occasion
	At      deploy.Position
}

// String is who is told, and of what: "slack SLACK_URL on failure, rollback".
func (n Notify) String() string {
	on := make([]string, len(n.On))
	for i, occasion := range n.On {
		on[i] = string(occasion)
	}
	return fmt.Sprintf("%s %s on %s", n.Service, n.Secret, strings.Join(on, ", "))
}

// notifySecrets are the secrets that only telling people needs. To name one there declares it, and no step sees it by that.
func notifySecrets(s *keys.Settings) (names []keys.Text) {
	for _, n := range s.Notify {
		services := n.Services()
		for _, service := range slices.Sorted(maps.Keys(services)) {
			names = append(names, services[service])
		}
		names = append(names, n.Secret)
	}
	names = append(names, s.OtelHeaders)
	return slices.DeleteFunc(names, func(name keys.Text) bool { return !assignments.IsName(name.V) }) // what is none may be the secret itself
}

// notify reads who is told how deployments go.
func (l *loader) notify(s *keys.Settings, c *Config) {
	if len(s.Notify) > mostNotified {
		l.problem(s.Notify[mostNotified].Node.At, "one channel can be read by many", "`notify` has %d entries, and may have %d", len(s.Notify), mostNotified)
		return
	}
	for _, n := range s.Notify {
		var given []string
		services := n.Services()
		for _, service := range slices.Sorted(maps.Keys(services)) {
			if services[service].Given() {
				given = append(given, service)
			}
		}
		if len(given) != 1 {
			l.problem(n.Node.At, "one of slack, mattermost, teams, discord and webhook, with the name of the secret that holds its address",
				"an entry of `notify` tells one service, not %d", len(given))
			continue
		}
		name := services[given[0]]
		if !l.namesSecret(name) || n.Secret.Given() && !l.namesSecret(n.Secret) {
			continue
		}
		told := Notify{Service: given[0], Secret: name.V, At: name.At(), On: l.occasions(n)}
		told.URL = l.notifyURL(name, c.Secrets[name.V])
		told.Key = l.notifyKey(told.Service, n, c)
		c.Notify = append(c.Notify, told)
	}
}

// occasions are when an entry is told.
func (l *loader) occasions(n keys.Notify) (on []deploy.Occasion) {
	if n.Node.Get("on") == nil {
		return []deploy.Occasion{deploy.OccasionFailure, deploy.OccasionRollback, deploy.OccasionPerson}
	}
	for _, word := range n.On {
		if occasion := deploy.Occasion(word.V); word.Given() && !slices.Contains(on, occasion) {
			on = append(on, occasion)
		}
	}
	if len(n.On) == 0 {
		l.problem(n.Node.Get("on").At, "drop the entry, or say when", "`on` names nothing, so nobody is told")
	}
	return on
}

// namesSecret judges the name of a secret, and shows nothing of what stands there: people write the secret itself.
func (l *loader) namesSecret(name keys.Text) bool {
	ok := assignments.IsName(name.V)
	if !ok {
		l.problem(name.At(), "give the value in the input `secrets`, as NAME=value, and NAME here", "here stands the name of a secret, and never the secret itself")
	}
	return ok
}

// notifyURL judges an address. Nothing of it is shown: whoever has it may write to the channel.
func (l *loader) notifyURL(name keys.Text, value secret.Secret) secret.Secret {
	address := strings.TrimSpace(value.Reveal())
	if address == "" {
		return secret.Secret{}
	}
	if _, err := request.Address(address, false); err != nil {
		l.problem(name.At(), "an address like https://hooks.example.com/..., without a user in it; http:// is taken for this machine alone",
			"the secret `%s` is no https address", name.V)
		return secret.Secret{}
	}
	return secret.New(address)
}

// notifyKey is what a webhook is signed with.
func (l *loader) notifyKey(service string, n keys.Notify, c *Config) secret.Secret {
	switch {
	case service != "webhook" && n.Secret.Given():
		l.problem(n.Secret.At(), "drop it", "`secret` is for webhook: %s checks no signature", service)
		return secret.Secret{}
	case service != "webhook":
		return secret.Secret{}
	case !n.Secret.Given():
		l.problem(n.Node.At, "add `secret: NAME`, and give the receiver the same value", "a webhook needs `secret`: without a signature anybody could have sent it")
		return secret.Secret{}
	}
	value := strings.TrimSpace(c.Secrets[n.Secret.V].Reveal())
	key := value
	if text, coded := strings.CutPrefix(value, keyPrefix); coded {
		decoded, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			l.problem(n.Secret.At(), "drop "+keyPrefix+" where it is no base64", "the secret `%s` begins with %s, and what follows is no base64", n.Secret.V, keyPrefix)
			return secret.Secret{}
		}
		key = string(decoded)
	}
	if value != "" && len(key) < shortestKey {
		l.problem(n.Secret.At(), "`openssl rand -hex 32` makes one", "the secret `%s` is too short to sign with: at least %d bytes", n.Secret.V, shortestKey)
	}
	return secret.New(key)
}
