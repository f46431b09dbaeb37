package app

import (
	"cmp"
	"errors"
	"reflect"
	"slices"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"github.com/slipway/slipway/internal/ci"
	"github.com/slipway/slipway/internal/config"
)

// cli is the command line. Every input of the action is a flag of the same name; a flag wins over the input.
type cli struct {
	Deploy   deployCmd   `cmd:"" group:"deploy" help:"Put the artifact on every host and switch together."`
	Promote  promoteCmd  `cmd:"" group:"deploy" help:"Deploy the very artifact that another environment runs."`
	Rollback rollbackCmd `cmd:"" group:"deploy" help:"Activate an earlier release."`
	Plan     planCmd     `cmd:"" group:"first" help:"Say what deploy, rollback or promote would do, and change nothing."`
	Doctor   doctorCmd   `cmd:"" group:"first" help:"Say what on the hosts would stop a deployment, and change nothing."`
	Validate validateCmd `cmd:"" group:"first" help:"Check the deploy file and the inputs, offline."`
	Pack     packCmd     `cmd:"" group:"first" help:"Build a reproducible tarball of a folder."`
	Status   statusCmd   `cmd:"" group:"look" help:"What runs where, since when and by whom; what is not as it should be."`
	History  historyCmd  `cmd:"" group:"look" help:"Past deployments, newest first, and where a rollback goes."`
	Logs     logsCmd     `cmd:"" group:"look" help:"What the steps of a past deployment printed."`
	Exec     execCmd     `cmd:"" group:"repair" help:"Run one command on hosts, under the lock and in the journal."`
	Unlock   unlockCmd   `cmd:"" group:"repair" help:"Say who holds the hosts, and free them from an owner that is dead."`
	Hold     holdCmd     `cmd:"" group:"repair" help:"Let no deployment through until unhold."`
	Unhold   unholdCmd   `cmd:"" group:"repair" help:"Let deployments through again."`
	Prune    pruneCmd    `cmd:"" group:"repair" help:"Delete the releases that the hosts do not keep."`
	Join     joinCmd     `cmd:"" group:"repair" help:"Bring hosts that lack it the release that the others run."`
	Resolve  resolveCmd  `cmd:"" group:"repair" help:"Say what became of a step whose end nobody saw."`
	Init     initCmd     `cmd:"" group:"start" help:"Write a first deploy file and workflow for this repository."`
	Demo     demoCmd     `cmd:"" group:"start" help:"Deploy a small site to two hosts inside this process."`
	Complete completeCmd `cmd:"" group:"start" name:"completion" help:"Print the completion of a shell: source <(slipway completion bash)."`
	Version  versionCmd  `cmd:"" group:"start" help:"Print the version."`
}

// groups are the headings of the help, of commands and of flags.
var groups = []kong.Group{
	{Key: "deploy", Title: "Deploy"},
	{Key: "first", Title: "See first"},
	{Key: "look", Title: "Look"},
	{Key: "repair", Title: "Repair"},
	{Key: "start", Title: "Start"},
	{Key: "what", Title: "What to deploy"},
	{Key: "hosts", Title: "Where"},
	{Key: "login", Title: "Log-in and host identity"},
	{Key: "steps", Title: "Steps, without a deploy file"},
	{Key: "releases", Title: "Releases"},
	{Key: "policy", Title: "How it goes"},
}

// grammar is what kong makes its model of: the whole command line, or of it the one command that is called. Most commands have some
// eighty flags, and a model of all of them costs more than everything else that `slipway version` does.
func grammar(called string) any {
	all := reflect.TypeFor[cli]()
	for i := range all.NumField() {
		field := all.Field(i)
		if called == cmp.Or(field.Tag.Get("name"), strings.ToLower(field.Name)) {
			return reflect.New(reflect.StructOf([]reflect.StructField{field})).Interface()
		}
	}
	return &cli{}
}

// parse reads the command line. It gives nothing where the help was printed and that was all.
func (a *app) parse(args []string) (*kong.Context, error) {
	printed := false
	parser, err := a.parser(grammar(args[0]), func(int) { printed = true })
	if err != nil {
		return nil, err
	}
	parsed, err := read(parser, args)
	if printed {
		return nil, nil
	}
	return parsed, err
}

// read reads arguments, and explains what is wrong with them.
func read(parser *kong.Kong, args []string) (*kong.Context, error) {
	line, err := newCommandLine(parser.Model, args)
	if err != nil {
		return nil, err
	}
	parsed, err := parser.Parse(line.args)
	switch {
	case errors.Is(err, syscall.EPIPE):
		return nil, nil // nobody reads the help any more
	case err != nil:
		return nil, line.explain(err)
	}
	return parsed, nil
}

func (a *app) parser(grammar any, exit func(int)) (*kong.Kong, error) {
	a.redactor.Add(config.SecretsOf(a.given)...)
	parser, err := kong.New(grammar,
		kong.Name("slipway"), kong.Description("Launch what CI built.\n\n"+whence),
		kong.Writers(a.env.Stdout, a.env.Stderr), kong.Exit(exit),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, NoExpandSubcommands: true}),
		kong.ValueFormatter(helpOf), kong.ExplicitGroups(groups), kong.Resolvers(fromInputs(a.given)), kong.Bind(a),
	)
	if err != nil {
		return nil, err
	}
	for _, command := range parser.Model.Children {
		narrow(command)
	}
	return parser, nil
}

const whence = "Documents (docs/), binaries with checksums, and images: https://github.com/slipway/slipway"

// narrow leaves a command the flags that mean something to it. What a command that only goes to hosts reads and has no use
// for, it takes and does not list.
func narrow(command *kong.Node) {
	takers := func(f *kong.Flag) []string { return strings.Split(f.Tag.Get("of"), ", ") }
	command.Flags = slices.DeleteFunc(command.Flags, func(f *kong.Flag) bool {
		return f.Tag.Get("of") != "" && !slices.Contains(takers(f), command.Name)
	})
	for _, f := range command.Flags {
		f.Required = f.Required && takers(f)[0] == command.Name
		f.Hidden = f.Hidden || f.Name == "to" && command.Name != "rollback" && command.Name != "plan"
	}
	if command.Group == nil || !slices.Contains([]string{"repair", "look"}, command.Group.Key) || command.Name == "join" {
		return
	}
	for _, f := range command.Flags {
		if wanted := f.Name == "log_lines" && command.Name == "logs" || f.Name == "keep_releases" && command.Name == "prune"; wanted {
			continue
		}
		useless := []string{
			"steps", "releases", "policy", "artifact", "strip_components", "revision", "max_size",
			"github_artifact", "github_artifact_workflow", "ref", "artifact_url", "artifact_sha256", "pull", "github_token",
		}
		if f.Group != nil && slices.Contains(useless, f.Group.Key) || slices.Contains(useless, f.Name) {
			f.Hidden = true
		}
	}
}

// fromInputs lets kong take what no flag gives from the action's inputs.
func fromInputs(given ci.Inputs) kong.Resolver {
	values := map[string]string{}
	for doc, value := range given.All() {
		values[doc.Name] = *value
	}
	return kong.ResolverFunc(func(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
		if value := values[flag.Name]; value != "" {
			return value, nil
		}
		return nil, nil
	})
}

// helpOf is a flag's help and what holds without it.
func helpOf(value *kong.Value) string {
	usual := value.Tag.Get("fallback")
	if usual == "" {
		usual = value.Default
	}
	if usual == "" {
		return value.Help
	}
	return strings.TrimSuffix(value.Help, ".") + " (default: " + usual + ")."
}
