package config

import (
	"slices"

	"slipway/internal/deploy"
	"slipway/internal/secret"
	"slipway/internal/yamlfile"
)

// secrets matches what is declared with what is given.
func (l *loader) secrets(s *settings, c *Config) {
	c.Secrets = map[string]secret.Secret{}
	given := map[string]secret.Secret{}
	for _, a := range l.inputSecrets {
		given[a.Name] = secret.New(a.Value)
		if a.Value != "" {
			c.Masks = append(c.Masks, secret.New(a.Value))
		}
	}
	if s.Secrets == nil {
		// Where nothing is declared, what is given is. GitHub's toJSON(secrets) brings its own token, which no step asked for.
		for _, a := range l.inputSecrets {
			if a.Name != "github_token" {
				s.Secrets = append(s.Secrets, text{V: a.Name, Node: yamlfile.NewText(a.Name, a.At)})
			}
		}
	}
	l.spilled(s)
	wanted := slices.Clone(s.Secrets)
	for _, f := range s.SecretFiles {
		wanted = append(wanted, f.From)
	}
	for _, name := range wanted {
		if !name.Given() || !l.goodName(name.V, name.At()) {
			continue
		}
		for _, h := range append([]deploy.Host{{Vars: c.Vars}}, c.Hosts...) {
			if _, isVar := h.Vars[name.V]; isVar {
				l.problem(name.At(), "rename one", "`%s` is a variable and a secret", name.V)
				break
			}
		}
		value, ok := given[name.V]
		if l.live() && (!ok || value.IsEmpty()) {
			l.problem(name.At(), "give it in the input `secrets`: "+name.V+"=${{ secrets."+name.V+" }}", "the secret `%s` is not given", name.V)
		}
		c.Secrets[name.V] = value
	}
}

// declared are the names that steps see by themselves.
func declared(names []text, c *Config) []string {
	var found []string
	for _, name := range names {
		if _, ok := c.Secrets[name.V]; ok && !slices.Contains(found, name.V) {
			found = append(found, name.V)
		}
	}
	return found
}

// spilled refuses a secret file that may have lost its lines: its secret was given in one line, and a secret follows that
// nothing declares. What CI put in place of an expression had several lines then, of which only the first was taken.
func (l *loader) spilled(s *settings) {
	declared := func(name string) bool {
		return slices.ContainsFunc(s.Secrets, func(t text) bool { return t.V == name && t.Node.At.File == l.file })
	}
	file := func(name string) bool {
		return slices.ContainsFunc(s.SecretFiles, func(f secretFile) bool { return f.From.V == name })
	}
	for i, a := range l.inputSecrets {
		if i == 0 || !a.OneLine || declared(a.Name) || file(a.Name) {
			continue
		}
		if before := l.inputSecrets[i-1]; before.OneLine && file(before.Name) {
			l.problem(a.At, "if so, "+before.Name+"<<END, its lines, and a line END; else name it in `secrets` of "+l.file,
				"no secret `%s` is declared: is it a line of %s?", a.Name, before.Name)
		}
	}
}
