// Package plan decides what a deployment will do, before it does anything.
//
// Build turns what people wrote and what CI built into a Plan; Resolve holds the plan against what the hosts have and
// gives a Schedule, or every reason why not. Both are pure: no connection, no clock, no environment. What `plan` prints
// is what `deploy` runs.
package plan

import (
	"cmp"
	"errors"
	"maps"
	"path"
	"slices"
	"strconv"
	"time"

	"github.com/slipway/slipway/internal/config"
	"github.com/slipway/slipway/internal/deploy"
)

// Plan is a deployment as far as it can be known without asking a host.
type Plan struct {
	deploy.Header

	Targets      []deploy.Host
	Artifact     Artifact
	Timeout      time.Duration
	KeepReleases int
	PruneCommand string // removes a release that the user may not remove: words; "" is none
	Umask        string // of everything that is made on hosts, octal: "022"
	SharedDirs   []string
	SharedFiles  []string
	SecretFiles  []config.SecretFile
	Prepare      []deploy.Step
	Migrate      []deploy.Step
	Ensure       []deploy.Step // done before migrate, undone after activate
	Finish       []deploy.Step
	OnFailure    []deploy.Step
	Activations  map[string]deploy.Activation // by host, variables expanded; of a rollback the restarts alone: each host has its own
	Drains       map[string][]deploy.Drain    // by host
	Fleet        []deploy.Check
	Rollout      deploy.Rollout
	Batches      []Batch                      // in the order in which they are activated
	Vars         map[string]map[string]string // by host: declared variables and SLIPWAY_*
	Order        deploy.Order                 // of the run; "" outside CI
	Person       bool                         // a person asked for this very deployment: it may go back
	ReplaceApp   string                       // the application that the deploy path may be taken from; "" is none
	Exec         *deploy.Step                 // of `exec`: its command; nil of others
	To           string                       // of a rollback: release ID, start of a revision, or "previous"
	Ref          Ref                          // what CI says of a To that the hosts do not know

	config    *config.Config
	started   time.Time
	uncounted bool
	restart   bool
}

// Ref is a branch or tag that a rollback names.
type Ref struct {
	Commit string        // whole; "" where it is not known
	Why    *deploy.Error // that it is not known; nil where nobody was asked
}

// Artifact is what a plan needs to know of the artifact.
type Artifact struct {
	SHA256  deploy.Digest // of the file
	Content deploy.Digest
	Size    int64 // bytes of the file
	Bytes   int64 // unpacked, rounded up to blocks
	Inodes  int64

	Nearby []Nearby // releases of this very content that lie on machines already

	Revision   string // the commit that it was built of; "" where it is not known: the run's is taken then
	Ref        string // that was asked for, as it was written; "" where none was
	Provenance deploy.Provenance
}

// Run is what CI says of the run that deploys.
type Run struct {
	Version   string // of Slipway
	Identity  deploy.Identity
	Revision  string
	Actor     string
	URL       string
	Attempt   int
	Uncounted bool            // the CI does not count attempts: Count does
	Restart   bool            // it repeats the identity's run, which may be a restart itself: Trace looks
	Person    bool            // a person asked for it: a command line, or a dispatch that is no re-run
	Override  deploy.Override // of a rule of the deploy file, by the actor
	Reconcile bool            // it only reconciles what an attempt of this deployment left half done; the artifact is empty then
}

// Owner is whose deploy paths the plan deploys to.
func (p *Plan) Owner() deploy.Owner { return deploy.Owner{App: p.App, Environment: p.Environment} }

// Rollback reports whether the plan activates a release that the hosts keep.
func (p *Plan) Rollback() bool { return p.Command == "rollback" }

// Build makes the plan of a deploy, or of a rollback, for which the artifact is empty unless hosts lack the target. Its errors are deploy.Problems.
func Build(cfg *config.Config, artifact Artifact, run Run, now time.Time) (*Plan, error) {
	p := &Plan{
		Targets:      cfg.Hosts,
		Artifact:     artifact,
		Timeout:      cfg.Timeout,
		KeepReleases: cfg.KeepReleases,
		PruneCommand: cfg.PruneCommand,
		Umask:        cfg.Umask,
		SharedDirs:   cfg.SharedDirs,
		SharedFiles:  cfg.SharedFiles,
		SecretFiles:  cfg.SecretFiles,
		Rollout:      cfg.Rollout,
		ReplaceApp:   cfg.ReplaceApp,
		To:           cfg.To,
		Order:        run.Identity.Order(),
		Person:       run.Person,
		uncounted:    run.Uncounted,
		restart:      run.Restart,
		config:       cfg,
		started:      now,
		Header: deploy.Header{
			Version: run.Version, Command: run.Identity.Command, Reconcile: run.Reconcile, App: cfg.App, Environment: cfg.Environment, URL: cfg.URL,
			Deployment: run.Identity.ID(), Shard: cfg.Shard, ArtifactSize: artifact.Size, ArtifactSHA: artifact.SHA256,
			ContentSHA: artifact.Content, Revision: cmp.Or(artifact.Revision, run.Revision), Actor: run.Actor, RunURL: run.URL, Provenance: artifact.Provenance, Override: run.Override,
			RunID: run.Identity.RunID, Attempt: run.Attempt, Hosts: deploy.HostNames(cfg.Hosts),
		},
	}
	if p.Revision != run.Revision {
		p.WorkflowRevision = run.Revision
	}
	var problems deploy.Problems
	serving := deploy.WithRelease(cfg.Hosts)
	if len(serving) == 0 && !p.Upkeep() {
		return nil, deploy.Problems{{At: cfg.Hosts[0].At, Message: "no host gets the release", Hint: "`release: false` is for balancers alone"}}
	}
	if p.Upkeep() {
		err := p.upkeep()
		return p, err
	}
	p.Batches = batches(serving, cfg.Rollout)
	every, among := selection{cfg.Hosts, cfg.Hosts}, selection{serving, serving}
	if cfg.Unlimited != nil {
		every.all, among.all = cfg.Unlimited, deploy.WithRelease(cfg.Unlimited)
		p.LeftOut = deploy.HostNames(slices.DeleteFunc(slices.Clone(among.all), func(h deploy.Host) bool { return slices.Contains(p.Header.Hosts, h.Name) }))
	}
	if p.brings() {
		p.Prepare = place(cfg.Prepare, among, &problems)
	}
	if !p.Rollback() {
		p.Migrate = place(cfg.Migrate, among, &problems)
	}
	p.Ensure = placeEnsured(cfg.Ensure, every, among, &problems)
	p.Finish = place(cfg.Finish, among, &problems)
	p.OnFailure = place(cfg.OnFailure, among, &problems)
	var id deploy.ReleaseID
	if !p.Rollback() && !p.Reconcile {
		id = deploy.NewReleaseID(now, p.Revision, artifact.Content)
	}
	if problem := p.setRelease(id); problem != nil {
		problems = append(problems, *problem)
	}
	problems = append(problems, p.allDrained()...)
	problems = append(problems, p.inTime()...)
	if len(problems) > 0 {
		return nil, problems
	}
	p.narrow()
	return p, nil
}

// named is the plan for a release whose name the hosts gave.
func (p *Plan) named(id deploy.ReleaseID, facts map[string]deploy.Facts) (*Plan, *deploy.Error) {
	copied := *p
	if !p.Reconcile && (p.Rollback() || p.Joining() && p.Artifact.Revision == "") {
		copied.builtOf(commitOf(id, p.Targets, facts))
		copied.Provenance = provenanceOf(id, p.Targets, facts)
	}
	if p.Rollback() && p.Artifact.Content != contentOf(id, serving(p, facts)) {
		copied.Artifact, copied.Prepare = Artifact{}, nil // it was for a target that is none any more
	}
	if problem := copied.setRelease(id); problem != nil {
		return nil, &deploy.Error{Phase: deploy.Preflight, At: problem.At, Cause: errors.New(problem.Message), Hint: problem.Hint}
	}
	return &copied, nil
}

// setRelease fixes the release and everything that is named after it.
func (p *Plan) setRelease(id deploy.ReleaseID) *deploy.Problem {
	p.Release = id
	p.Vars = make(map[string]map[string]string, len(p.config.Hosts))
	for _, host := range p.config.Hosts {
		vars := maps.Clone(host.Vars)
		if vars == nil {
			vars = map[string]string{}
		}
		maps.Copy(vars, p.own(host))
		p.Vars[host.Name] = vars
	}
	p.Vars[deploy.RunnerName] = p.ofRunner()
	return p.activations(p.config)
}

// own are the variables that Slipway gives to every step on a host.
func (p *Plan) own(host deploy.Host) map[string]string {
	vars := p.common()
	maps.Copy(vars, map[string]string{
		"SLIPWAY_DEPLOY_PATH":  host.DeployPath,
		"SLIPWAY_RELEASE_PATH": path.Join(host.DeployPath, "releases", string(p.Release)),
		"SLIPWAY_CURRENT_PATH": path.Join(host.DeployPath, "current"),
		"SLIPWAY_SHARED_PATH":  path.Join(host.DeployPath, "shared"),
		"SLIPWAY_HOST":         host.Name,
	})
	return vars
}

// common are those of them that say nothing of the host.
func (p *Plan) common() map[string]string {
	return map[string]string{
		"SLIPWAY_RELEASE":         string(p.Release),
		"SLIPWAY_REVISION":        p.Revision,
		"SLIPWAY_ARTIFACT_SHA256": string(p.ArtifactSHA),
		"SLIPWAY_ENVIRONMENT":     p.Environment,
		"SLIPWAY_DEPLOYMENT":      string(p.Deployment),
		"SLIPWAY_ACTOR":           p.Actor,
	}
}

// ofRunner are the variables of the steps that the runner carries out. It has none of any host.
func (p *Plan) ofRunner() map[string]string {
	vars := p.common()
	vars["SLIPWAY_STARTED_AT"] = strconv.FormatInt(p.started.Unix(), 10)
	maps.Copy(vars, p.config.Vars) // none of theirs begins like Slipway's own
	return vars
}
