package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/slipway/slipway/internal/config/keys"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/secret"
	"github.com/slipway/slipway/internal/yamlfile"
)

// secrets matches what is declared with what is given. Whether what is not given is needed, demandSecrets says.
func (l *loader) secrets(s *keys.Settings, c *Config) {
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
		own := notifySecrets(s)
		for _, a := range l.inputSecrets {
			told := slices.ContainsFunc(own, func(name keys.Text) bool { return name.V == a.Name })
			if a.Name != "github_token" && !told {
				s.Secrets = append(s.Secrets, keys.Text{V: a.Name, Node: yamlfile.NewText(a.Name, a.At)})
			}
		}
	}
	l.spilled(s)
	for _, name := range eachOnce(wanted(s)) {
		if !name.Given() || !l.goodName(name.V, name.At()) {
			continue
		}
		for _, h := range append([]deploy.Host{{Vars: c.Vars}}, c.Hosts...) {
			if _, isVar := h.Vars[name.V]; isVar {
				l.problem(name.At(), "rename one", "`%s` is a variable and a secret", name.V)
				break
			}
		}
		c.Secrets[name.V] = given[name.V]
	}
}

// demandSecrets asks for the secrets that are not given and that the command has a use for. A rollback has none for secret files,
// which lie beside the release that it goes back to, nor for the steps that it does not run.
func (l *loader) demandSecrets(s *keys.Settings, c *Config) {
	if !l.live() {
		return
	}
	for _, name := range eachOnce(wanted(s)) {
		value, declared := c.Secrets[name.V]
		headers := name.V == s.OtelHeaders.V && strings.TrimSpace(l.in.OtelHeaders) != ""
		if !declared || !value.IsEmpty() || headers {
			continue
		}
		hint := "give it in the input `secrets`: " + name.V + "=${{ secrets." + name.V + " }}"
		if l.command != "rollback" {
			l.problem(name.At(), hint, "the secret `%s` is not given", name.V)
		} else if step := c.rollbackUse(name.V); step != "" {
			l.problem(name.At(), hint+"; or name in `secrets` of the step those that it needs", "the secret `%s` is not given, and a rollback runs %s, which sees it", name.V, step)
		}
	}
}

// wanted are all secrets that the file names: of steps, of files, and of who is told.
func wanted(s *keys.Settings) []keys.Text {
	names := slices.Clone(s.Secrets)
	for _, f := range s.SecretFiles {
		names = append(names, f.From)
	}
	return append(names, notifySecrets(s)...)
}

// eachOnce leaves out names that stand before: a secret for steps and for a file is asked for in one place.
func eachOnce(names []keys.Text) []keys.Text {
	var kept []keys.Text
	for _, name := range names {
		if !slices.ContainsFunc(kept, func(t keys.Text) bool { return t.V == name.V }) {
			kept = append(kept, name)
		}
	}
	return kept
}

// rollbackUse is the first step of a rollback that sees a secret, "" where none does.
func (c *Config) rollbackUse(name string) string {
	steps := slices.Concat(c.Ensure, c.Finish, c.OnFailure)
	checks := slices.Clone(c.Fleet)
	for _, role := range append([]string{""}, c.ActivationRoles...) {
		a := c.Activation[role]
		steps = append(steps, a.Restart...)
		for _, drain := range a.Drain {
			steps = append(steps, drain.Step)
		}
		checks = append(checks, a.Verify...)
	}
	for _, check := range checks {
		if check.Run != nil {
			steps = append(steps, *check.Run)
		}
	}
	for _, step := range steps {
		if step.Sees(name) {
			return step.Name
		}
	}
	for _, check := range deploy.NotMetrics(c.Fleet) {
		if check.HTTP != nil && check.HTTP.Names(name) {
			return check.Name
		}
	}
	return ""
}

// noProgram are the recipes that run nothing of the application: they speak to a balancer, or to what keeps its programs alive. They
// see a secret only where a parameter names it.
var noProgram = map[string]bool{
	"gunicorn/reload": true, "haproxy/drain": true, "health-file/drain": true, "mod_wsgi/touch": true, "nginx/drain": true,
	"supervisor/restart": true, "systemd/reload": true, "systemd/restart": true, "uwsgi/touch-reload": true,
}

// declared are the names that steps see by themselves.
func declared(names []keys.Text, c *Config) []string {
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
func (l *loader) spilled(s *keys.Settings) {
	declared := func(name string) bool {
		return slices.ContainsFunc(slices.Concat(s.Secrets, notifySecrets(s)), func(t keys.Text) bool { return t.V == name && !t.Node.At.IsInput() })
	}
	file := func(name string) bool {
		return slices.ContainsFunc(s.SecretFiles, func(f keys.SecretFile) bool { return f.From.V == name })
	}
	for i, a := range l.inputSecrets {
		if i == 0 || !a.OneLine || declared(a.Name) || file(a.Name) {
			continue
		}
		if before := l.inputSecrets[i-1]; before.OneLine && file(before.Name) {
			subject := "no secret `" + a.Name + "` is declared"
			if !a.IsPlain() {
				subject = fmt.Sprintf("line %d of `secrets` gives no declared secret", a.At.Line)
			}
			l.problem(a.At, "if so, "+before.Name+"<<END, its lines, and a line END; else name it in `secrets` of "+l.file,
				"%s: is it a line of %s?", subject, before.Name)
		}
	}
}
