package rollout

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"

	"slipway/internal/deploy"
)

// drain takes a host out of its balancers; nothing where it has none.
func (t *turn) drain(ctx context.Context) *deploy.Error {
	if len(t.run.schedule.Drains[t.host.Name]) == 0 {
		return nil
	}
	return t.part(deploy.PartDrain, "", func(span *deploy.Span) *deploy.Error {
		note, err := t.run.drain(ctx, t.host.Host)
		span.Note = note
		return err
	})
}

// undrain puts a host back that is drained.
func (t *turn) undrain(ctx context.Context) *deploy.Error {
	if !t.run.isDrained(t.host.Name) {
		return nil
	}
	return t.part(deploy.PartUndrain, "", func(*deploy.Span) *deploy.Error { return t.run.undrain(ctx, t.host.Host) })
}

// drain runs the drains of a host on whoever runs them. note is what they noted of themselves.
func (r *run) drain(ctx context.Context, h deploy.Host) (note string, err *deploy.Error) {
	r.setDrained(h.Name, true) // from now on it may be
	for _, d := range r.schedule.Drains[h.Name] {
		for _, span := range r.delegate(ctx, h, d, r.on) {
			note = cmp.Or(note, span.Note)
			if span.Err != nil {
				return note, balancing(h.Name, "drain", span.Err)
			}
		}
	}
	return note, nil
}

// undrain takes the drains of a host back, the last one first.
func (r *run) undrain(ctx context.Context, h deploy.Host) *deploy.Error {
	for _, d := range slices.Backward(r.schedule.Drains[h.Name]) {
		for _, span := range r.delegate(ctx, h, d, r.off) {
			if span.Err != nil {
				return balancing(h.Name, "undrain", span.Err)
			}
		}
	}
	r.setDrained(h.Name, false)
	return nil
}

// balancing is the failure of a drain as that of the host that was to be drained.
func balancing(host, what string, err *deploy.Error) *deploy.Error {
	failure := *err
	if err.Host != host {
		failure.Cause = fmt.Errorf("on %s: %w", err.Host, err.Cause)
	}
	failure.Host, failure.Step = host, what
	return &failure
}

// delegate has a half of a drain run on every host that runs it for another: at once, but each of them for one at a time.
func (r *run) delegate(
	ctx context.Context, h deploy.Host, d deploy.Drain, half func(context.Context, string, deploy.Toggle) deploy.Span,
) []deploy.Span {
	executors := d.Executors
	if d.Role == "" {
		executors = []string{h.Name}
	}
	spans := make([]deploy.Span, len(executors))
	var wait sync.WaitGroup
	for i, executor := range executors {
		wait.Go(func() {
			free, err := r.claim(ctx, executor)
			if err != nil {
				spans[i] = deploy.Span{Host: executor, Step: d.Name, Outcome: deploy.NotRun, Err: deploy.OnHost(executor, deploy.Activate, d.Name, err)}
				return
			}
			defer free()
			spans[i] = half(ctx, executor, r.drainPair(h, d, executor))
		})
	}
	wait.Wait()
	return spans
}

// claim waits until nobody else has a host run something for them.
func (r *run) claim(ctx context.Context, executor string) (free func(), err error) {
	r.mu.Lock()
	if r.claims[executor] == nil {
		r.claims[executor] = make(chan struct{}, 1)
	}
	one := r.claims[executor]
	r.mu.Unlock()
	select {
	case one <- struct{}{}:
		return func() { <-one }, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// drainPair is a drain of a host as another runs it: with the variables of the drained host, Slipway's own of whoever runs it,
// and what tells the drained host.
func (r *run) drainPair(h deploy.Host, d deploy.Drain, executor string) deploy.Toggle {
	s := d.Step
	s.Name = d.Name + " " + h.Name
	vars := maps.Clone(r.schedule.Vars[h.Name])
	for name, value := range r.schedule.Vars[executor] {
		if strings.HasPrefix(name, "SLIPWAY_") {
			vars[name] = value
		}
	}
	vars["SLIPWAY_TARGET"] = h.Name
	vars["SLIPWAY_TARGET_ADDRESS"] = h.Address.Host
	vars["SLIPWAY_DRAIN_WAIT"] = strconv.Itoa(int(d.Wait.Seconds()))
	return deploy.Toggle{Name: fmt.Sprintf("%s of %s", strings.ToLower(d.Name), h.Name), For: h.Name, Step: &s, Vars: vars}
}

func (r *run) setDrained(host string, drained bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.drained[host] = drained
}

// isDrained tells whether this run took a host out of its balancer, or tried to, and did not put it back.
func (r *run) isDrained(host string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.drained[host]
}

// drainedHosts are the hosts of which isDrained is true, in order.
func (r *run) drainedHosts() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var names []string
	for _, name := range slices.Sorted(maps.Keys(r.drained)) {
		if r.drained[name] {
			names = append(names, name)
		}
	}
	return names
}
