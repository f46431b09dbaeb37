package app

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strconv"
	"syscall"

	"github.com/slipway/slipway/internal/app/cmdline"
	"github.com/slipway/slipway/internal/config"
	"github.com/slipway/slipway/internal/yamlfile"
)

// runner is a command with its flags: a pointer to a struct whose tags cmdline reads. Every input of the action is a flag of the same
// name; a flag wins over the input.
type runner interface {
	Run(ctx context.Context, a *app) error
}

// commands are all there are, in the order in which people should read them.
var commands = []struct {
	name, group, help string
	flags             func() runner
}{
	{"deploy", "deploy", "Put the artifact on every host and switch together.", func() runner { return &deployCmd{} }},
	{"promote", "deploy", "Deploy the very artifact that another environment runs.", func() runner { return &promoteCmd{} }},
	{"rollback", "deploy", "Activate an earlier release.", func() runner { return &rollbackCmd{} }},
	{"plan", "first", "Say what deploy, rollback or promote would do, and change nothing.", func() runner { return &planCmd{} }},
	{"doctor", "first", "Say what on the hosts would stop a deployment, and change nothing.", func() runner { return &doctorCmd{} }},
	{"validate", "first", "Check the deploy file and the inputs, offline.", func() runner { return &validateCmd{} }},
	{"pack", "first", "Build a reproducible tarball of a folder.", func() runner { return &packCmd{} }},
	{"status", "look", "What runs where, since when and by whom; what is not as it should be.", func() runner { return &statusCmd{} }},
	{"history", "look", "Past deployments, newest first, and where a rollback goes.", func() runner { return &historyCmd{} }},
	{"logs", "look", "What the steps of a past deployment printed.", func() runner { return &logsCmd{} }},
	{"exec", "repair", "Run one command on hosts, under the lock and in the journal.", func() runner { return &execCmd{} }},
	{"unlock", "repair", "Say who holds the hosts, and free them from an owner that is dead.", func() runner { return &unlockCmd{} }},
	{"hold", "repair", "Let no deployment through until unhold.", func() runner { return &holdCmd{} }},
	{"unhold", "repair", "Let deployments through again.", func() runner { return &unholdCmd{} }},
	{"prune", "repair", "Delete the releases that the hosts do not keep.", func() runner { return &pruneCmd{} }},
	{"join", "repair", "Bring hosts that lack it the release that the others run.", func() runner { return &joinCmd{} }},
	{"resolve", "repair", "Say what became of a step whose end nobody saw.", func() runner { return &resolveCmd{} }},
	{"init", "start", "Write a first deploy file and workflow for this repository.", func() runner { return &initCmd{} }},
	{"demo", "start", "Deploy a small site to two hosts inside this process.", func() runner { return &demoCmd{} }},
	{"completion", "start", "Print the completion of a shell: source <(slipway completion bash).", func() runner { return &completeCmd{} }},
	{"version", "start", "Print the version.", func() runner { return &versionCmd{} }},
}

// groups are the headings of the help, of commands and of flags.
var groups = []cmdline.Group{
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

const about = "Launch what CI built.\n\nDocuments (docs/), binaries with checksums, and images: https://github.com/slipway/slipway"

// names are those of all commands.
func names() (all []string) {
	for _, c := range commands {
		all = append(all, c.name)
	}
	return all
}

// command is the one of a name, with what it fills in; nil where there is none.
func command(name string) (*cmdline.Command, runner) {
	for _, c := range commands {
		if c.name == name {
			target := c.flags()
			made := cmdline.New(c.name, c.group, c.help, target)
			narrow(made)
			return made, target
		}
	}
	return nil, nil
}

// parse reads the command line. It gives nothing where the help was printed and that was all.
func (a *app) parse(args []string) (runner, error) {
	a.redactor.Add(config.SecretsOf(a.given)...)
	if args[0] == "help" { // `help COMMAND`, as git and go have it
		args = append(slices.Clone(args[1:min(2, len(args))]), "--help")
	}
	c, target := command(args[0])
	if c == nil {
		return nil, a.noCommand(args)
	}
	line, err := newCommandLine(c, args[1:])
	if err != nil {
		return nil, err
	}
	switch err := c.Parse(line.args, a.values()); {
	case errors.Is(err, cmdline.ErrHelp):
		return nil, unread(a.program().WriteCommand(a.env.Stdout, c))
	case err != nil:
		return nil, line.explain(err)
	}
	if with, ok := target.(interface{ complete(string, *app) error }); ok {
		if err := with.complete(c.Name, a); err != nil {
			return nil, line.explain(err)
		}
	}
	return target, nil
}

// noCommand prints the help of the program, or says that the first word is no command.
func (a *app) noCommand(args []string) error {
	word := args[0]
	if cmdline.Help.Called(word) {
		var all []*cmdline.Command
		for _, c := range commands {
			all = append(all, &cmdline.Command{Name: c.name, Group: c.group, Help: c.help})
		}
		return unread(a.program().Write(a.env.Stdout, all))
	}
	line, err := newCommandLine(nil, args)
	switch {
	case err != nil:
		return err
	case len(word) > 1 && word[0] == '-':
		return line.explain(&cmdline.UnknownFlag{Word: word})
	}
	return line.explain(&cmdline.Unexpected{Word: word, Meant: yamlfile.Suggest(word, names())})
}

// unread leaves out that nobody reads the help any more.
func unread(err error) error {
	if errors.Is(err, syscall.EPIPE) {
		return nil
	}
	return err
}

func (a *app) program() cmdline.Program {
	columns, _ := strconv.Atoi(a.env.Getenv("COLUMNS")) // what is no number is not said
	return cmdline.Program{Name: "slipway", Help: about, Groups: groups, Width: cmp.Or(columns, a.env.Width, 80)}
}

// values are the action's inputs, for what no flag gives.
func (a *app) values() map[string]string {
	values := map[string]string{}
	for doc, value := range a.given.All() {
		values[doc.Name] = *value
	}
	return values
}

// narrow leaves a command the flags that mean something to it. What a command that only goes to hosts reads and has no use
// for, it takes and does not list.
func narrow(c *cmdline.Command) {
	c.Flags = slices.DeleteFunc(c.Flags, func(f *cmdline.Flag) bool { return f.Of != nil && !slices.Contains(f.Of, c.Name) })
	for _, f := range c.Flags {
		f.Required = f.Required && f.Of != nil && f.Of[0] == c.Name
		f.Hidden = f.Hidden || f.Name == "to" && c.Name != "rollback" && c.Name != "plan"
	}
	if c.Group != "repair" && c.Group != "look" || c.Name == "join" {
		return
	}
	for _, f := range c.Flags {
		if wanted := f.Name == "log_lines" && c.Name == "logs" || f.Name == "keep_releases" && c.Name == "prune"; wanted {
			continue
		}
		useless := []string{
			"steps", "releases", "policy", "artifact", "strip_components", "revision", "max_size",
			"github_artifact", "github_artifact_workflow", "ref", "artifact_url", "artifact_sha256", "pull", "github_token",
		}
		if slices.Contains(useless, f.Group) || slices.Contains(useless, f.Name) {
			f.Hidden = true
		}
	}
}
