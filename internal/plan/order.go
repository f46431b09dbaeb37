package plan

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/slipway/slipway/internal/deploy"
)

// Superseded says that what a newer run activated would be replaced by this older one.
type Superseded struct {
	Host  string
	Newer deploy.HistoryEntry
}

// Error has two lines, of which the second ends with an address. It does not name the host: who shows it does.
func (e *Superseded) Error() string {
	return fmt.Sprintf("runs %s of a newer run\nactivated by %s", e.Newer.Release, origin(e.Newer))
}

// Incomparable says that nobody can tell which of two runs is newer.
type Incomparable struct {
	Host string
	Live deploy.HistoryEntry
}

// Error has lines like that of Superseded.
func (e *Incomparable) Error() string {
	return fmt.Sprintf("runs %s of another repository or CI\nactivated by %s\nwhich of the two is newer cannot be told", e.Live.Release, origin(e.Live))
}

// origin is the run that activated a release: its page, which names the repository, or its order, which has only a number of that.
func origin(live deploy.HistoryEntry) string { return cmp.Or(live.RunURL, string(live.Order)) }

// InOrder reports whether the deployment may replace what the hosts run: *Superseded or *Incomparable when it may not. It is
// judged for the whole fleet: one host on which a newer run is live is enough. A person's word stands above the order.
func (s *Schedule) InOrder() error {
	if s.Person || s.Rollback() || s.Upkeep() {
		return nil
	}
	for _, h := range s.Hosts {
		live, ok := liveEntry(h.Facts)
		if !ok || live.Order == "" || live.Deployment == s.Deployment {
			continue
		}
		switch sign, ok := s.Order.Compare(live.Order); {
		case !ok:
			return &Incomparable{Host: h.Name, Live: live}
		case sign < 0:
			return &Superseded{Host: h.Name, Newer: live}
		}
	}
	return nil
}

// AllTheSame is what a person does who wants this deployment's content live in spite of a newer run.
func (s *Schedule) AllTheSame() deploy.Next {
	if id, ok := s.kept(); ok {
		return deploy.Next{
			Text:    "a re-run never replaces a newer run's release; to go back to this one all the same:",
			Command: deploy.Joined(" -e ", "slipway rollback", s.Environment) + " --to " + string(id),
		}
	}
	return deploy.Next{
		Text: "a re-run never replaces a newer run's release, and no rollback can go to this one: it is not kept on every host. " +
			"To deploy it all the same, start the workflow by hand on its commit, or deploy from a command line",
	}
}

// kept is a release of this deployment's content that a rollback can go to: it lies on every host, and was verified there.
func (s *Schedule) kept() (id deploy.ReleaseID, ok bool) {
	facts := map[string]deploy.Facts{}
	for _, h := range s.Serving() {
		facts[h.Name] = h.Facts
	}
	for _, id := range slices.Backward(common(facts)) {
		if id.Content() == s.ContentSHA.Short() && condition(id, facts) == good {
			return id, true
		}
	}
	return "", false
}

// Stamp is the order that the deployment leaves in the history. One that no CI run made leaves that of the newest run
// whose release it replaces, so that older runs stay out.
func (s *Schedule) Stamp() deploy.Order {
	stamp := s.Order
	for _, h := range s.Hosts {
		live, ok := liveEntry(h.Facts)
		if !ok {
			continue
		}
		if sign, ok := live.Order.Compare(stamp); stamp == "" || (ok && sign > 0) {
			stamp = live.Order
		}
	}
	return stamp
}

// liveEntry is the line of a host's history by which what is live there was activated. A deployment that was unwound left
// the release before it live, and that release's own line counts.
func liveEntry(f deploy.Facts) (deploy.HistoryEntry, bool) {
	if len(f.History) == 0 {
		return deploy.HistoryEntry{}, false
	}
	return f.WentLive(f.History[len(f.History)-1].Release)
}
