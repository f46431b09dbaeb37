package plan

import (
	"maps"
	"slices"

	"github.com/slipway/slipway/internal/deploy"
)

// Dead is a deployment that nobody carries on, and that has no outcome: it was killed, or its runner was lost.
type Dead struct {
	ID   deploy.DeploymentID
	Left []Leftover // where it left something, in the plan's order

	asked map[string]Host // everybody who can be asked about it
}

// Leftover is what a dead deployment left on one host.
type Leftover struct {
	Host    Host
	Journal deploy.JournalFacts
}

// WayBack is how a host gets back to the release that it ran before.
type WayBack struct {
	From deploy.ReleaseID
	To   Link
}

// Dead are the deployments that died on the hosts, in the order of their IDs; an earlier attempt of this one is among them where
// own is true.
func (s *Schedule) Dead(own bool) []Dead {
	left := map[deploy.DeploymentID][]Leftover{}
	asked := map[string]Host{}
	for _, h := range s.Hosts {
		asked[h.Name] = h
		for _, journal := range h.Facts.Unfinished {
			left[journal.ID] = append(left[journal.ID], Leftover{h, journal})
		}
		if own && h.Facts.Own != nil && len(h.Facts.Own.Live) > 0 && h.Facts.Own.Outcome == "" {
			left[s.Deployment] = append(left[s.Deployment], Leftover{h, *h.Facts.Own})
		}
	}
	var dead []Dead
	for _, id := range slices.Sorted(maps.Keys(left)) {
		dead = append(dead, Dead{ID: id, Left: left[id], asked: asked})
	}
	return dead
}

// OwnUndos is what an earlier attempt of this deployment has begun to take back; of no host where there is nothing.
func (s *Schedule) OwnUndos() Dead {
	d := Dead{ID: s.Deployment}
	for _, h := range s.Hosts {
		if h.Facts.Own != nil && len(deploy.OpenUndos(h.Facts.Own.Live)) > 0 {
			d.Left = append(d.Left, Leftover{h, *h.Facts.Own})
		}
	}
	return d
}

// OwnLeft is what an earlier attempt of this deployment left on its hosts, without the toggles for which done is true. asked are all
// hosts that gave their facts, also those that the schedule goes on without.
func (s *Schedule) OwnLeft(asked map[string]Host, done func(host string, t deploy.Toggle) bool) Dead {
	d := Dead{ID: s.Deployment, asked: asked}
	for _, h := range s.Hosts {
		if h.Facts.Own == nil || len(h.Facts.Own.Live) == 0 {
			continue
		}
		journal := *h.Facts.Own
		journal.Live = slices.DeleteFunc(slices.Clone(journal.Live), func(entry deploy.LiveEntry) bool {
			return entry.Undoes() || entry.Toggle != nil && done(h.Name, *entry.Toggle)
		})
		d.Left = append(d.Left, Leftover{h, journal})
	}
	return d
}

// HalfDone reports whether there is anything to reconcile: a host to bring back, or a toggle that is on.
func (d Dead) HalfDone() bool {
	return len(d.WaysBack())+len(d.Undos()) > 0 || slices.ContainsFunc(d.Left, func(l Leftover) bool { return len(l.Toggles()) > 0 })
}

// Migrates reports whether a step of its phase migrate still runs. One that is being taken back does not count: that is followed to
// its end.
func (d Dead) Migrates() bool {
	return slices.ContainsFunc(d.Left, func(l Leftover) bool {
		return slices.ContainsFunc(l.Journal.Steps, func(try deploy.StepFacts) bool { return try.Running && try.Phase() == deploy.Migrate && !try.Undo })
	})
}

// Migrates reports whether a step of the phase migrate still runs, or is being taken back, as a journal says.
func Migrates(journal deploy.JournalFacts) bool {
	return slices.ContainsFunc(journal.Steps, func(try deploy.StepFacts) bool { return try.Running && try.Phase() == deploy.Migrate })
}

// WaysBack are the ways back of the hosts that have to be brought back, by host. Where the release was live and verified on every host
// of the deployment, it stays live; only a host that was on its way back already goes the rest of that way.
func (d Dead) WaysBack() map[string]WayBack {
	stands := d.stands()
	ways := map[string]WayBack{}
	for _, l := range d.Left {
		if way, ok := l.wayBack(stands); ok {
			ways[l.Host.Name] = way
		}
	}
	return ways
}

// stands reports whether the release had been activated and verified on every host of its plan that can be asked, and was not to be
// watched any more.
func (d Dead) stands() bool {
	if len(d.Left) == 0 {
		return false
	}
	touched := map[string]bool{}
	for _, l := range d.Left {
		if l.Host.NoRelease {
			continue
		}
		if id := l.Release(); id == "" || !l.Host.Activated(id) {
			return false
		}
		touched[l.Host.Name] = true
	}
	ended := false
	for _, name := range Read(d.Left[0].Journal.Plan).Hosts {
		h, known := d.asked[name]
		if !known || h.NoRelease || touched[name] {
			continue
		}
		// Hosts end their journals one by one, once the deployment stands.
		if !d.lasted(h) {
			return false
		}
		ended = true
	}
	return ended || !d.watching()
}

// lasted reports whether the last that a host's history has of the deployment is that it was activated there.
func (d Dead) lasted(h Host) bool {
	for _, entry := range slices.Backward(h.Facts.History) {
		if entry.Deployment == d.ID {
			return entry.Outcome == "activated"
		}
	}
	return false
}

// watching reports whether it ended before all hosts together had been watched, as it was to do: what was to hold for a while may not hold.
func (d Dead) watching() bool {
	wanted := false
	for _, l := range d.Left {
		wanted = wanted || Read(l.Journal.Plan).Watched
		for _, entry := range l.Journal.Live {
			if entry.What == deploy.LiveFleet && entry.State == deploy.RecordOK {
				return false
			}
			wanted = wanted || entry.What == deploy.LiveFleet
		}
	}
	return wanted
}

// Toggles are what it left on, the last one first.
func (l Leftover) Toggles() []deploy.Toggle {
	open := deploy.OpenToggles(l.Journal.Live)
	slices.Reverse(open)
	return open
}

// Undos are the names of the steps of migrate that it has begun to take back on any host, or was about to.
func (d Dead) Undos() (names []string) {
	for _, l := range d.Left {
		for _, undo := range l.Undos() {
			if !slices.Contains(names, undo.Name) {
				names = append(names, undo.Name)
			}
		}
	}
	return names
}

// Undos are the steps of migrate that it has begun to take back, or was about to, in order.
func (l Leftover) Undos() []deploy.Toggle { return deploy.OpenUndos(l.Journal.Live) }

// Release is what the deployment activates; "" when its plan cannot be read.
func (l Leftover) Release() deploy.ReleaseID { return Read(l.Journal.Plan).Release }

// wayBack is the host's way back; ok is false when it need not go. stands says that the deployment's release may stay.
func (l Leftover) wayBack(stands bool) (way WayBack, ok bool) {
	id, facts := l.Release(), l.Host.Facts
	before, switched := firstSwitch(l.Journal.Live, id)
	switch {
	case id == "":
		return WayBack{}, false
	case facts.Current == deploy.CurrentLost, facts.Current == deploy.CurrentNone && switched && !l.unlinked():
		to := UnwindTarget(l.Journal.ID, id, before, facts)
		return WayBack{From: id, To: to}, !to.None()
	case id == facts.CurrentID:
		return WayBack{From: id, To: UnwindTarget(l.Journal.ID, id, before, facts)}, !stands
	default:
		return WayBack{From: id, To: LinkTo(facts.CurrentTarget)}, l.halfBack()
	}
}

// halfBack reports whether the last switch was to what current names now, and no check has passed since: the programs of the release
// before may still run.
func (l Leftover) halfBack() bool {
	half := false
	for _, entry := range l.Journal.Live {
		switch {
		case entry.What == deploy.LiveSwitch && entry.State != deploy.RecordFailed:
			half = entry.Target == l.Host.Facts.CurrentTarget
		case entry.What == deploy.LiveVerify && entry.State == deploy.RecordOK:
			half = false
		}
	}
	return half
}

// unlinked reports whether the deployment itself removed current after it had switched.
func (l Leftover) unlinked() bool {
	return slices.ContainsFunc(l.Journal.Live, func(entry deploy.LiveEntry) bool {
		return entry.What == deploy.LiveUnlink && entry.State != deploy.RecordFailed
	})
}

// firstSwitch is what current named before a deployment switched it to a release for the first time.
func firstSwitch(live []deploy.LiveEntry, id deploy.ReleaseID) (before Link, ok bool) {
	for _, entry := range live {
		if entry.What == deploy.LiveSwitch && entry.State == deploy.RecordIntent && entry.Release == id {
			return LinkTo(entry.Before), true
		}
	}
	return Link{}, false
}
