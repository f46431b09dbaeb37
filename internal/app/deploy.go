package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sync/errgroup"

	"slipway/internal/artifact"
	"slipway/internal/ci"
	"slipway/internal/config"
	"slipway/internal/deploy"
	"slipway/internal/fleet"
	"slipway/internal/plan"
	"slipway/internal/release/stage"
	"slipway/internal/release/survey"
	"slipway/internal/report"
	"slipway/internal/rollout"
	"slipway/internal/source"
	"slipway/internal/transport"
	"slipway/internal/transport/pool"
	"slipway/internal/transport/ssh"
)

// deploy is the commands deploy and rollback, from inputs to exit code.
func (a *app) deploy(ctx context.Context, in ci.Inputs) error {
	result, err := a.launchCommand(ctx, in)
	if err != nil {
		return err
	}
	if result.ExitCode != deploy.ExitDone {
		return exit(result.ExitCode)
	}
	return nil
}

// launchCommand runs deploy or rollback and reports it. Its error was told to people already when it is an exit.
func (a *app) launchCommand(ctx context.Context, in ci.Inputs) (deploy.Result, error) {
	d := a.newDesk(in)
	cfg, err := config.Load(in, a.env.Files(), a.environment(d.run))
	if err != nil {
		return deploy.Result{}, d.refuse(err)
	}
	d.options.LogLines = cfg.LogLines
	dialer, err := ssh.NewDialer(login(cfg))
	if err != nil {
		return deploy.Result{}, d.refuse(err)
	}
	defer func() { _ = dialer.Close() }()
	reporter := report.New(d.options)
	start := time.Now()
	result, err := a.launch(ctx, launch{in: in, cfg: cfg, desk: d, dialer: dialer, emit: reporter.Emit})
	if err != nil && ctx.Err() != nil {
		result, err = interrupted(in, cfg, start), nil
	}
	if err != nil {
		return result, errors.Join(d.refuse(err), reporter.Close())
	}
	reporter.Emit(deploy.Finished{Result: result})
	return result, a.untold(result, errors.Join(reporter.Close(), d.over(result)))
}

// untold is the end of a command that could not tell the CI everything, because a file of outputs or the summary cannot be
// written. What became of the hosts stands, and so does its exit code; only green it is not, for what reads the outputs.
func (a *app) untold(result deploy.Result, err error) error {
	if err == nil {
		return nil
	}
	_, _ = fmt.Fprintf(a.env.Stderr, "slipway: the log above holds; the CI was not told all of it: %v\n", err)
	if result.ExitCode != deploy.ExitDone {
		return exit(result.ExitCode)
	}
	return exit(deploy.ExitFinish)
}

// interrupted is the result of a deployment that was cancelled before there was a plan.
func interrupted(in ci.Inputs, cfg *config.Config, start time.Time) deploy.Result {
	return deploy.Result{
		Header:  deploy.Header{Version: version(), Command: in.Command, App: cfg.App, Environment: cfg.Environment, URL: cfg.URL},
		Outcome: deploy.OutcomeCancelled, ExitCode: deploy.ExitInterrupted, Failed: deploy.Preflight,
		Start: start, Duration: time.Since(start), Next: "run the job again",
	}
}

// refuse says what is wrong with what people wrote.
func (d *desk) refuse(err error) error {
	return errors.Join(exit(deploy.ExitBadInput), report.Problems(d.options, problems(err, deploy.Position{})), d.options.Files.SaveState(doneState, "true"))
}

// problems is err as what a person did wrong, at a position where it names none itself.
func problems(err error, at deploy.Position) deploy.Problems {
	var list deploy.Problems
	var failure *deploy.Error
	switch {
	case errors.As(err, &list):
		return list
	case errors.As(err, &failure):
		return deploy.Problems{{At: at, Message: failure.Cause.Error(), Hint: failure.Hint}}
	}
	return deploy.Problems{{At: at, Message: err.Error()}}
}

func login(cfg *config.Config) ssh.Config {
	return ssh.Config{
		Key: cfg.Login.Key, Passphrase: cfg.Login.Passphrase, Certificate: cfg.Login.Certificate,
		AgentSocket: cfg.Login.AgentSocket, KnownHosts: cfg.Identity.KnownHosts,
		Fingerprints: cfg.Identity.Fingerprints, Jump: cfg.Jump,
	}
}

// launch is what a deployment is made of once the inputs are read.
type launch struct {
	in     ci.Inputs
	cfg    *config.Config
	desk   *desk
	dialer transport.Dialer
	emit   deploy.Emit
	mend   bool // only mend what this deployment left half done
}

// launch reads the artifact and asks the hosts at the same time, plans, and carries the plan out. Its error says that what
// people wrote, or the artifact, is wrong; what went wrong on hosts is in the result.
func (a *app) launch(ctx context.Context, l launch) (deploy.Result, error) {
	now, run := time.Now(), l.run()
	question := survey.Question{SharedFiles: l.cfg.SharedFiles, Deployment: run.Identity.ID()}
	var tarball *artifact.Artifact
	var hosts *fleet.Fleet
	asking, stopAsking := context.WithCancel(ctx)
	defer stopAsking()
	var group errgroup.Group
	group.Go(func() error {
		hosts = fleet.Gather(asking, pool.New(l.dialer, l.cfg.Rollout.MaxParallel), l.cfg.Hosts, question)
		return nil
	})
	group.Go(func() (err error) {
		if l.in.Command == "rollback" || l.mend {
			return nil
		}
		if tarball, err = a.open(ctx, l.cfg); err != nil {
			stopAsking()
		}
		return err
	})
	err := group.Wait()
	defer func() { _ = hosts.Close() }()
	if err != nil {
		return deploy.Result{}, err
	}
	options := rollout.Options{
		Emit: l.emit, Secrets: l.cfg.Secrets, LockWait: l.cfg.LockWait, Lease: a.env.Lease,
		UnwindOnCancel: l.desk.run.Platform == "", PassSuperseded: l.cfg.IfSuperseded == "pass", TempFile: a.scratch,
	}
	if l.mend {
		options.LockWait = 0
	}
	var contents plan.Artifact
	if tarball != nil {
		defer func() { _ = tarball.Close() }()
		contents = describe(tarball)
		options.Payload = func(ctx context.Context, encoding string) (stage.Payload, error) {
			return tarball.Payload(ctx, encoding)
		}
	}
	p, err := plan.Build(l.cfg, contents, run, now)
	if err != nil {
		return deploy.Result{}, err
	}
	return rollout.Run(ctx, p, hosts, options), nil
}

// scratch makes a temporary file that no other program can see, nor outlives this one.
func (a *app) scratch() (rollout.TempFile, error) {
	file, err := os.CreateTemp(a.env.TempDir, "slipway-")
	if err != nil {
		return nil, err
	}
	if err := os.Remove(file.Name()); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

func (a *app) open(ctx context.Context, cfg *config.Config) (*artifact.Artifact, error) {
	file, err := source.Find(cfg.Artifact)
	if err != nil {
		return nil, problems(err, cfg.ArtifactAt)
	}
	tarball, err := artifact.Open(ctx, file, artifact.Options{StripComponents: cfg.StripComponents, TempDir: a.env.TempDir})
	if err != nil {
		return nil, problems(err, cfg.ArtifactAt)
	}
	return tarball, nil
}

func describe(tarball *artifact.Artifact) plan.Artifact {
	bytes, inodes := tarball.Unpacked()
	return plan.Artifact{
		SHA256: tarball.SHA256(), Content: tarball.Content(), Size: tarball.Size(), Bytes: bytes, Inodes: inodes,
	}
}

// run is what the CI run says of itself. Outside CI every call is a run of its own.
func (l launch) run() plan.Run {
	run := l.desk.run
	id := run.RunID
	if id == "" {
		id = time.Now().UTC().Format("20060102150405.000000")
	}
	actor := run.TriggeringActor
	if actor == "" {
		actor = run.Actor
	}
	return plan.Run{
		Version: version(), Reconcile: l.mend, Revision: run.SHA, Actor: actor, URL: run.URL, Attempt: run.Attempt,
		Person: run.Platform == "" || (run.Event == "workflow_dispatch" && run.Attempt <= 1),
		Identity: deploy.Identity{
			Server: run.Server, Repository: run.RepositoryID, RunID: id, Job: run.Job, Step: run.Step, App: l.cfg.App,
			Environment: l.cfg.Environment, Command: l.in.Command, Key: l.cfg.DeploymentKey,
		},
	}
}
