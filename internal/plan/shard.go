package plan

import (
	"fmt"
	"slices"

	"github.com/slipway/slipway/internal/config"
	"github.com/slipway/slipway/internal/deploy"
)

// Asked are the hosts that a deployment has to ask for their facts: all, or of a shard its own and the one that keeps the claim. reconcile
// says that it only mends what an attempt left half done, and claims nothing.
func Asked(cfg *config.Config, reconcile bool) []deploy.Host {
	if !cfg.Shard.IsPart() {
		return cfg.Hosts
	}
	asked := shardOf(cfg)
	if keeper := claimKeeper(cfg); len(asked) > 0 && !reconcile && !contains(asked, keeper.Name) {
		asked = append(asked, keeper)
	}
	return asked
}

// shardOf are the hosts of a shard: every n-th of those that get the release, so that a deploy file which lists a data centre after the other
// spreads each over the shards.
func shardOf(cfg *config.Config) []deploy.Host {
	var mine []deploy.Host
	for place, host := range deploy.WithRelease(cfg.Hosts) {
		if cfg.Shard.Takes(place) {
			mine = append(mine, host)
		}
	}
	return mine
}

// claimKeeper is the host on which the first of several jobs names the release for all of them. Every job asks the same one.
func claimKeeper(cfg *config.Config) deploy.Host { return primary(deploy.WithRelease(cfg.Hosts)) }

func contains(hosts []deploy.Host, name string) bool {
	return slices.ContainsFunc(hosts, func(h deploy.Host) bool { return h.Name == name })
}

// narrow leaves a plan the hosts of its shard. Its steps keep theirs, and so their fingerprints: what one shard does is one with what the
// others do, and with what goes on from there.
func (p *Plan) narrow() {
	if !p.Shard.IsPart() {
		return
	}
	p.Targets = shardOf(p.config)
	p.Header.Hosts = deploy.HostNames(p.Targets)
	if len(p.Targets) == 0 {
		p.Release = "" // which it is, the other shards know
	}
	for _, host := range deploy.WithRelease(p.config.Hosts) {
		if !contains(p.Targets, host.Name) {
			p.Others = append(p.Others, host.Name)
		}
	}
}

// everyone are the names of all hosts of the deployment, also of those in other shards.
func (p *Plan) everyone() []string {
	if p.Shard.IsPart() {
		return deploy.HostNames(p.config.Hosts)
	}
	return p.Header.Hosts
}

// Keeper is the host that keeps the claim of a deployment by several jobs; ok is false where this one makes no claim. A shard may
// have to do with it for that alone: then it is none of the plan's hosts.
func (p *Plan) Keeper() (keeper deploy.Host, ok bool) {
	if !p.Shard.IsPart() || p.Reconcile || len(p.Targets) == 0 {
		return deploy.Host{}, false
	}
	return claimKeeper(p.config), true
}

// claimed is the release ID that a job of this deployment has named for the same content. Another content is another release, which only a
// later attempt of the run may begin with.
func claimed(p *Plan, facts map[string]deploy.Facts) (id deploy.ReleaseID, ok bool, err *deploy.Error) {
	if !p.Shard.Given() {
		return "", false, nil
	}
	keeper := claimKeeper(p.config)
	claim := facts[keeper.Name].Claim
	switch {
	case claim.Attempt == 0:
		return "", false, nil
	case claim.Content == p.ContentSHA:
		return claim.Release, true, nil
	case claim.Attempt >= max(1, p.Attempt):
		return "", false, &deploy.Error{
			Op: "preflight", Phase: deploy.Preflight,
			Cause: fmt.Errorf("this job's artifact has another content (%s..) than that of the shard which came first (%s..)", p.ContentSHA.Short(), claim.Content.Short()),
			Hint:  "build once, in a job before the matrix, and have every job of the deployment take that artifact",
		}
	}
	return "", false, nil
}

// Claim is the claim that a shard makes for its deployment; ok is false where there is one that holds.
func (s *Schedule) Claim(keeper deploy.Facts) (claim deploy.Claim, ok bool) {
	claim = deploy.Claim{Attempt: max(1, s.Attempt), Release: s.Release, Content: s.ContentSHA}
	return claim, keeper.Claim.Content != s.ContentSHA
}

// WentFurther reports whether nothing is left for a shard, because an earlier attempt has begun with what comes after prepare: all hosts were
// prepared by then. keeper are the facts of the host that keeps the claim.
func (s *Schedule) WentFurther(keeper deploy.Facts) bool {
	if !s.Shard.IsPart() || s.Reconcile || slices.ContainsFunc(s.Hosts, func(h Host) bool { return !h.Staged }) {
		return false
	}
	further := func(e *Earlier) bool { return e != nil && e.Record.Content == s.ContentSHA && BehindPrepare(e.Facts) }
	return further(earlier(keeper)) || slices.ContainsFunc(s.Hosts, func(h Host) bool { return further(h.Earlier) })
}

// BehindPrepare reports whether a deployment has begun with what comes after prepare, as a journal says.
func BehindPrepare(journal deploy.JournalFacts) bool {
	return len(journal.Live) > 0 || slices.ContainsFunc(journal.Steps, func(try deploy.StepFacts) bool { return try.Phase() != deploy.Prepare })
}

// PrepareHere are the steps of prepare that the job runs: of a shard those before the first that runs once for all hosts, on its own
// hosts. What such a step makes may be a part of what later ones see.
func (s *Schedule) PrepareHere() []deploy.Step {
	if !s.Shard.IsPart() {
		return s.Prepare
	}
	var steps []deploy.Step
	for _, step := range s.Prepare {
		if step.Once || step.Runner {
			break
		}
		step.Hosts = slices.DeleteFunc(slices.Clone(step.Hosts), func(name string) bool { return !contains(s.Targets, name) })
		if len(step.Hosts) > 0 {
			steps = append(steps, step)
		}
	}
	return steps
}

// Unprepared are the hosts that the shards of the deployment did not bring the release to: the job that goes on does so.
func (s *Schedule) Unprepared() []string {
	if !s.Shard.Rest || s.Reconcile {
		return nil
	}
	var names []string
	for _, h := range s.Serving() {
		if !h.Staged {
			names = append(names, h.Name)
		}
	}
	return names
}
