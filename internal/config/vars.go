package config

import (
	"strings"

	"github.com/slipway/slipway/internal/config/assignments"
	"github.com/slipway/slipway/internal/config/keys"
	"github.com/slipway/slipway/internal/deploy"
)

// goodName judges the name of a variable or secret.
func (l *loader) goodName(name string, at deploy.Position) bool {
	switch {
	case !assignments.IsName(name):
		l.problem(at, "letters, digits and _, not a digit first", "`%s` cannot name a variable", name)
		return false
	case strings.HasPrefix(strings.ToUpper(name), "SLIPWAY_"):
		l.problem(at, "choose another", "`%s`: names that begin with SLIPWAY_ are Slipway's own", name)
		return false
	case deploy.ShellVariable(name):
		l.problem(at, "choose another", "`%s` cannot be a variable or a secret: it is a name that shells keep for themselves", name)
		return false
	case shellNames[name] != "":
		l.problem(at, shellNames[name], "`%s` cannot be a variable or a secret: the shell that runs the steps lives by it", name)
		return false
	}
	return true
}

// shellNames are the variables that change what a shell or the loader of programs does, and what to do instead.
var shellNames = func() map[string]string {
	inStep := "set it inside the step's script, where it is for that step alone"
	names := map[string]string{
		"PATH": "extend it inside the step's script: PATH=$PWD/venv/bin:$PATH",
		"HOME": "it is the home folder of the user who logs in; a script may set another for the programs that it runs",
	}
	for _, name := range []string{
		"IFS", "ENV", "BASH_ENV", "PWD", "OLDPWD", "CDPATH", "PS4", "LD_PRELOAD", "LD_AUDIT", "POSIXLY_CORRECT", "OPTARG", "GLOBIGNORE",
	} {
		names[name] = inStep
	}
	return names
}()

// vars are the variables of a map, their names judged.
func (l *loader) vars(d keys.Dict) map[string]string {
	vars := map[string]string{}
	for _, pair := range d.Pairs {
		if l.goodName(pair.Key, pair.At) {
			vars[pair.Key] = string(pair.Value.V)
		}
		if strings.ContainsRune(string(pair.Value.V), 0) {
			l.problem(pair.At, "", "`%s` holds a NUL byte", pair.Key)
		}
	}
	return vars
}

// merged lays maps over each other, the last on top.
func merged(layers ...map[string]string) map[string]string {
	all := map[string]string{}
	for _, layer := range layers {
		for name, value := range layer {
			all[name] = value
		}
	}
	return all
}
