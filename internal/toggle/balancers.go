package toggle

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/fanout"
)

// Balancers take hosts out of their load balancers and put them back.
type Balancers struct {
	Toggles *Toggles
	Drains  func(host string) []deploy.Drain
	Vars    func(host string) map[string]string

	mu      sync.Mutex
	busy    map[string]chan struct{} // by host: it runs a drain for one other host at a time
	drained map[string]bool          // by host: it is out of its balancers, or may be
}

// Has reports whether a host is behind a balancer.
func (b *Balancers) Has(host string) bool { return len(b.Drains(host)) > 0 }

// Drain runs the drains of a host on whoever runs them. note is what they noted of themselves.
func (b *Balancers) Drain(ctx context.Context, h deploy.Host) (note deploy.Note, err *deploy.Error) {
	b.set(h.Name, true) // from now on it may be out
	for _, d := range b.Drains(h.Name) {
		for _, span := range b.delegate(ctx, h, d, b.Toggles.On) {
			if note.IsZero() {
				note = span.Note
			}
			if span.Err != nil {
				return note, forHost(h.Name, "drain", span.Err)
			}
		}
	}
	return note, nil
}

// Undrain takes the drains of a host back, the last one first.
func (b *Balancers) Undrain(ctx context.Context, h deploy.Host) *deploy.Error {
	for _, d := range slices.Backward(b.Drains(h.Name)) {
		for _, span := range b.delegate(ctx, h, d, b.Toggles.Off) {
			if span.Err != nil {
				return forHost(h.Name, "undrain", span.Err)
			}
		}
	}
	b.set(h.Name, false)
	return nil
}

// Drained reports whether a host was taken out, or may have been, and was not put back.
func (b *Balancers) Drained(host string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.drained[host]
}

// AllDrained are the hosts of which Drained is true, sorted.
func (b *Balancers) AllDrained() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.DeleteFunc(slices.Sorted(maps.Keys(b.drained)), func(host string) bool { return !b.drained[host] })
}

// Touched reports whether a host was taken out, or put back.
func (b *Balancers) Touched(host string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	_, touched := b.drained[host]
	return touched
}

func (b *Balancers) set(host string, drained bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.drained == nil {
		b.drained = map[string]bool{}
	}
	b.drained[host] = drained
}

// delegate runs half of a drain on all hosts that run it, at once. Each of them works for one drained host at a time.
func (b *Balancers) delegate(
	ctx context.Context, h deploy.Host, d deploy.Drain, half func(context.Context, string, deploy.Toggle) deploy.Span,
) []deploy.Span {
	executors := d.Executors
	if d.Role == "" {
		executors = []string{h.Name}
	}
	return fanout.Do(executors, func(executor string) deploy.Span {
		free, err := b.claim(ctx, executor)
		if err != nil {
			return deploy.Span{Host: executor, Step: d.Name, Outcome: deploy.NotRun, Err: deploy.OnHost(executor, deploy.Activate, d.Name, err)}
		}
		defer free()
		return half(ctx, executor, b.toggle(h, d, executor))
	})
}

// claim waits until a host runs no drain for another.
func (b *Balancers) claim(ctx context.Context, executor string) (free func(), err error) {
	b.mu.Lock()
	if b.busy == nil {
		b.busy = map[string]chan struct{}{}
	}
	if b.busy[executor] == nil {
		b.busy[executor] = make(chan struct{}, 1)
	}
	one := b.busy[executor]
	b.mu.Unlock()
	select {
	case one <- struct{}{}:
		return func() { <-one }, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// toggle is a drain of a host as another host runs it. It has the variables of the drained host, Slipway's own variables of the host
// that runs it, and SLIPWAY_TARGET and its like, which name the drained host.
func (b *Balancers) toggle(h deploy.Host, d deploy.Drain, executor string) deploy.Toggle {
	s := d.Step
	s.Name = d.Name + " " + h.Name
	vars := maps.Clone(b.Vars(h.Name))
	for name, value := range b.Vars(executor) {
		if strings.HasPrefix(name, "SLIPWAY_") {
			vars[name] = value
		}
	}
	vars["SLIPWAY_TARGET"] = h.Name
	vars["SLIPWAY_TARGET_ADDRESS"] = h.Address.Host
	vars["SLIPWAY_DRAIN_WAIT"] = strconv.Itoa(int(d.Wait.Seconds()))
	return deploy.Toggle{Name: fmt.Sprintf("%s of %s", strings.ToLower(d.Name), h.Name), For: h.Name, Step: &s, Vars: vars}
}

// forHost is the failure of a drain as a failure of the host that was to be drained.
func forHost(host, what string, err *deploy.Error) *deploy.Error {
	failure := *err
	if err.Host != host {
		failure.Cause = fmt.Errorf("on %s: %w", err.Host, err.Cause)
	}
	failure.Host, failure.Step = host, what
	return &failure
}
