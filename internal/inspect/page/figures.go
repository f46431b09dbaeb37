package page

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/inspect"
)

// Figure is one of DORA's four, as far as the hosts' records tell it.
type Figure struct {
	Name  string
	Value string // "" where it is not known
	Note  string // what it was made of, or why it is not known
	Means string // what is counted, and what is not
}

// window is how far back the figures look.
const window = 90 * 24 * time.Hour

// What each figure means: the page says it, so that nobody compares what cannot be compared.
const (
	meansWeekly = "Deployments that put a release live on all their hosts, divided by the weeks. Rollbacks are not among them."
	meansLead   = "From the time of the commit that was deployed until the last host served it, the median. Of commits that went live together only the newest is seen; the others waited longer. A commit that is deployed again counts once."
	meansFail   = "Of the deployments that changed what is live, the share that was unwound because a check or a restart failed, or that a person rolled back. What failed before it was live is not among them, nor what nobody noticed, nor what was mended by the next deployment."
	meansBack   = "Of those, from the moment when the failed release went live until the release before was served again, the median. Where no host had verified it, from the beginning of the deployment, which is longer than visitors saw it."
)

const nothingDeployed = "nothing was deployed in this time"

// figures are of the last 90 days, or of as many as there are records of.
func figures(h inspect.History, commits map[string]time.Time) []Figure {
	f := facts{since: h.Asked.Add(-window), asked: h.Asked}
	if n := len(h.Deployments); n == 0 || f.since.Before(at(h.Deployments[n-1])) {
		f.since = h.Asked
		if n > 0 {
			f.since = at(h.Deployments[n-1])
		}
	}
	f.gather(h.Deployments, commits)
	return []Figure{f.weekly(), f.lead(len(commits) > 0), f.failureRate(), f.restore()}
}

// facts are what the figures are made of.
type facts struct {
	since, asked time.Time
	launched     int             // changed what is live on a host
	succeeded    int             // and put a release live on all
	leads        []time.Duration // of those whose commit's time is known
	fresh        int             // of those that put a commit live for the first time
	restores     []time.Duration // of those that failed
}

func (f *facts) gather(newestFirst []inspect.Deployment, commits map[string]time.Time) {
	rolledBack := map[deploy.ReleaseID]time.Time{} // when a release was left by a rollback, the next after its deployment
	seen := map[string]bool{}
	for _, d := range newestFirst {
		if d.Command == "rollback" && !d.LiveAt.IsZero() && d.Before != "" {
			rolledBack[d.Before] = d.LiveAt
		}
		if d.Command == "rollback" || d.Command == "join" || d.LiveAt.IsZero() && d.UnwoundAt.IsZero() {
			continue
		}
		left, wasLeft := rolledBack[d.Release]
		delete(rolledBack, d.Release)
		if at(d).Before(f.since) {
			continue
		}
		f.launched++
		switch {
		case unwound(d):
			from := d.Begun
			if !d.LiveAt.IsZero() {
				from = d.LiveAt
			}
			f.restores = append(f.restores, d.UnwoundAt.Sub(from))
		case wasLeft:
			f.restores = append(f.restores, left.Sub(d.LiveAt))
		}
		if d.Outcome == deploy.OutcomeActivated && !unwound(d) {
			f.succeeded++
		}
	}
	for _, d := range slices.Backward(newestFirst) {
		if d.Outcome != deploy.OutcomeActivated || d.LiveAt.IsZero() || d.Command == "rollback" || d.Command == "join" || d.Revision == "" || seen[d.Revision] {
			continue
		}
		seen[d.Revision] = true
		if d.LiveAt.Before(f.since) {
			continue
		}
		f.fresh++
		if made, known := committed(d.Revision, commits); known && made.Before(d.LiveAt) {
			f.leads = append(f.leads, d.LiveAt.Sub(made))
		}
	}
}

// committed is when a commit was made. Of one of which only the beginning of its name is recorded, the only one that has it.
func committed(revision string, commits map[string]time.Time) (made time.Time, known bool) {
	if made, known = commits[revision]; known || len(revision) < 7 {
		return made, known
	}
	for name, t := range commits {
		if strings.HasPrefix(name, revision) {
			if known {
				return time.Time{}, false
			}
			made, known = t, true
		}
	}
	return made, known
}

func (f *facts) weekly() Figure {
	figure := Figure{Name: "Deployments a week", Means: meansWeekly}
	covered := f.asked.Sub(f.since)
	if covered < 7*24*time.Hour {
		figure.Note = "the records go back less than a week: " + plural(f.succeeded, "deployment")
		return figure
	}
	figure.Value = fmt.Sprintf("%.1f", float64(f.succeeded)/(covered.Hours()/24/7))
	figure.Note = fmt.Sprintf("%s in %.0f days", plural(f.succeeded, "deployment"), covered.Hours()/24)
	return figure
}

func (f *facts) lead(given bool) Figure {
	figure := Figure{Name: "Lead time", Means: meansLead, Note: "none of the commits' times is known"}
	switch {
	case !given:
		figure.Note = "the times of the commits were not given"
	case len(f.leads) > 0:
		figure.Value = span(median(f.leads))
		figure.Note = fmt.Sprintf("of %d of %s", len(f.leads), plural(f.fresh, "commit"))
	}
	return figure
}

func (f *facts) failureRate() Figure {
	figure := Figure{Name: "Change failure rate", Means: meansFail, Note: nothingDeployed}
	if f.launched > 0 {
		figure.Value = fmt.Sprintf("%.0f %%", 100*float64(len(f.restores))/float64(f.launched))
		figure.Note = fmt.Sprintf("%d of %s", len(f.restores), plural(f.launched, "deployment"))
	}
	return figure
}

func (f *facts) restore() Figure {
	figure := Figure{Name: "Time to restore", Means: meansBack, Note: nothingDeployed}
	switch {
	case len(f.restores) > 0:
		figure.Value = span(median(f.restores))
		figure.Note = "of " + plural(len(f.restores), "failure")
	case f.launched > 0:
		figure.Value, figure.Note = "none", "nothing failed in this time"
	}
	return figure
}

// median is the middle one of some lengths of time, which are at least one.
func median(all []time.Duration) time.Duration {
	sorted := slices.Sorted(slices.Values(all))
	half := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[half]
	}
	return (sorted[half-1] + sorted[half]) / 2
}
