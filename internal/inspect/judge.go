package inspect

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/plan"
	"github.com/slipway/slipway/internal/release"
	"github.com/slipway/slipway/internal/release/survey"
)

// MostFiles is how many drifted files of a host are listed.
const MostFiles = 200

// Rules are what a judgement goes by.
type Rules struct {
	Lease time.Duration // how long the owner of a lock gives no sign of life before it counts as dead
}

// Judge says what runs where, and what of it is not as it should be. answers are in the deploy file's order. While a deployment is under
// way, hosts that are not alike, or not through with it, are no fault.
func Judge(head Head, answers []Answer, rules Rules) Status {
	s := Status{Head: head, State: StateOK, Hosts: []HostStatus{}}
	left, running := leftovers(answers), false
	for _, a := range answers {
		h := describe(a, left[a.Host.Name])
		if h.Lock != nil {
			h.Lock.Dead = a.LockAge >= rules.Lease
			running = running || a.LockAge >= 0 && !h.Lock.Dead
		}
		s.Hosts = append(s.Hosts, h)
	}
	s.Release = fleetRelease(s.Hosts)
	for i, a := range answers {
		h := &s.Hosts[i]
		switch {
		case a.Err != nil:
			h.State, h.Why, h.Next = StateUnreachable, []string{reason(a.Err)}, a.Err.Hint
			h.Alike = alike(a.Err)
		case a.Host.NoRelease:
			h.State = StateBalancer
			h.judgeLeft()
		default:
			h.Drift = driftOf(a)
			h.judge(a, s.Release, head)
		}
		if running && (h.State == StateSplit || h.State == StateHalfDone) {
			h.State = StateDeploying
		}
	}
	for _, h := range s.Hosts {
		if h.State != StateBalancer && slices.Index(states, h.State) > slices.Index(states, s.State) {
			s.State = h.State
		}
	}
	return s
}

// leftovers are what unfinished deployments left, by host.
func leftovers(answers []Answer) map[string][]Leftover {
	var hosts []deploy.Host
	facts := map[string]deploy.Facts{}
	for _, a := range answers {
		if a.Err == nil {
			hosts = append(hosts, a.Host)
			facts[a.Host.Name] = a.Facts
		}
	}
	left := map[string][]Leftover{}
	for _, dead := range plan.LeftBehind(hosts, facts) {
		ways := dead.WaysBack()
		for _, l := range dead.Left {
			one := Leftover{Deployment: dead.ID, Release: plan.Read(l.Journal.Plan).Release}
			if way, goes := ways[l.Host.Name]; goes {
				one.Back, one.HalfDone = way.To.String(), true
			}
			for _, t := range l.Toggles() {
				one.Toggles, one.HalfDone = append(one.Toggles, t.Name), true
			}
			for _, t := range l.Undos() {
				one.Undos, one.HalfDone = append(one.Undos, t.Name), true
			}
			left[l.Host.Name] = append(left[l.Host.Name], one)
		}
	}
	return left
}

// lockOf is who holds a host; nil where nobody does.
func lockOf(a Answer) *Lock {
	if a.Err != nil || a.Facts.Lock.Free() {
		return nil
	}
	owner := a.Facts.Lock.Owner
	return &Lock{
		Deployment: owner.Deployment, Command: owner.Command, Attempt: owner.Attempt, Actor: owner.Actor, RunURL: owner.RunURL,
		Since: owner.Since, Silent: a.LockAge.Seconds(),
	}
}

// describe is what a host says of itself, without a judgement.
func describe(a Answer, left []Leftover) HostStatus {
	f := a.Facts
	h := HostStatus{
		Host: a.Host.Name, Roles: a.Host.Roles, Format: f.LayoutFormat, Current: f.CurrentTarget, Kept: []Kept{},
		Lock: lockOf(a), Hold: f.Hold, Left: left,
	}
	for _, r := range f.Releases {
		if r.Staged {
			own := map[string]deploy.Facts{a.Host.Name: f}
			condition, _ := plan.Way(r.ID, []deploy.Host{a.Host}, nil, own)
			h.Kept = append(h.Kept, Kept{r.ID, condition, r.Adopted})
		}
	}
	h.Release = f.CurrentID
	for _, r := range f.Releases {
		if r.Adopted != "" && r.Live {
			h.Release = r.ID
		}
	}
	if h.Release == "" {
		return h
	}
	h.Revision = h.Release.Revision()
	if entry, ok := f.WentLive(h.Release); ok {
		h.Since, h.Actor, h.RunURL, h.Deployment = entry.At, entry.Actor, entry.RunURL, entry.Deployment
		h.Revision = cmp.Or(entry.Revision, h.Revision)
	}
	return h
}

// fleetRelease is the release among those that are live which went live last.
func fleetRelease(hosts []HostStatus) deploy.ReleaseID {
	var newest HostStatus
	for _, h := range hosts {
		if h.Release != "" && (newest.Release == "" || h.Since.After(newest.Since)) {
			newest = h
		}
	}
	return newest.Release
}

// judge finds the state of a host that answered: the worst thing that can be said of it, with all that is to say.
func (h *HostStatus) judge(a Answer, fleet deploy.ReleaseID, head Head) {
	f := a.Facts
	h.State = StateOK
	switch {
	case h.Release != "":
		h.judgeRelease(f, fleet, head)
	case f.Current == deploy.CurrentForeign && fleet == "":
		h.found(StateForeign, "another tool's release is live", "")
	case f.Current == deploy.CurrentForeign:
		h.found(StateSplit, "another tool's release is live", joining(head))
	case f.Current == deploy.CurrentLost:
		h.found(StateDrifted, "current leads to "+f.CurrentTarget+", which is not there: nothing is live", "deploy again, or `slipway rollback"+head.Flag()+"`")
	case f.Current == deploy.CurrentDirectory, f.Current == deploy.CurrentFile:
		state := StateForeign
		if len(f.History) > 0 {
			state = StateDrifted
		}
		h.found(state, fmt.Sprintf("current is a %s and not a link", f.Current), "look who made it; a deployment is refused, and says how to convert it")
	case fleet != "":
		h.found(StateSplit, "no release is live", joining(head))
	default:
		h.found(StateNothing, "nothing was deployed yet", "")
	}
	h.judgeDrift()
	h.judgeLeft()
	switch {
	case f.LayoutFormat > release.Format:
		h.Why = append(h.Why, fmt.Sprintf("its layout is of version %d, newer than this Slipway knows (%d): what is said here may not be all", f.LayoutFormat, release.Format))
	case f.LayoutFormat > 0 && f.LayoutFormat < release.Format:
		h.Why = append(h.Why, fmt.Sprintf("its layout is of version %d, older than this Slipway writes (%d): the next deployment converts it", f.LayoutFormat, release.Format))
	}
}

// judgeRelease judges a host on which a release is live.
func (h *HostStatus) judgeRelease(f deploy.Facts, fleet deploy.ReleaseID, head Head) {
	// A deployment that is under way, or died, has switched hosts of which the history does not tell yet.
	if n := len(f.History); n > 0 && len(h.Left) == 0 && f.Current == deploy.CurrentRelease {
		if last := f.History[n-1].Release; last != h.Release {
			h.found(StateDrifted, fmt.Sprintf("current was switched by hand: the last deployment left %s live", cmp.Or(string(last), "no release")), "deploy again, or `slipway rollback"+head.Flag()+"`")
		}
	}
	if h.Release != fleet {
		h.found(StateSplit, "the fleet runs "+string(fleet), joining(head))
	}
	switch known, there := f.Release(h.Release); {
	case there && known.Bad:
		h.found(StateHalfDone, "its release failed its checks", "`slipway rollback"+head.Flag()+"`, or fix forward")
	case !there || !known.Verified:
		h.found(StateHalfDone, "nobody verified its release here", "\"Re-run failed jobs\", or deploy again")
	}
}

func joining(head Head) string {
	return "`slipway join" + head.Flag() + "` brings it the fleet's release"
}

// judgeLeft judges what unfinished deployments left.
func (h *HostStatus) judgeLeft() {
	for _, l := range h.Left {
		if !l.HalfDone {
			h.Why = append(h.Why, fmt.Sprintf("deployment %s did not end, and left nothing to mend", l.Deployment))
			continue
		}
		text := fmt.Sprintf("deployment %s died half way", l.Deployment)
		if l.Back != "" {
			text += "; the host goes back to " + l.Back
		}
		if len(l.Toggles) > 0 {
			text += "; still on: " + strings.Join(l.Toggles, ", ")
		}
		if len(l.Undos) > 0 {
			text += "; still to undo: " + strings.Join(l.Undos, ", ")
		}
		h.found(StateHalfDone, text, "the next deployment mends it first; or \"Re-run failed jobs\"")
	}
}

// judgeDrift judges the files of the live release.
func (h *HostStatus) judgeDrift() {
	switch d := h.Drift; {
	case d == nil:
	case d.Skipped != "":
		h.Why = append(h.Why, "files are not compared: "+d.Skipped)
	case d.Count == 1:
		h.found(StateDrifted, "1 file is not as it was deployed", "deploy again once the change is in the repository")
	case d.Count > 1:
		h.found(StateDrifted, fmt.Sprintf("%d files are not as they were deployed", d.Count), "deploy again once the changes are in the repository")
	}
}

// found takes a finding: the worst one is the state, and what to do about it comes first.
func (h *HostStatus) found(state State, why, next string) {
	h.Why = append(h.Why, why)
	if slices.Index(states, state) > slices.Index(states, h.State) {
		h.State = state
		h.Next = cmp.Or(next, h.Next)
	}
}

// Ignored reports whether the drift of a path does not count, by patterns; * and ** are wildcards.
func Ignored(patterns []string) func(path string) bool {
	return func(path string) bool {
		return slices.ContainsFunc(patterns, func(pattern string) bool {
			matched, err := doublestar.Match(pattern, path)
			return matched && err == nil
		})
	}
}

// driftOf is the drift of a host; nil where nobody asked for it.
func driftOf(a Answer) *Drift {
	switch {
	case a.NoDrift != "":
		return &Drift{Files: []survey.Difference{}, Skipped: a.NoDrift}
	case a.Drift == nil:
		return nil
	}
	d := a.Drift
	return &Drift{
		Compared: d.Compared, Count: d.Count, ArtifactOnly: d.ArtifactOnly,
		Files: append([]survey.Difference{}, d.List[:min(len(d.List), MostFiles)]...),
	}
}
