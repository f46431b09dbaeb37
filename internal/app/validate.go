package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/slipway/slipway/internal/ci"
	"github.com/slipway/slipway/internal/config"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/plan"
	"github.com/slipway/slipway/internal/transport/ssh"
)

type validateCmd struct {
	inputs
	Print bool `name:"print" help:"Print the deploy file in full, with the steps of the preset, what it extends and the inputs put into it."`
}

// Run says every mistake in the deploy file and the inputs, of all environments, without contacting a host.
func (cmd *validateCmd) Run(_ context.Context, a *app) error {
	in := cmd.Inputs
	c := a.newConsole(in)
	configs, err := config.LoadAll(in, a.env.Files(), a.environment(c.run))
	if err != nil {
		return c.refuse(err)
	}
	if _, err := fs.Stat(a.env.Files(), config.DefaultFile); err != nil && in.Config == "" && len(configs[0].Hosts) == 0 {
		return c.refuse(deploy.Problems{{
			Message: "there is nothing to check: no " + config.DefaultFile + " here, and no hosts among the inputs",
			Hint:    "run it where the deploy file lies, or give the workflow's inputs as flags",
		}})
	}
	problems := ssh.Check(a.login(configs[0]))
	for _, cfg := range configs {
		problems = append(problems, planProblems(cfg)...)
	}
	if len(problems) > 0 {
		return c.refuse(problems)
	}
	if cmd.Print {
		for i, written := range config.Write(in, a.env.Files(), a.environment(c.run)) {
			c.say("# %s", deploy.Joined(" -> ", configs[i].App, written.Environment))
			for line := range strings.Lines(written.Text) {
				c.say("%s", strings.TrimSuffix(line, "\n"))
			}
		}
		return nil
	}
	c.remark(configs)
	for _, cfg := range configs {
		c.say("%s", sound(cfg))
		if len(cfg.Hosts) == 0 {
			c.say("note       no hosts stand here: the job has to give them, as the input `hosts` or `hosts_from`")
		}
		for _, line := range rulesOf(cfg) {
			c.say("%s", line)
		}
		c.sayWhoIsTold(cfg)
		c.sayOwnMachine(cfg)
		c.sayUndrained(cfg)
	}
	return nil
}

// planProblems are the mistakes that a deployment's plan finds, with what only a deployment knows made up.
func planProblems(cfg *config.Config) deploy.Problems {
	if len(cfg.Hosts) == 0 {
		return nil
	}
	_, err := madeUp(cfg)
	var problems deploy.Problems
	if !errors.As(err, &problems) {
		return nil
	}
	for i := range problems {
		if cfg.Environment != "" {
			problems[i].Message += " (environment " + cfg.Environment + ")"
		}
	}
	return problems
}

// remark says what is worth a look, once wherever several environments have it.
func (c *console) remark(configs []*config.Config) {
	var said deploy.Problems
	var list []ci.Annotation
	for _, cfg := range configs {
		for _, p := range cfg.Remarks {
			if slices.Contains(said, p) {
				continue
			}
			said = append(said, p)
			c.say("WARNING    %s", p)
			list = append(list, ci.Annotation{Level: deploy.LevelWarning, At: p.At, Message: c.options.Redactor.String(p.Message + "\n" + p.Hint)})
		}
	}
	c.options.Log.Annotate(list...)
}

// madeUp is the plan of a deployment of which only hosts and deploy file are known.
func madeUp(cfg *config.Config) (*plan.Plan, error) {
	digest := strings.Repeat("0", 64)
	return plan.Build(cfg, plan.Artifact{SHA256: deploy.Digest(digest), Content: deploy.Digest(digest)}, plan.Run{
		Revision: digest[:40], Attempt: 1, Identity: deploy.Identity{App: cfg.App, Environment: cfg.Environment, Command: "deploy"},
	}, time.Time{})
}

// sayUndrained says what batches without a drain mean behind a balancer, where the deploy file knows of one.
func (c *console) sayUndrained(cfg *config.Config) {
	serving := deploy.WithRelease(cfg.Hosts)
	if len(serving) == len(cfg.Hosts) || cfg.Rollout.BatchWait > 0 || cfg.Rollout.Batch.Of(len(serving)) >= len(serving) {
		return
	}
	for _, host := range serving {
		if a := cfg.ActivationOf(host); len(a.Drain) > 0 || a.StableFor > 0 {
			return
		}
	}
	c.say("note       batches without a drain: a balancer leaves a host out for a while after a failed request (nginx: fail_timeout, 10 s), " +
		"and the next batch may begin in that time. Give `activate` a `drain`, or `rollout` a `batch_wait`")
}

// sound is the line of an environment without mistakes.
func sound(cfg *config.Config) string {
	hosts := "1 host"
	if n := len(cfg.Hosts); n != 1 {
		hosts = fmt.Sprintf("%d hosts", n)
	}
	return fmt.Sprintf("ok  %s; steps: %d prepare, %d migrate, %d finish",
		deploy.Joined(": ", deploy.Joined(" -> ", cfg.App, cfg.Environment), hosts), len(cfg.Prepare), len(cfg.Migrate), len(cfg.Finish))
}
