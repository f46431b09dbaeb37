package toggle

import (
	"context"
	"slices"
	"sync"

	"github.com/slipway/slipway/internal/deploy"
)

// Ensured is what of a deployment's `ensure` steps is on, and where.
type Ensured struct {
	Toggles *Toggles

	mu sync.Mutex
	on []ensured // in the order in which they were done
}

type ensured struct {
	host   string
	toggle deploy.Toggle
}

// Found takes over what the journal of a host says that an earlier attempt of the deployment left on.
func (e *Ensured) Found(host string, live []deploy.LiveEntry) {
	for _, toggle := range deploy.OpenToggles(live) {
		if toggle.For == "" {
			e.set(host, toggle)
		}
	}
}

// On does an ensure step on a host.
func (e *Ensured) On(ctx context.Context, host string, toggle deploy.Toggle) deploy.Span {
	e.set(host, toggle) // from now on it may be on
	return e.Toggles.On(ctx, host, toggle)
}

// Names are what is on anywhere, the last one first.
func (e *Ensured) Names() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	var names []string
	for _, one := range e.on {
		if !slices.Contains(names, one.toggle.Name) {
			names = append(names, one.toggle.Name)
		}
	}
	slices.Reverse(names)
	return names
}

// ByHost is what is on under a name.
func (e *Ensured) ByHost(name string) map[string]deploy.Toggle {
	e.mu.Lock()
	defer e.mu.Unlock()
	found := map[string]deploy.Toggle{}
	for _, one := range e.on {
		if one.toggle.Name == name {
			found[one.host] = one.toggle
		}
	}
	return found
}

// Has reports whether something was done on a host under a name.
func (e *Ensured) Has(host, name string) bool {
	_, has := e.ByHost(name)[host]
	return has
}

func (e *Ensured) set(host string, toggle deploy.Toggle) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.on = slices.DeleteFunc(e.on, func(one ensured) bool { return one.host == host && one.toggle.Name == toggle.Name })
	e.on = append(e.on, ensured{host, toggle})
}
