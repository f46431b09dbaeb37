package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/slipway/slipway/internal/artifact"
	"github.com/slipway/slipway/internal/config"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/download"
	"github.com/slipway/slipway/internal/github"
	"github.com/slipway/slipway/internal/plan"
	"github.com/slipway/slipway/internal/source"
)

// fetched is an artifact that was read, and where it is from.
type fetched struct {
	*artifact.Artifact
	commit  string // that it was built of, as its source says; "" where that says none
	ref     string // that was asked for
	builtBy deploy.Provenance
	whence  string // for people; "" where they know
	file    bool   // it was given as a file, or an address: its steps are the checkout's, also where an attestation says its commit
	nearby  []plan.Nearby
}

// openArtifact is the artifact, once what is asked of its attestation holds. earlier is as in obtain.
func (a *app) openArtifact(ctx context.Context, s *session, earlier func() deploy.Provenance) (*fetched, error) {
	f, err := a.obtain(ctx, s, earlier)
	if err != nil {
		return nil, err
	}
	if err := a.attest(ctx, s, f); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// obtain brings the artifact to this machine, and reads it. earlier is asked for what an earlier attempt took, where that matters.
func (a *app) obtain(ctx context.Context, s *session, earlier func() deploy.Provenance) (*fetched, error) {
	if !s.cfg.Provenance.Attests() && (s.cfg.Remote == nil || s.cfg.Remote.CI == "") {
		if err := s.cfg.Provenance.Refuse(deploy.Provenance{}); err != nil { // config says so of a deployment; a plan comes here
			return nil, problems(err, s.cfg.ArtifactAt)
		}
	}
	if s.cfg.Remote != nil {
		f, err := a.fetch(ctx, s, earlier)
		return f, s.placed(ctx, err, s.cfg.ArtifactAt)
	}
	file, err := source.Find(a.here(s.cfg.Artifact))
	if err != nil {
		return nil, problems(err, s.cfg.ArtifactAt)
	}
	tarball, err := a.read(ctx, s.cfg, file, "")
	if err != nil {
		return nil, problems(err, s.cfg.ArtifactAt)
	}
	return &fetched{Artifact: tarball, file: true}, nil
}

func (a *app) read(ctx context.Context, cfg *config.Config, file, called string) (*artifact.Artifact, error) {
	tarball, err := artifact.Open(ctx, file, artifact.Options{
		StripComponents: cfg.StripComponents, TempDir: a.env.TempDir, MaxSize: cfg.MaxSize, AllowLinks: cfg.AllowLinks, Name: called,
	})
	if err != nil {
		return nil, err
	}
	return fitting(cfg, tarball)
}

// fitting is the artifact, unless what is linked into the release has no place in it.
func fitting(cfg *config.Config, tarball *artifact.Artifact) (*artifact.Artifact, error) {
	files := slices.Clone(cfg.SharedFiles)
	for _, file := range cfg.SecretFiles {
		files = append(files, file.Path)
	}
	if err := tarball.Manifest().Fits(cfg.SharedDirs, files); err != nil {
		return nil, errors.Join(err, tarball.Close())
	}
	return tarball, nil
}

// placed says where a person asked for what failed. What another try may mend stays what it is: nobody wrote anything wrong.
func (s *session) placed(ctx context.Context, err error, at deploy.Position) error {
	var failure *deploy.Error
	if err == nil || ctx.Err() != nil || errors.As(err, &failure) && failure.Fault == deploy.FaultHost {
		return err
	}
	return problems(err, at)
}

// fetch brings an artifact that is not on this machine.
func (a *app) fetch(ctx context.Context, s *session, earlier func() deploy.Provenance) (*fetched, error) {
	cfg, run := s.cfg, s.run
	fetcher, err := a.fetcher(s)
	if err != nil {
		return nil, err
	}
	wanted := source.Wanted{
		Artifact: cfg.Remote.CI, Workflow: cfg.Remote.Workflow, Ref: cfg.Remote.Ref, Rule: cfg.Provenance,
		RunCommit: run.SHA, RunRef: run.Ref, AllowRefs: cfg.Allow.RefPatterns(),
	}
	var found *source.Fetched
	switch {
	case cfg.Remote.URL != "":
		found, err = fetcher.FromURL(ctx, cfg.Remote.URL, cfg.Remote.SHA256, run.Server+"/"+run.Repository)
	case fetcher.API == nil:
		return nil, &deploy.Error{
			Cause: errors.New("`github_artifact` is in a workflow of GitHub Actions, and this is none"),
			Hint:  "bring the file here, and name it in `artifact`",
		}
	default:
		if run.Attempt > 1 {
			wanted.Earlier = earlier()
		}
		if wanted.Commit, err = fetcher.Commit(ctx, wanted); err != nil {
			return nil, s.placed(ctx, err, deploy.InInput("ref", 1, 1))
		}
		found, err = fetcher.FromCI(ctx, wanted)
	}
	if err != nil {
		return nil, err
	}
	tarball, err := a.unwrapped(ctx, cfg, found)
	if err != nil {
		return nil, err
	}
	return &fetched{Artifact: tarball, commit: found.Commit, ref: cfg.Remote.Ref, builtBy: found.By, whence: from(found, wanted), file: cfg.Remote.CI == ""}, nil
}

// fetcher brings artifacts to this machine. It has no API outside GitHub Actions.
func (a *app) fetcher(s *session) (source.Fetcher, error) {
	fetcher := source.Fetcher{Download: download.New(), TempDir: a.env.TempDir, Most: s.cfg.MaxSize}
	var err error
	if s.run.Platform == "github" {
		fetcher.API, err = github.New(github.Options{API: s.run.API, Repository: s.run.Repository, Token: s.token()})
	}
	return fetcher, err
}

// unwrapped reads what was fetched, and closes it.
func (a *app) unwrapped(ctx context.Context, cfg *config.Config, found *source.Fetched) (*artifact.Artifact, error) {
	defer func() { _ = found.Close() }()
	path, err := artifact.Unwrap(ctx, found.Path, found.Name, cfg.MaxSize)
	if err != nil {
		return nil, err
	}
	return a.read(ctx, cfg, path, found.Name)
}

// from is where an artifact is from, for people; "" where they know.
func from(found *source.Fetched, wanted source.Wanted) string {
	switch {
	case found.By.IsZero():
		return ""
	case wanted.Ref != "" && wanted.Earlier.Commit != "":
		return fmt.Sprintf("%s built the artifact of %.7s, which an earlier attempt deployed for `%s`, and so this one does: %s", found.By, found.Commit, wanted.Ref, found.By.URL)
	}
	return fmt.Sprintf("%s built the artifact of %.7s: %s", found.By, found.Commit, found.By.URL)
}

// ownSteps takes the steps from the deploy file in an artifact of another commit, where it carries one: they are of one piece with its
// code. Hosts and policy stay the checkout's.
func (a *app) ownSteps(ctx context.Context, s *session, f *fetched) error {
	if f.builtBy.IsZero() || f.file || f.commit == s.run.SHA {
		return nil
	}
	in, env := s.in, a.environment(s.run)
	if s.dialer == nil {
		in.Command = "validate" // nothing that only hosts need is demanded
	}
	env.Artifact = f.FS(ctx)
	cfg, err := config.Load(in, a.env.Files(), env)
	if err != nil {
		return err
	}
	if s.cfg = cfg; cfg.OwnSteps {
		whose := fmt.Sprintf("the workflow's commit %.7s", s.run.SHA)
		if a.policy != nil {
			whose = "the branch that `policy_from` names"
		}
		f.whence += "; the steps are those of the deploy file in it, hosts and policy those of " + whose
	}
	return nil
}

// noting tells, behind the header, what is odd about the deploy file, where the artifact is from and what is odd about that, if there is one.
func (l launch) noting(tarball *fetched) deploy.Emit {
	var notes []string
	if tarball != nil {
		notes = tarball.oddities(l.cfg)
	}
	return func(event deploy.Event) {
		l.emit(event)
		started, begun := event.(deploy.Started)
		if !begun {
			return
		}
		for _, p := range l.cfg.Remarks {
			l.emit(deploy.Noted{Level: deploy.LevelWarning, Text: p.Error(), At: p.At})
		}
		if over := started.Override; !over.IsZero() {
			l.emit(deploy.Noted{Level: deploy.LevelWarning, Text: fmt.Sprintf("not_on %s is overridden by %s: %s", over.Against, started.Actor, over.Reason)})
		}
		if tarball != nil && tarball.whence != "" {
			l.emit(deploy.Noted{Level: deploy.LevelNotice, Text: tarball.whence})
		}
		for _, text := range notes {
			l.emit(deploy.Noted{Level: deploy.LevelNotice, Text: text, At: l.cfg.ArtifactAt})
		}
	}
}

// oddities are what is odd about an artifact.
func (f *fetched) oddities(cfg *config.Config) []string {
	notes := f.Notes()
	stated, given, whose := f.Revision(), cfg.Revision, "the input `revision`"
	if f.commit != "" {
		given, whose = f.commit, "its source"
	}
	if stated != "" && given != "" && !strings.HasPrefix(stated, given) {
		notes = append(notes, fmt.Sprintf("the artifact says that it was built of %s, %s says %s, and that is taken", stated, whose, given))
	}
	if _, err := f.pulled(cfg); err != nil {
		notes = append(notes, fmt.Sprintf("no host pulls the artifact, it is sent to all: %v", err))
	}
	return notes
}

// folder is the one folder in which everything in the artifact lies; "" where there is none, or no artifact.
func (f *fetched) folder() string {
	if f == nil {
		return ""
	}
	return f.Manifest().Folder()
}

// describe is what a plan needs to know of the artifact. Where neither its source nor an input says what it was built of, its own header does.
func (f *fetched) describe(cfg *config.Config) plan.Artifact {
	bytes, inodes := f.Unpacked()
	commit := f.commit
	if commit == "" {
		commit = revisionOf(f.Revision(), cfg.Revision)
	}
	return plan.Artifact{
		Revision: commit, Ref: f.ref, Provenance: f.builtBy, Nearby: f.nearby,
		SHA256: f.SHA256(), Content: f.Content(), Size: f.Size(), Bytes: bytes, Inodes: inodes,
	}
}

// revisionOf is the commit that an artifact was built of: what is given, in full where the artifact states more of the same.
func revisionOf(stated, given string) string {
	if strings.HasPrefix(stated, given) {
		return stated
	}
	return given
}
