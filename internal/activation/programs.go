package activation

import (
	"slices"
	"sync"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/plan"
)

// Programs are those that a deployment may have started. The zero value is none.
type Programs struct {
	restarts  sync.Map // restart -> true: those that were begun
	unstopped sync.Map // name of a restart -> true: it was said that nothing ends what it started
}

// restart is one that was begun: of a release on a host.
type restart struct {
	host    string
	release deploy.ReleaseID
}

// began notes that a restart of a release begins on a host.
func (p *Programs) began(host string, id deploy.ReleaseID) { p.restarts.Store(restart{host, id}, true) }

// restarted reports whether a restart of a release was begun on a host, by this deployment or by one that left its journal there.
func (p *Programs) restarted(h plan.Host, id deploy.ReleaseID) bool {
	if _, here := p.restarts.Load(restart{h.Name, id}); here {
		return true
	}
	journals := slices.Clone(h.Facts.Unfinished)
	if h.Facts.Own != nil {
		journals = append(journals, *h.Facts.Own)
	}
	return slices.ContainsFunc(journals, func(journal deploy.JournalFacts) bool {
		return slices.ContainsFunc(journal.Live, func(entry deploy.LiveEntry) bool {
			return entry.What == deploy.LiveRestart && entry.Release == id
		})
	})
}

// firstUnstopped reports whether nobody asked before about a restart of this name.
func (p *Programs) firstUnstopped(name string) bool {
	_, said := p.unstopped.LoadOrStore(name, true)
	return !said
}
