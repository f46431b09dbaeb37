package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/slipway/slipway/internal/artifact"
	"github.com/slipway/slipway/internal/artifact/content"
	"github.com/slipway/slipway/internal/config"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/distribution"
	"github.com/slipway/slipway/internal/fleet"
	"github.com/slipway/slipway/internal/plan"
	"github.com/slipway/slipway/internal/policy"
	"github.com/slipway/slipway/internal/release/stage"
	"github.com/slipway/slipway/internal/release/survey"
	"github.com/slipway/slipway/internal/rollout"
)

// launch is what a deployment is made of once the inputs are read.
type launch struct {
	*session
	command   string // deploy, rollback, promote or join
	emit      deploy.Emit
	reconcile bool // only mend what this deployment left half done
	look      bool // nothing is done: what it would do is shown
}

// planned is a deployment that is ready to be carried out, or to be shown: its plan, the artifact, the hosts with their facts.
type planned struct {
	plan    *plan.Plan
	tarball *fetched // nil where no host gets one
	hosts   *fleet.Fleet
	against deploy.Problems // the rules that stop it; of a plan that is only shown
}

func (p *planned) close() {
	if p.hosts != nil {
		_ = p.hosts.Close()
	}
	if p.tarball != nil {
		_ = p.tarball.Close()
	}
}

// earlier is the run whose artifact an earlier attempt took.
func (p *planned) earlier(cfg *config.Config) deploy.Provenance {
	if p.hosts == nil {
		return deploy.Provenance{}
	}
	return plan.Deployed(cfg.Remote.Ref, cfg.Hosts, func(host string) deploy.Facts { return p.hosts.On(host).Facts })
}

// plan reads the artifact and asks the hosts at the same time, and plans. Its error says that what people wrote, or the artifact, is
// wrong; what went wrong on hosts is in their facts. What it gives is to be closed, also beside an error.
func (a *app) plan(ctx context.Context, l launch, now time.Time) (*planned, error) {
	made, run := &planned{}, a.planRun(l)
	if err := l.oneRun(); err != nil {
		return made, err
	}
	question := survey.Question{SharedFiles: l.cfg.SharedFiles, Programs: plan.Programs(l.cfg), Deployment: run.Identity.ID(), Secrets: config.Live(l.command)}
	asked := make(chan struct{})
	bounded, cancel := context.WithDeadlineCause(ctx, now.Add(l.cfg.Timeout), deploy.ErrTimeout)
	defer cancel()
	permit := a.permit(l.session, l.command, now)
	permit.look = l.look
	if l.reconcile || l.look && l.run.Proposed {
		permit.rules = policy.Rules{} // what was begun is mended whoever may begin something; a pull request's run begins nothing
	}
	if err := permit.ofRun(bounded, expected(l)); err != nil {
		return made, err
	}
	asking, stopAsking := context.WithCancel(bounded)
	defer stopAsking()
	known := make(chan struct{}) // closed once the commit is one that may be deployed, or the hosts must be asked which it is
	if !permit.holdsForCommit() || fromHosts(l) {
		close(known)
	}
	var group errgroup.Group
	group.Go(func() error {
		defer close(asked)
		select {
		case <-asking.Done():
		case <-known:
			if l.dialer != nil {
				made.hosts = l.gather(asking, plan.Asked(l.cfg, l.reconcile), question)
			}
		}
		return nil
	})
	group.Go(func() (err error) {
		if config.TakesArtifact(l.command) && !l.reconcile {
			err = a.bring(bounded, l, made, permit, func() { <-asked })
		}
		switch {
		case err != nil:
			stopAsking()
		case permit.holdsForCommit() && !fromHosts(l):
			close(known)
		}
		return err
	})
	if err := group.Wait(); err != nil {
		return made, errors.Join(err, bounded.Err())
	}
	made.against, run.Override = permit.verdict.Problems, permit.override()
	var contents plan.Artifact
	if made.tarball != nil {
		if err := a.ownSteps(bounded, l.session, made.tarball); err != nil {
			return made, err
		}
		contents = made.tarball.describe(l.cfg)
	}
	var err error
	if made.plan, err = plan.Build(l.cfg, contents, run, now); err == nil {
		l.lookUp(bounded, made)
		err = a.bringAgain(bounded, l, made, run, now)
	}
	if err != nil || made.hosts == nil {
		return made, err
	}
	made.plan.Count(made.hosts.Facts())
	made.plan.Trace(made.hosts.Facts())
	if !made.plan.Person {
		err = permit.repeated()
		made.against, made.plan.Override = permit.verdict.Problems, permit.override()
	}
	return made, err
}

// bring reads the artifact, and judges the commit that it is of. asked returns once the hosts were.
func (a *app) bring(ctx context.Context, l launch, made *planned, permit *permit, asked func()) (err error) {
	if l.command == "promote" {
		made.tarball, err = a.promoted(ctx, l.session, permit.run.Now)
	} else {
		made.tarball, err = a.openArtifact(ctx, l.session, func() deploy.Provenance {
			asked()
			return made.earlier(l.cfg)
		})
	}
	if err != nil {
		return err
	}
	commit := made.tarball.describe(l.cfg).Revision
	if l.command == "deploy" {
		commit = cmp.Or(commit, l.run.SHA)
	}
	return permit.ofCommit(ctx, commit)
}

// launch plans a deployment and carries it out. Its error says that what people wrote, or the artifact, is wrong; what went wrong on
// hosts is in the result.
func (a *app) launch(ctx context.Context, l launch) (deploy.Result, error) {
	now := time.Now()
	made, err := a.plan(ctx, l, now)
	defer made.close()
	if err != nil {
		return deploy.Result{}, err
	}
	options := rollout.Options{
		Emit: l.noting(made.tarball), Secrets: l.cfg.Secrets, Redactor: l.options.Redactor, LockWait: l.cfg.LockWait, Lease: a.env.Lease,
		Bandwidth: l.cfg.Bandwidth, UnwindOnCancel: !l.run.Post, Traced: l.cfg.Otel != nil && config.Live(l.command), PassSuperseded: l.cfg.IfSuperseded == "pass", TempFile: a.tempFile,
	}
	if l.reconcile {
		options.Emit, options.LockWait = l.emit, 0
	}
	told := a.announcer(ctx, l)
	options.Emit = both(options.Emit, told.Emit)
	if tarball := made.tarball; tarball != nil {
		options.Artifact = brought{tarball.Artifact}
		options.Archive, _ = tarball.pulled(l.cfg)
	}
	kept := a.kept(l.session, func(text string) { l.emit(deploy.Noted{Level: deploy.LevelNotice, Text: text}) })
	if kept != nil {
		options.Known, options.Old = kept.Manifest, oldOf(kept)
	}
	if l.run.Platform == "github" && !l.token().IsEmpty() {
		options.Recorded = a.recorded(l.session)
	}
	p := made.plan
	p.Timeout = max(p.Timeout-time.Since(now), time.Millisecond) // reading and asking were a part of it
	result := rollout.Run(ctx, p, made.hosts, options)
	told.Finish(ctx, &result)
	if kept != nil && made.tarball != nil && isLive(result) {
		kept.Keep(ctx, made.tarball.Artifact)
	}
	if ctx.Err() == nil && result.Failed != deploy.Preflight { // what it went back over is on the page alone: the hosts come first
		l.lookBack(ctx, result.Release, made.hosts, &result.Back)
	} else {
		result.Back.Over = nil // nobody asked what it would have gone back over
	}
	if folder := made.tarball.folder(); folder != "" && result.Failed != "" && result.Failed != deploy.Preflight {
		result.Warnings = append(result.Warnings, fmt.Sprintf("everything in the artifact lies in the folder %s: if a step did not find its files, set `strip_components: 1`", folder))
	}
	return result, nil
}

// brought is an artifact that hosts get.
type brought struct{ *artifact.Artifact }

// Payload is the artifact's, for a host.
func (b brought) Payload(ctx context.Context, encoding string) (stage.Payload, error) {
	return b.Artifact.Payload(ctx, encoding)
}

// Delta is the artifact's, for a host.
func (b brought) Delta(ctx context.Context, reuse *content.Reuse, encoding string) (stage.Payload, error) {
	return b.Artifact.Delta(ctx, reuse, encoding)
}

// Patched is the artifact's, for a host.
func (b brought) Patched(ctx context.Context, reuse *content.Reuse, old content.Old, thorough bool) (stage.Payload, error) {
	return b.Artifact.Patched(ctx, reuse, old, thorough)
}

// Listing is the artifact's, for a host.
func (b brought) Listing(ctx context.Context, encoding string) (stage.Payload, error) {
	return b.Artifact.Listing(ctx, encoding)
}

// tempFile makes a temporary file that no other program can see, nor outlives this one.
func (a *app) tempFile() (distribution.TempFile, error) {
	file, err := os.CreateTemp(a.env.TempDir, "slipway-")
	if err != nil {
		return nil, err
	}
	if err := os.Remove(file.Name()); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// planRun is what the CI run says of itself. Outside CI every call is a run of its own.
func (a *app) planRun(l launch) plan.Run {
	run := l.run
	id := cmp.Or(run.RunID, time.Now().UTC().Format("20060102150405.000000"))
	job, step := run.Job, run.Step
	if l.cfg.Shard.Given() {
		job, step = "", "" // the deployment is that of several jobs
	}
	return plan.Run{
		Version: version(), Reconcile: l.reconcile, Revision: run.SHA, Actor: a.actor(run), URL: run.URL, Attempt: run.Attempt,
		Uncounted: run.RunID != "" && run.Attempt == 0, Restart: run.Restart, Person: asked(run),
		Identity: deploy.Identity{
			Server: run.Server, Repository: run.RepositoryID, RunID: id, Job: job, Step: step, App: l.cfg.App,
			Environment: l.cfg.Environment, Command: l.command, Key: l.cfg.DeploymentKey,
		},
	}
}
