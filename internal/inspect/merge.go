package inspect

import (
	"cmp"
	"strings"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/plan"
	"github.com/slipway/slipway/internal/release/survey"
)

// Answer is what one host answered.
type Answer struct {
	Host  deploy.Host
	Err   *deploy.Error // why it did not; nothing else is known then
	Facts deploy.Facts

	Past    survey.Past         // asked for the history and for logs
	LockAge time.Duration       // since the last sign of life of the lock's owner; below zero is not known
	Drift   *survey.Differences // asked for drift; nil where it was not, or could not be compared
	NoDrift string              // why it could not be compared; "" where it was
}

// Plans are the plans of deployments, as one of their hosts has them.
type Plans map[deploy.DeploymentID]plan.Record

// Merge makes one history of what the hosts keep. answers are in the deploy file's order; rule is what the environment demands of the run that
// built what a rollback goes to, nil where it demands nothing.
func Merge(head Head, answers []Answer, plans Plans, rule *deploy.ProvenanceRule) History {
	m := merger{plans: plans, byID: map[deploy.DeploymentID]*merged{}, withRelease: map[string]bool{}}
	h := History{Head: head, Deployments: []Deployment{}, Unasked: unasked(answers)}
	for _, a := range answers {
		m.withRelease[a.Host.Name] = !a.Host.NoRelease
	}
	for _, a := range answers {
		if a.Past.Damaged > 0 {
			h.Damaged = append(h.Damaged, Damage{a.Host.Name, a.Past.Damaged})
		}
		m.journals(a)
	}
	for _, outcome := range []string{lineActivated, lineUnwound} {
		for _, a := range answers {
			m.history(a, outcome)
		}
	}
	h.Rollback = wayBack(answers, rule)
	hosts, facts := serving(answers)
	for _, d := range m.list() {
		d.WayBack, d.WayBackWhy = plan.Way(d.Release, hosts, rule, facts)
		h.Deployments = append(h.Deployments, d)
	}
	markLive(h.Deployments, facts)
	return h
}

// unasked are the hosts that did not answer.
func unasked(answers []Answer) []Unasked {
	list := []Unasked{}
	for _, a := range answers {
		if a.Err != nil {
			list = append(list, Unasked{Host: a.Host.Name, Error: reason(a.Err), Hint: a.Err.Hint, Alike: alike(a.Err)})
		}
	}
	return list
}

// reason is the cause of an error in a line.
func reason(err *deploy.Error) string {
	text := strings.Join(deploy.CausesOf(err.Cause), " / ")
	if err.Op != "" {
		text = err.Op + ": " + text
	}
	return text
}

// alike is why a host did not answer, less what is its own.
func alike(err *deploy.Error) string { return err.Alike(reason(err) + "\n" + err.Hint) }

// serving are the hosts that get releases and answered, and their facts.
func serving(answers []Answer) (hosts []deploy.Host, facts map[string]deploy.Facts) {
	facts = map[string]deploy.Facts{}
	for _, a := range answers {
		if a.Err == nil && !a.Host.NoRelease {
			hosts = append(hosts, a.Host)
			facts[a.Host.Name] = a.Facts
		}
	}
	return hosts, facts
}

// wayBack asks the very code that a rollback uses.
func wayBack(answers []Answer, rule *deploy.ProvenanceRule) Rollback {
	for _, a := range answers {
		if a.Err != nil && !a.Host.NoRelease {
			return Rollback{Refused: a.Host.Name + " did not answer: a rollback goes to what every host keeps"}
		}
	}
	hosts, facts := serving(answers)
	id, err := plan.RollbackTarget(hosts, rule, facts)
	if err != nil {
		return Rollback{Refused: err.Cause.Error() + " (" + err.Hint + ")"}
	}
	_, brought := plan.Way(id, hosts, rule, facts)
	return Rollback{Release: id, Brought: brought}
}

// markLive marks the newest deployment of each release that a host runs.
func markLive(list []Deployment, facts map[string]deploy.Facts) {
	marked := map[deploy.ReleaseID]bool{}
	for i := range list {
		d := &list[i]
		if d.LiveAt.IsZero() || marked[d.Release] {
			continue
		}
		for _, f := range facts {
			known, _ := f.Release(d.Release)
			d.Live = d.Live || f.CurrentID == d.Release || known.Live
		}
		marked[d.Release] = d.Live
	}
}

// merger gathers deployments from hosts.
type merger struct {
	plans       Plans
	byID        map[deploy.DeploymentID]*merged
	withRelease map[string]bool // by name, of the hosts that are known
}

// merged is a deployment that is being gathered.
type merged struct {
	Deployment
	journal    bool // a host has its journal
	unfinished bool // a host was touched and says of no end
	running    bool // it holds a host's lock
	outcomeAt  time.Time
}

func (m *merger) of(id deploy.DeploymentID) *merged {
	d := m.byID[id]
	if d == nil {
		d = &merged{Deployment: Deployment{ID: id, Activated: []string{}, Unwound: []string{}}}
		m.byID[id] = d
		if record, known := m.plans[id]; known {
			d.Command, d.Release, d.Revision, d.Actor, d.RunURL, d.Attempt = record.Command, record.Release, record.Revision, record.Actor, record.RunURL, record.Attempt
			d.Provenance, d.Override = record.Provenance, record.Override
			serves := func(host string) bool { with, known := m.withRelease[host]; return with || !known }
			for _, host := range record.Hosts {
				if serves(host) {
					d.Hosts++
				}
			}
			for _, host := range record.LeftOut {
				if serves(host) {
					d.LeftOut = append(d.LeftOut, host)
				}
			}
		}
	}
	return d
}

// journals takes what a host's journals say.
func (m *merger) journals(a Answer) {
	for _, j := range a.Past.Journals {
		d := m.of(j.ID)
		d.journal = true
		if begun := j.Begun.Add(-a.Facts.ClockSkew); !j.Begun.IsZero() && begun.After(d.Begun) {
			d.Begun = begun
		}
		if ended := j.Ended.Add(-a.Facts.ClockSkew); j.Outcome != "" && ended.After(d.outcomeAt) {
			d.outcomeAt, d.Outcome = ended, deploy.Outcome(j.Outcome)
		}
		d.Failures = append(d.Failures, failuresOf(a.Host.Name, j, m.plans[j.ID])...)
	}
	for _, j := range a.Facts.Unfinished {
		m.of(j.ID).unfinished = true
	}
	if lock := a.Facts.Lock; !lock.Free() && m.byID[lock.Owner.Deployment] != nil {
		m.byID[lock.Owner.Deployment].running = true
	}
}

// What a line of a history says.
const (
	lineActivated = "activated"
	lineUnwound   = "unwound"
)

// history takes the lines of a host's history of one outcome. What was activated comes first: by that is known what hosts were brought
// back from.
func (m *merger) history(a Answer, outcome string) {
	for _, entry := range a.Past.History {
		if entry.Outcome != outcome || entry.Command == "adopt" { // of another tool's release, which a deployment replaces
			continue
		}
		d := m.of(entry.Deployment)
		switch outcome {
		case lineActivated:
			d.Activated = append(d.Activated, a.Host.Name)
			d.Release, d.Before = cmp.Or(d.Release, entry.Release), cmp.Or(d.Before, entry.Before)
			d.Revision = cmp.Or(entry.Revision, d.Revision)
			d.LiveAt = later(d.LiveAt, entry.At)
			if d.Provenance.IsZero() {
				d.Provenance = entry.Provenance
			}
			if d.Override.IsZero() {
				d.Override = entry.Override
			}
		case lineUnwound:
			d.Release = cmp.Or(d.Release, entry.Before)
			d = m.left(d, entry)
			d.Unwound = append(d.Unwound, a.Host.Name)
			d.UnwoundAt = later(d.UnwoundAt, entry.At)
		}
		d.Command, d.Actor, d.RunURL = cmp.Or(d.Command, entry.Command), cmp.Or(d.Actor, entry.Actor), cmp.Or(d.RunURL, entry.RunURL)
		if !d.journal && (d.Begun.IsZero() || entry.At.Before(d.Begun)) {
			d.Begun = entry.At
		}
	}
}

// left is the deployment that a host was brought back from. Where another one died, the next deployment brings the host back, and the
// line is of that.
func (m *merger) left(by *merged, entry deploy.HistoryEntry) *merged {
	if by.Release == entry.Before {
		return by
	}
	from := by
	for _, d := range m.byID {
		if d.Release == entry.Before && (from == by || d.Begun.After(from.Begun)) {
			from = d
		}
	}
	return from
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
