package config

import (
	"cmp"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/slipway/slipway/internal/call/request"
	"github.com/slipway/slipway/internal/config/keys"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/yamlfile"
)

// Expand replaces ${NAME} by the value that lookup gives. $${NAME} stands for a literal ${NAME}; any other $ is itself.
// A name that lookup does not know, and ${ without a name and }, are errors.
func Expand(text string, lookup func(string) (string, bool)) (string, error) {
	return request.Expand(text, func(_, name string) (string, error) {
		value, known := lookup(name)
		if !known {
			return "", &UnknownVariableError{Name: name}
		}
		return value, nil
	})
}

// UnknownVariableError says that a ${NAME} names no variable.
type UnknownVariableError = request.UnknownError

// expandable judges the ${NAME}s of a text for every host that reads it, and gives the text as the last one sees it, with
// stand-ins for what only a deployment knows. secrets are those that it may name; nil where none may stand.
func (b *builder) expandable(t keys.Text, hosts []deploy.Host, vars map[string]string, secrets []string) (expanded string, ok bool) {
	if !t.Given() {
		return "", true
	}
	for _, h := range hosts {
		all := merged(h.Vars, vars)
		var err error
		expanded, err = Expand(t.V, func(name string) (string, bool) {
			if value, known := all[name]; known {
				return value, true
			}
			return "x", slices.Contains(builtin(h), name) || slices.Contains(secrets, name)
		})
		var unknown *UnknownVariableError
		switch {
		case errors.As(err, &unknown):
			b.unknownVariable(unknown.Name, t, h, all, secrets)
			return "", false
		case err != nil:
			b.problem(t.At(), "", "%s", err)
			return "", false
		}
	}
	return expanded, true
}

// builtin are the variables that Slipway gives to what a host runs, or the runner.
func builtin(h deploy.Host) []string {
	if h.Name == deploy.RunnerName {
		return keys.OfRunner
	}
	return keys.Builtin
}

func (b *builder) unknownVariable(name string, t keys.Text, h deploy.Host, known map[string]string, secrets []string) {
	before, _, _ := strings.Cut(t.V, "${"+name+"}")
	line := strings.Count(before, "\n") + 1
	at := t.Node.Inside(line, len([]rune(before[strings.LastIndex(before, "\n")+1:]))+1)
	if _, secret := b.config.Secrets[name]; secret {
		b.problem(at, "steps see it, and `headers` of a check of the fleet may name it", "`%s` is a secret, which cannot stand here", name)
		return
	}
	if slices.ContainsFunc(b.config.Hosts, func(other deploy.Host) bool { _, has := other.Vars[name]; return has }) {
		hint := "give it in `vars` of the file, or of every host"
		if h.Name == deploy.RunnerName {
			hint = "it has those of the file, and of no host"
		}
		b.problem(at, hint, "%s has no variable `%s`", cmp.Or(h.Name, "the fleet"), name)
		return
	}
	if b.unseen {
		return
	}
	names := slices.Concat(slices.Sorted(maps.Keys(known)), builtin(h), secrets)
	hint := "declare it in `vars`"
	if secrets != nil {
		hint += "; if it is secret, in `secrets`"
	}
	b.problem(at, cmp.Or(yamlfile.DidYouMean(name, names), hint), "no variable `%s`", name)
}
