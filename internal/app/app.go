// Package app is the commands. It alone wires: it reads the world into values, hands them from package to package, and
// prints the error that comes back. It must hold no logic that a package below could hold.
//
// A command is one file: its flags, and its Run method. A session is what the commands that go to hosts
// have in common: the inputs, the configuration, the output and the way to the hosts.
package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/slipway/slipway/internal/ci"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/secret"
)

type app struct {
	env      Env
	given    ci.Inputs        // the inputs of CI, without the command line's flags
	redactor *secret.Redactor // knows every secret that was given
	policy   fs.FS            // whose deploy file says who may what, where the input policy_from names a branch; nil: the working directory's
}

func newApp(env Env) *app {
	return &app{env: env, given: ci.FromEnv(env.LookupEnv), redactor: secret.NewRedactor()}
}

// exit is an error that ends the program with a code of its own. What there is to say of it has been said.
type exit int

func (e exit) Error() string { return fmt.Sprintf("exit %d", int(e)) }

// Main runs one command and gives the program's exit code (deploy.Exit...).
func Main(ctx context.Context, env Env) int {
	a := newApp(env)
	err := a.run(ctx)
	var code exit
	switch {
	case err == nil:
		return deploy.ExitDone
	case errors.As(err, &code):
		return int(code)
	}
	message := told(err, func(text string) string { return ci.CleanText(a.redactor.String(text)) })
	_, _ = fmt.Fprintln(env.Stderr, "slipway: "+message)
	ci.Detect(env.Getenv).NewLog(env.Stdout, env.Getenv).Annotate(ci.Annotation{Level: deploy.LevelError, Message: message})
	if errors.Is(err, errUsage) {
		return deploy.ExitBadInput
	}
	return deploy.ExitFailed
}

// run does what the command line says, or as an action the input `command`. Inputs without a command deploy: a job that gave
// them must not end green with the help text.
func (a *app) run(ctx context.Context) error {
	if a.env.Program == postName {
		return a.post(ctx)
	}
	var called runner
	var err error
	switch args := a.env.Args; {
	case len(args) > 0 && args[0] == completeWord:
		return a.complete(args[1:])
	case len(args) == 1 && args[0] == "--version":
		called, err = a.parse([]string{"version"})
	case len(args) > 0:
		called, err = a.parse(args)
	case len(a.given.Given) > 0:
		called, err = a.parseAction(strings.Fields(cmp.Or(strings.TrimSpace(a.given.Command), "deploy")))
	default:
		called, err = a.parse([]string{"--help"})
	}
	if err != nil || called == nil {
		return err
	}
	return called.Run(ctx, a)
}
