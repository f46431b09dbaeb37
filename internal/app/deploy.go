package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/slipway/slipway/internal/ci"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/report"
)

type deployCmd struct {
	inputs
	comments
}

// Run puts the artifact on every host and switches them together.
func (c *deployCmd) Run(ctx context.Context, a *app) error {
	return a.deployment(ctx, c.given(c.Inputs))
}

// Help is the end of the command's help.
func (*deployCmd) Help() string {
	return `Examples:

  slipway deploy --artifact dist/site.tar.gz --hosts deploy@10.0.0.11 --deploy_path /srv/site --ssh_key ~/.ssh/id_ed25519 --known_hosts @known_hosts

  slipway deploy -e production --artifact dist/site.tar.gz    (the rest stands in slipway.yml; the key in INPUT_SSH_KEY, or in an agent)

A value may be given as the variable INPUT_NAME as well. Secret values and known_hosts may be a file: --secrets @PATH.`
}

// deployment is a command that makes a deployment, from inputs to exit code.
func (a *app) deployment(ctx context.Context, in ci.Inputs) error {
	result, err := a.deployed(ctx, in)
	if err != nil {
		return err
	}
	if result.ExitCode != deploy.ExitDone {
		return exit(result.ExitCode)
	}
	return nil
}

// deployed makes a deployment and reports it. Its error was told to people already when it is an exit.
func (a *app) deployed(ctx context.Context, in ci.Inputs) (deploy.Result, error) {
	s, err := a.open(ctx, in)
	if err != nil {
		return deploy.Result{}, err
	}
	defer s.close()
	s.sayOwnMachine(s.cfg)
	if in.Comment == "true" {
		s.say("note       comment: true shows a plan; `comment: shipped` comments on the pull requests that a deployment ships")
	}
	reporter := report.New(s.options)
	start, told := time.Now(), s.notifier(ctx)
	result, err := a.launch(ctx, launch{session: s, command: in.Command, emit: both(reporter.Emit, told.Emit)})
	switch {
	case err == nil:
	case ctx.Err() != nil:
		result, err = a.ended(s, start, deploy.OutcomeCancelled, deploy.ExitInterrupted), nil
	case errors.Is(err, context.DeadlineExceeded):
		result, err = a.ended(s, start, deploy.OutcomeFailed, deploy.ExitFailed), nil
		result.Errors = []*deploy.Error{{
			Phase: deploy.Preflight, Cause: fmt.Errorf("the timeout of %s was over before the artifact was read", s.cfg.Timeout),
			Hint: "raise `timeout`, or look at what the artifact holds",
		}}
	}
	var refused deploy.Errors
	var failure *deploy.Error
	if errors.As(err, &refused) { // what another environment runs may not be promoted
		result, err = a.ended(s, start, deploy.OutcomeFailed, deploy.ExitFailed), nil
		result.Errors = refused
	} else if errors.As(err, &failure) && failure.Fault == deploy.FaultHost { // another try may go well
		result, err = a.ended(s, start, deploy.OutcomeFailed, deploy.ExitFailed), nil
		failure.Phase = deploy.Preflight
		result.Errors = []*deploy.Error{failure}
	}
	if err != nil {
		return result, errors.Join(s.refuse(err), reporter.Close())
	}
	if result.Deployment == "" { // it was over before there was a plan
		reporter.Emit(deploy.Started{Header: result.Header})
	}
	reporter.Emit(deploy.Finished{Result: result})
	written := errors.Join(reporter.Close(), s.over(result))
	return result, a.reportFailed(result, errors.Join(written, s.tell(ctx, told, result)))
}

// reportFailed is the end of a command that could not tell the CI everything, because a file of outputs or the summary cannot
// be written. What became of the hosts stands, and so does its exit code; only green it is not, for what reads the outputs.
func (a *app) reportFailed(result deploy.Result, err error) error {
	if err == nil {
		return nil
	}
	_, _ = fmt.Fprintf(a.env.Stderr, "slipway: the log above holds; the CI was not told all of it: %v\n", err)
	if result.ExitCode != deploy.ExitDone {
		return exit(result.ExitCode)
	}
	return exit(deploy.ExitFinish)
}

// ended is the result of a deployment that was over before there was a plan.
func (a *app) ended(s *session, start time.Time, outcome deploy.Outcome, code int) deploy.Result {
	return deploy.Result{
		Header: deploy.Header{
			Version: version(), Command: s.in.Command, App: s.cfg.App, Environment: s.cfg.Environment, URL: s.cfg.URL,
			Actor: a.actor(s.run), RunURL: s.run.URL, Attempt: s.run.Attempt, Hosts: deploy.HostNames(s.cfg.Hosts),
		},
		Outcome: outcome, ExitCode: code, Failed: deploy.Preflight,
		Start: start, Duration: time.Since(start), Next: deploy.Next{Text: "run the job again"},
	}
}
