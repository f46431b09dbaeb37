package app

import (
	"fmt"
	"io/fs"
	"strings"

	"slipway/internal/config"
	"slipway/internal/deploy"
	"slipway/internal/transport/ssh"
)

type validateCmd struct {
	inputs
}

// Run says every mistake in the deploy file and the inputs, without contacting a host.
func (cmd *validateCmd) Run(a *app) error {
	in := cmd.Inputs
	c := a.newConsole(in)
	cfg, err := config.Load(in, a.env.Files(), a.environment(c.run))
	if err != nil {
		return c.refuse(err)
	}
	if _, err := fs.Stat(a.env.Files(), config.DefaultFile); err != nil && in.Config == "" && len(cfg.Hosts) == 0 {
		return c.refuse(deploy.Problems{{
			Message: "there is nothing to check: no " + config.DefaultFile + " here, and no hosts among the inputs",
			Hint:    "run it where the deploy file lies, or give the workflow's inputs as flags",
		}})
	}
	if problems := ssh.Check(login(cfg)); len(problems) > 0 {
		return c.refuse(problems)
	}
	where := ""
	if cfg.Environment != "" {
		where = " -> " + cfg.Environment
	}
	hosts := "1 host"
	if n := len(cfg.Hosts); n != 1 {
		hosts = fmt.Sprintf("%d hosts", n)
	}
	_, err = fmt.Fprintf(a.env.Stdout, "ok  %s; steps: %d prepare, %d migrate, %d finish\n",
		strings.TrimPrefix(cfg.App+where+": "+hosts, ": "), len(cfg.Prepare), len(cfg.Migrate), len(cfg.Finish))
	return err
}
