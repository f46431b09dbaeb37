package app

import (
	"context"
	"errors"
	"fmt"
	"reflect"

	"github.com/alecthomas/kong"

	"slipway/internal/ci"
	"slipway/internal/deploy"
)

// cli is the command line. Every input of the action is a flag of the same name; a flag wins over the input.
type cli struct {
	Deploy   inputsCmd  `cmd:"" group:"deploy" help:"Put the artifact on every host and switch together."`
	Rollback inputsCmd  `cmd:"" group:"deploy" help:"Activate an earlier release."`
	Validate inputsCmd  `cmd:"" group:"first" help:"Check the deploy file and the inputs, offline."`
	Pack     packCmd    `cmd:"" group:"first" help:"Build a reproducible tarball of a folder."`
	Unlock   unlockCmd  `cmd:"" group:"repair" help:"Say who holds the hosts, and free them from an owner that is dead."`
	Hold     holdCmd    `cmd:"" group:"repair" help:"Let no deployment through until unhold."`
	Unhold   inputsCmd  `cmd:"" group:"repair" help:"Let deployments through again."`
	Join     inputsCmd  `cmd:"" group:"repair" help:"Bring hosts that lack it the release that the others run."`
	Resolve  resolveCmd `cmd:"" group:"repair" help:"Say what became of a step whose end nobody saw."`
	Demo     struct{}   `cmd:"" group:"start" help:"Deploy a small site to two hosts inside this process."`
	Version  struct{}   `cmd:"" group:"start" help:"Print the version."`
}

type inputsCmd struct {
	ci.Inputs
}

// exit is an error that ends the program with a code of its own. What there is to say of it has been said.
type exit int

func (e exit) Error() string { return fmt.Sprintf("exit %d", int(e)) }

// Main runs one command and gives the program's exit code (deploy.Exit...).
func Main(ctx context.Context, env Env) int {
	err := (&app{env: env}).run(ctx)
	var code exit
	switch {
	case err == nil:
		return deploy.ExitDone
	case errors.As(err, &code):
		return int(code)
	}
	_, _ = fmt.Fprintln(env.Stderr, "slipway: "+err.Error())
	var usage *kong.ParseError
	if errors.As(err, &usage) {
		return deploy.ExitBadInput
	}
	return deploy.ExitFailed
}

// run reads the command line, or as an action the input `command`, and runs what it says. Inputs without a command deploy:
// a job that gave them must not end green with the help text.
func (a *app) run(ctx context.Context) error {
	if a.env.Program == postName {
		return a.post(ctx)
	}
	given := ci.FromEnv(a.env.LookupEnv)
	args := a.env.Args
	if len(args) == 0 {
		switch {
		case given.Command != "":
			args = []string{given.Command}
		case len(given.Given) > 0:
			args = []string{"deploy"}
		default:
			args = []string{"--help"}
		}
	}
	var commands cli
	left := false
	parser, err := kong.New(&commands,
		kong.Name("slipway"), kong.Description("Launch what CI built."),
		kong.Writers(a.env.Stdout, a.env.Stderr), kong.Exit(func(int) { left = true }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, NoExpandSubcommands: true}),
		kong.ExplicitGroups([]kong.Group{{Key: "deploy", Title: "Deploy"}, {Key: "first", Title: "See first"}, {Key: "repair", Title: "Repair"}, {Key: "start", Title: "Start"}}),
		kong.Resolvers(fromInputs(given)),
	)
	if err != nil {
		return err
	}
	parsed, err := parser.Parse(args)
	if left {
		return nil
	}
	if err != nil {
		return err
	}
	command := parsed.Selected().Name
	flags := map[string]ci.Inputs{
		"deploy": commands.Deploy.Inputs, "rollback": commands.Rollback.Inputs, "validate": commands.Validate.Inputs,
		"join":    commands.Join.Inputs,
		"resolve": commands.Resolve.Inputs, "unlock": commands.Unlock.Inputs, "hold": commands.Hold.Inputs, "unhold": commands.Unhold.Inputs,
	}[command]
	in, err := a.inputs(command, flags, given)
	if err != nil {
		return err
	}
	switch command {
	case "deploy", "rollback", "join":
		return a.deploy(ctx, in)
	case "validate":
		return a.validate(in)
	case "unlock":
		return a.unlock(ctx, in, commands.Unlock)
	case "hold":
		return a.hold(ctx, in, commands.Hold)
	case "unhold":
		return a.unhold(ctx, in)
	case "resolve":
		return a.resolve(ctx, in, commands.Resolve)
	case "pack":
		return a.pack(ctx, commands.Pack)
	case "demo":
		return a.demo(ctx)
	default:
		_, err := fmt.Fprintf(a.env.Stdout, "slipway %s\n", version())
		return err
	}
}

// fromInputs lets kong take what no flag gives from the action's inputs.
func fromInputs(given ci.Inputs) kong.Resolver {
	values := map[string]string{}
	v := reflect.ValueOf(given)
	for i := range v.NumField() {
		if name := v.Type().Field(i).Tag.Get("name"); name != "" {
			values[name] = v.Field(i).String()
		}
	}
	return kong.ResolverFunc(func(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
		if value := values[flag.Name]; value != "" {
			return value, nil
		}
		return nil, nil
	})
}
