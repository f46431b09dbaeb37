package plan

import (
	"cmp"
	"fmt"
	"slices"

	"slipway/internal/deploy"
)

// Superseded says that what a newer run activated would be replaced by this older one.
type Superseded struct {
	Host  string
	Newer deploy.HistoryEntry
}

func (e *Superseded) Error() string {
	return fmt.Sprintf("%s runs %s, which the newer run %s activated", e.Host, e.Newer.Release, e.Newer.RunURL)
}

// Incomparable says that nobody can tell which of two runs is newer.
type Incomparable struct {
	Host string
	Live deploy.HistoryEntry
}

func (e *Incomparable) Error() string {
	from := cmp.Or(e.Live.RunURL, string(e.Live.Order)) // the run's page names the repository, its order only a number
	return fmt.Sprintf("%s runs %s, which another repository or CI deployed (%s): which is newer cannot be told", e.Host, e.Live.Release, from)
}

// InOrder reports whether the deployment may replace what the hosts run: *Superseded or *Incomparable when it may not. It is
// judged for the whole fleet: one host on which a newer run is live is enough. A person's word stands above the order.
func (s *Schedule) InOrder() error {
	if s.Person || s.Rollback() {
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
	live := f.History[len(f.History)-1].Release
	for _, entry := range slices.Backward(f.History) {
		if entry.Release == live && entry.Outcome == "activated" {
			return entry, true
		}
	}
	return deploy.HistoryEntry{}, false
}
