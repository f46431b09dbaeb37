package plan

import (
	"encoding/json"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/slipway/slipway/internal/deploy"
)

// Earlier is what an earlier attempt of the same deployment wrote on a host.
type Earlier struct {
	Record Record
	Facts  deploy.JournalFacts
}

// Attempt is the number of the attempt that named the release; 1 for none.
func (e *Earlier) Attempt() int {
	if e == nil {
		return 1
	}
	return max(1, e.Record.MadeIn)
}

// earlier reads a host's journal of this deployment; nil when there is none that can be gone on with.
func earlier(f deploy.Facts) *Earlier {
	if f.Own == nil {
		return nil
	}
	e := &Earlier{Facts: *f.Own}
	if json.Unmarshal(f.Own.Plan, &e.Record) != nil || e.Record.Format != recordFormat {
		return nil
	}
	return e
}

// adopt finds the release of the deployment. A rollback goes to one that the hosts have, and a join brings the one that the other
// hosts run. A deployment goes on with the release that an earlier attempt named, or makes its own.
func adopt(p *Plan, facts map[string]deploy.Facts) (deploy.ReleaseID, *deploy.Error) {
	if p.Upkeep() {
		return "", nil
	}
	if p.Rollback() || p.Reconcile {
		id := recorded(p, facts)
		if p.Reconcile {
			return id, nil
		}
		return rollbackTarget(p, id, serving(p, facts))
	}
	if p.Joining() {
		return fleetRelease(p, facts)
	}
	if id, ok, err := claimed(p, facts); ok || err != nil {
		return id, err
	}
	if id, ok := adopted(p, facts); ok {
		return id, nil
	}
	return unused(p, facts), nil
}

// unused is the plan's release ID. Where another deployment, of the same second and content, has that ID already, it is the ID of a
// later second: this deployment must not go on with what the other one did.
func unused(p *Plan, facts map[string]deploy.Facts) deploy.ReleaseID {
	id := p.Release
	taken := func(target deploy.Host) bool {
		_, there := facts[target.Name].Release(id)
		return there
	}
	for slices.ContainsFunc(p.Targets, taken) {
		id = deploy.NewReleaseID(id.Made().Add(time.Second), p.Revision, p.ContentSHA)
	}
	return id
}

// adopted is the release ID that an earlier attempt gave to the same content. Where hosts disagree, one that is activated
// wins, else the first host's.
func adopted(p *Plan, facts map[string]deploy.Facts) (deploy.ReleaseID, bool) {
	var first deploy.ReleaseID
	for _, target := range p.Targets {
		f := facts[target.Name]
		e := earlier(f)
		if e == nil || e.Record.Content != p.ContentSHA || !e.Record.Release.Valid() {
			continue
		}
		if f.CurrentID == e.Record.Release {
			return e.Record.Release, true
		}
		if first == "" {
			first = e.Record.Release
		}
	}
	return first, first != ""
}

// recorded is the release in the journal of an earlier attempt; "" when there was none.
func recorded(p *Plan, facts map[string]deploy.Facts) deploy.ReleaseID {
	for _, target := range p.Targets {
		if e := earlier(facts[target.Name]); e != nil && e.Record.Release.Valid() {
			return e.Record.Release
		}
	}
	return ""
}

// LinkTo is the link of a text that current had; "" is no link.
func LinkTo(text string) Link {
	if id := deploy.ReleaseID(path.Base(text)); strings.HasPrefix(text, "releases/") && id.Valid() {
		return To(id)
	}
	return Link{Target: text}
}

// isActivated reports whether an earlier attempt ended well on every host that has a journal of it.
func (s *Schedule) isActivated() bool {
	return !slices.ContainsFunc(s.Hosts, func(h Host) bool {
		return h.Earlier != nil && h.Earlier.Facts.Outcome != string(deploy.OutcomeActivated) && h.Earlier.Facts.Outcome != string(deploy.OutcomeUnchanged)
	})
}

// attempt is the attempt that this one goes on from; nil when it is the first.
func (s *Schedule) attempt() *deploy.Attempt {
	record := s.firstRecord()
	if record == nil {
		return nil
	}
	a := &deploy.Attempt{Number: max(1, record.Attempt), Actor: record.Actor}
	if s.isActivated() {
		return a
	}
	a.Phase = deploy.Prepare
	for _, h := range s.Hosts {
		if h.Earlier == nil {
			continue
		}
		if h.Earlier.Facts.Touched() {
			a.Phase = deploy.Activate
			return a
		}
		for _, step := range h.Earlier.Facts.Steps {
			if strings.HasPrefix(step.Folder, string(deploy.Migrate)+"-") {
				a.Phase = deploy.Migrate
			}
		}
	}
	if s.Shard.Rest && a.Phase == deploy.Prepare && a.Number == max(1, s.Attempt) {
		return nil // its shards
	}
	return a
}
