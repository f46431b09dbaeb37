package rollout

import (
	"maps"
	"slices"
	"sync"

	"github.com/slipway/slipway/internal/deploy"
)

// failureBudget is how many hosts may fail, or be missing, while the others go on.
type failureBudget struct {
	size        int
	dispensable func(host string) bool // the others can do without it

	mu      sync.Mutex
	covered map[string]*deploy.Error // by host
}

func newFailureBudget(size int, dispensable func(host string) bool) *failureBudget {
	return &failureBudget{size: size, dispensable: dispensable, covered: map[string]*deploy.Error{}}
}

// covers counts the failure of a host, and reports whether the others may go on without it. Only the first failure of a host counts.
func (b *failureBudget) covers(host string, err *deploy.Error) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, counted := b.covered[host]; counted {
		return true
	}
	if len(b.covered) >= b.size || !b.dispensable(host) {
		return false
	}
	b.covered[host] = err
	return true
}

// uncovered counts failures, and returns those that the budget does not cover.
func (b *failureBudget) uncovered(errs deploy.Errors) deploy.Errors {
	return slices.DeleteFunc(slices.Clone(errs), func(err *deploy.Error) bool { return b.covers(err.Host, err) })
}

// missing are the hosts that the others went on without, sorted.
func (b *failureBudget) missing() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Sorted(maps.Keys(b.covered))
}

// failure is why the others went on without a host.
func (b *failureBudget) failure(host string) *deploy.Error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.covered[host]
}
