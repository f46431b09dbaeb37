package app

import (
	"context"
	"errors"

	"slipway/internal/ci"
	"slipway/internal/config"
	"slipway/internal/deploy"
	"slipway/internal/report"
	"slipway/internal/transport/ssh"
)

// postName is the name under which the program is the action's post step: an entrypoint takes no arguments.
const postName = "slipway-post"

// doneState is the state that the main step leaves to the post step when nothing is left to do.
const doneState = "done"

// over tells the post step that the deployment ended by itself and left nothing half done.
func (d *desk) over(result deploy.Result) error {
	if result.Outcome == deploy.OutcomeCancelled || result.Outcome == deploy.OutcomePerson {
		return nil
	}
	return d.options.Files.SaveState(doneState, "true")
}

// onlySummary are the variables of a post step: outputs are the main step's. Its summary is a page of its own.
func (a *app) onlySummary(name string) string {
	if name == "GITHUB_OUTPUT" {
		return ""
	}
	return a.env.Getenv(name)
}

// post mends what the main step left half done when it was cancelled or killed, and gives its lock back.
func (a *app) post(ctx context.Context) error {
	if a.env.Getenv("STATE_"+doneState) == "true" {
		return nil
	}
	in := ci.FromEnv(a.env.LookupEnv)
	if in.Command == "" {
		in.Command = "deploy"
	}
	if !config.Live(in.Command) {
		return nil
	}
	d := a.newDesk(in)
	d.options.Files = ci.NewFiles(a.onlySummary)
	cfg, err := config.Load(in, a.env.Files(), a.environment(d.run))
	if err != nil {
		return nil // the main step said so, and touched no host
	}
	dialer, err := ssh.NewDialer(login(cfg))
	if err != nil {
		return nil // likewise
	}
	defer func() { _ = dialer.Close() }()
	reporter := report.New(d.options)
	result, err := a.launch(ctx, launch{in: in, cfg: cfg, desk: d, dialer: dialer, emit: reporter.Emit, mend: true})
	if err != nil {
		return errors.Join(err, reporter.Close())
	}
	reporter.Emit(deploy.Finished{Result: result})
	if err := reporter.Close(); err != nil {
		return err
	}
	if result.ExitCode != deploy.ExitDone {
		return exit(result.ExitCode)
	}
	return nil
}
