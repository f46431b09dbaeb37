package app

import (
	"fmt"

	"slipway/internal/ci"
	"slipway/internal/config"
)

// validate says every mistake in the deploy file and the inputs, without contacting a host.
func (a *app) validate(in ci.Inputs) error {
	d := a.newDesk(in)
	cfg, err := config.Load(in, a.env.Files(), a.environment(d.run))
	if err != nil {
		return d.refuse(err)
	}
	where := ""
	if cfg.Environment != "" {
		where = " -> " + cfg.Environment
	}
	_, err = fmt.Fprintf(a.env.Stdout, "ok  %s%s: %d hosts, %d prepare, %d migrate, %d finish steps\n",
		cfg.App, where, len(cfg.Hosts), len(cfg.Prepare), len(cfg.Migrate), len(cfg.Finish))
	return err
}
