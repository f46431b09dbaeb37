// Package app is the commands. It alone wires: it reads the world into values, hands them from package to package, and
// prints the error that comes back. It must hold no logic that a package below could hold.
package app

import (
	"strings"

	"slipway/internal/ci"
	"slipway/internal/config"
	"slipway/internal/report"
	"slipway/internal/secret"
)

type app struct {
	env Env
}

// desk is where a command's output goes: the log, and in CI its annotations, files and masks.
type desk struct {
	run      ci.Run
	redactor *secret.Redactor
	options  report.Options
}

// newDesk prepares the output of a command. Whatever may hold a secret is masked before anything else is printed.
func (a *app) newDesk(in ci.Inputs) *desk {
	d := &desk{run: ci.Detect(a.env.Getenv), redactor: secret.NewRedactor()}
	d.options = report.Options{
		Out: a.env.Stdout, Run: d.run, Redactor: d.redactor, Terminal: a.env.Terminal && d.run.Platform == "",
		Files: ci.NewFiles(a.env.Getenv), Width: a.env.Width, Color: a.env.Getenv("NO_COLOR") == "", LogLines: config.DefaultLogLines,
	}
	if d.run.Platform == "github" || d.run.Platform == "gitea" {
		d.options.Commands = ci.NewCommands(a.env.Stdout, a.env.Getenv)
	}
	d.hide(config.SecretsOf(in)...)
	return d
}

// hide masks values in the CI's log and in everything that Slipway prints.
func (d *desk) hide(values ...secret.Secret) {
	d.redactor.Add(values...)
	if d.options.Commands != nil {
		for _, value := range values {
			d.options.Commands.Mask(value)
		}
	}
}

// environment is what config needs to know beside inputs and files.
func (a *app) environment(run ci.Run) config.Env {
	_, name, _ := strings.Cut(run.Repository, "/")
	return config.Env{DefaultApp: name, AgentSocket: a.env.Getenv("SSH_AUTH_SOCK"), Ref: run.Ref}
}
