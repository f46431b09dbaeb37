package app

import (
	"cmp"
	"context"
	"embed"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/slipway/slipway/internal/ci"
	"github.com/slipway/slipway/internal/config"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/lazyregexp"
	"github.com/slipway/slipway/internal/scaffold"
)

type initCmd struct {
	Host        []string `name:"host" placeholder:"USER@HOST" help:"Where to deploy; may be given several times."`
	DeployPath  string   `name:"deploy_path" aliases:"deploy-path" help:"Absolute path on the hosts." fallback:"/srv/www/ and the application's name"`
	Environment string   `name:"environment" short:"e" default:"production" help:"What the CI calls it."`
	App         string   `name:"app" help:"Name of the application." fallback:"that of the folder"`
	Branch      string   `name:"branch" help:"A push to it deploys." fallback:"the default branch"`
}

const exampleHost = "deploy@web1.example.com"

// Run writes what is not there yet, and says what remains to be done.
func (cmd *initCmd) Run(_ context.Context, a *app) error {
	c := a.newConsole(a.given)
	options, err := cmd.options(a)
	if err != nil {
		return c.refuse(err)
	}
	if above := above(a.env.Dir); above != "" {
		return c.refuse(deploy.Problems{{
			Message: "this folder lies in the repository " + above + ", and CI reads workflows at its root alone", Hint: "run it there",
		}})
	}
	found := scaffold.Look(a.env.Files())
	if found == nil {
		return c.refuse(deploy.Problems{{
			Message: "nothing here tells what is deployed: init knows " + scaffold.Kinds,
			Hint:    "run it at the root of the repository, or begin with " + scaffold.Pages + "start.md",
		}})
	}
	texts := found.Files(options)
	c.say("found       %s: %s", found.Kind, strings.Join(found.Signs, ", "))
	root, err := os.OpenRoot(a.env.Dir)
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	wrote := map[string]bool{}
	otherCI, example := scaffold.OtherCI(a.env.Files())
	for _, name := range []string{scaffold.DeployFile, scaffold.Workflow} {
		if name == scaffold.Workflow && otherCI != "" {
			c.say("left alone  %s: what a job there runs is %s; then it deploys, as in %s", otherCI, strings.Join(found.Commands(), " && "), scaffold.Examples+example)
			continue
		}
		if deploys := scaffold.Deploys(a.env.Files()); name == scaffold.Workflow && deploys != "" {
			c.say("left alone  %s: it deploys already", deploys)
			continue
		}
		switch err := write(root, name, texts[name]); {
		case errors.Is(err, fs.ErrExist):
			c.say("left alone  %s: it is there already", name)
		case err != nil:
			return err
		default:
			wrote[name] = true
			c.say("wrote       %s", name)
		}
	}
	for _, note := range found.Notes {
		c.say("note        %s", note)
	}
	cmd.sayNext(c, found, options, wrote[scaffold.DeployFile], otherCI != "")
	return nil
}

// options are what the flags say, and what holds without them. They are judged as the inputs of those names.
func (cmd *initCmd) options(a *app) (scaffold.Options, error) {
	app := cmp.Or(cmd.App, appName(filepath.Base(a.env.Dir)))
	o := scaffold.Options{
		App: app, Environment: cmd.Environment, Branch: cmp.Or(cmd.Branch, scaffold.Branch(a.env.Files())),
		DeployPath: cmp.Or(cmd.DeployPath, "/srv/www/"+app),
	}
	for _, host := range cmd.Host {
		if !strings.Contains(host, "@") {
			host = "deploy@" + host
		}
		o.Hosts = append(o.Hosts, host)
	}
	if len(o.Hosts) == 0 {
		o.Hosts = []string{exampleHost}
	}
	if !environmentName.MatchString(o.Environment) {
		return o, deploy.Problems{{At: deploy.InInput("environment", 0, 0), Message: "`environment` is letters, digits, . _ and -"}}
	}
	_, err := config.LoadAll(ci.Inputs{
		Command: "validate", App: o.App, DeployPath: o.DeployPath, Hosts: strings.Join(o.Hosts, "\n"),
	}, embed.FS{}, a.environment(ci.Run{}))
	return o, err
}

var (
	environmentName = lazyregexp.New(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)
	noAppName       = lazyregexp.New(`[^a-z0-9._-]+`)
)

// appName is a folder's name as that of an application.
func appName(folder string) string {
	return cmp.Or(strings.Trim(noAppName.ReplaceAllString(strings.ToLower(folder), "-"), "-._"), "app")
}

// above is the repository that a folder lies in and is not the root of; "" where there is none.
func above(dir string) string {
	at := dir
	for {
		if _, err := os.Lstat(filepath.Join(at, ".git")); err == nil {
			break
		}
		if at == filepath.Dir(at) {
			return ""
		}
		at = filepath.Dir(at)
	}
	if at == dir {
		return ""
	}
	return at
}

// write makes a file that is not there, and its folders. It is fs.ErrExist where there is one.
func write(root *os.Root, name, text string) error {
	if err := root.MkdirAll(path.Dir(name), 0o755); err != nil {
		return err
	}
	file, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = file.WriteString(text)
	return errors.Join(err, file.Close())
}

// sayNext says what no file can do. wrote says whether the deploy file is the one of this run, otherCI that the workflow is left to a person.
func (cmd *initCmd) sayNext(c *console, found *scaffold.Application, o scaffold.Options, wrote, otherCI bool) {
	secrets := []string{"SSH_KEY"}
	for _, secret := range found.Secrets {
		secrets = append(secrets, secret.Name)
	}
	host := strings.Join(o.Hosts, ", ")
	switch {
	case !wrote:
		host = "the hosts of " + scaffold.DeployFile
	case len(cmd.Host) == 0:
		host = "your host, in " + scaffold.DeployFile + " in place of " + exampleHost
	}
	c.say("next        1. %s: prepare each, once: %sinit.md#%s", host, scaffold.Pages, found.Page)
	if otherCI {
		c.say("            2. in the CI's settings: secrets %s, and KNOWN_HOSTS: %sother-ci.md", strings.Join(secrets, ", "), scaffold.Pages)
		c.say("            3. slipway validate; then the job that deploys")
		return
	}
	c.say("            2. the repository's environment %s: secrets %s; variable KNOWN_HOSTS: %sstart.md", o.Environment, strings.Join(secrets, ", "), scaffold.Pages)
	c.say("            3. slipway validate; then a push to %s deploys", o.Branch)
}
