package app

import (
	"context"
	"errors"
	"fmt"

	"github.com/slipway/slipway/internal/ci"
	"github.com/slipway/slipway/internal/config"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/report"
)

// postName is the name under which the program is the action's post step: an entrypoint takes no arguments.
const postName = "slipway-post"

// doneState is the state that the main step leaves to the post step when nothing is left to do.
const doneState = "done"

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
		return a.tellLate(ctx)
	}
	in := a.given
	if in.Command == "" {
		in.Command = "deploy"
	}
	if !config.Live(in.Command) {
		return nil
	}
	c := a.newConsole(in)
	c.options.Files = ci.NewFiles(a.onlySummary)
	s, err := a.openOn(ctx, c, in)
	var failure *deploy.Error
	switch {
	case errors.As(err, &failure): // there is no log-in, and the main step may have had one
		return fmt.Errorf("nothing was cleaned up here, and the next deployment does it: %w", failure)
	case err != nil && a.env.Getenv("STATE_"+policyState) != "": // the main step could read it, and may have touched hosts
		return fmt.Errorf("nothing was cleaned up here, and the next deployment does it: %w", err)
	case err != nil:
		return nil // the main step said so, and touched no host
	}
	defer s.close()
	reporter := report.New(s.options)
	told := s.notifier(ctx)
	result, err := a.launch(ctx, launch{session: s, command: in.Command, emit: both(reporter.Emit, told.Emit), reconcile: true})
	if err != nil {
		return errors.Join(err, reporter.Close())
	}
	reporter.Emit(deploy.Finished{Result: result})
	if err := reporter.Close(); err != nil {
		return err
	}
	if a.env.Getenv("STATE_"+toldState) != "true" || len(result.HostsWith(deploy.HostUnwound)) > 0 {
		if err := s.tell(ctx, told, result); err != nil {
			return err
		}
	}
	if result.ExitCode != deploy.ExitDone {
		return exit(result.ExitCode)
	}
	return nil
}
