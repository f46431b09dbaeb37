// Package fleet is the hosts of a deployment, each connected and asked for its facts, or with the reason why not.
//
// Terms: a host is away when it did not answer for as long as the fleet waits for it. The package must not know what is done on the hosts, in which
// order, or why.
package fleet

import (
	"context"
	"errors"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/fanout"
	"github.com/slipway/slipway/internal/release/survey"
	"github.com/slipway/slipway/internal/transport/pool"
	"github.com/slipway/slipway/internal/transport/retry"
)

// Fleet is hosts by their names.
type Fleet struct {
	hosts    map[string]*Host
	question survey.Question
}

// Gather connects to every host, to as many at once as there are slots, and asks each for its facts. It changes nothing on
// any host. The error of a host that fails is in its Span; the others go on. Gather calls waiting now and then with the hosts that it
// waits for, and for what.
func Gather(ctx context.Context, slots *pool.Pool, hosts []deploy.Host, question survey.Question, waiting func(string)) *Fleet {
	f := &Fleet{hosts: make(map[string]*Host, len(hosts)), question: question}
	all := make([]*Host, len(hosts))
	for i, host := range hosts {
		all[i] = &Host{Host: host, patience: retry.Patience}
		f.hosts[host.Name] = all[i]
	}
	done := tellWaiting(all, waiting)
	fanout.Each(all, func(h *Host) { h.gather(ctx, slots.Conn(h.Host), question) })
	done()
	return f
}

// On is the host of that name, which Gather was given.
func (f *Fleet) On(host string) *Host { return f.hosts[host] }

// Begun is when the first host was asked.
func (f *Fleet) Begun() time.Time {
	first := time.Now()
	for _, h := range f.hosts {
		if h.Span.Start.Before(first) {
			first = h.Span.Start
		}
	}
	return first
}

// Facts are what each host said of itself.
func (f *Fleet) Facts() map[string]deploy.Facts {
	facts := make(map[string]deploy.Facts, len(f.hosts))
	for name, h := range f.hosts {
		facts[name] = h.Facts
	}
	return facts
}

// AskAgain asks a host for its facts once more.
func (f *Fleet) AskAgain(ctx context.Context, host string) error {
	return f.hosts[host].ask(ctx, f.question)
}

// Close ends every connection.
func (f *Fleet) Close() error {
	var errs []error
	for _, h := range f.hosts {
		if h.conn != nil {
			errs = append(errs, h.conn.Close())
		}
	}
	return errors.Join(errs...)
}
