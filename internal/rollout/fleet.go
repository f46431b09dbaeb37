package rollout

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"slipway/internal/deploy"
	"slipway/internal/release"
	"slipway/internal/release/survey"
	"slipway/internal/transport"
	"slipway/internal/transport/pool"
	"slipway/internal/transport/redial"
)

// Fleet is the hosts of a deployment, each connected and asked for its facts, or with the reason why not.
type Fleet struct {
	members  map[string]*member
	question survey.Question
}

// member is one host of the fleet.
type member struct {
	host   deploy.Host
	conn   *pool.Conn     // nil when it could not be connected
	fenced transport.Conn // conn under the lock; nil before that is taken
	facts  deploy.Facts
	span   deploy.Span // connecting and asking

	patience time.Duration // for how long it is waited for
	away     atomic.Bool   // it was waited for in vain
}

// Gather connects to every host, to as many at once as there are places, and asks each for its facts. It changes nothing on
// any host. A host that fails does not keep the others from answering: Run names them all.
func Gather(ctx context.Context, places *pool.Pool, hosts []deploy.Host, question survey.Question) *Fleet {
	fleet := &Fleet{members: make(map[string]*member, len(hosts)), question: question}
	var wait sync.WaitGroup
	for _, host := range hosts {
		m := &member{host: host, patience: redial.Patience}
		fleet.members[host.Name] = m
		wait.Go(func() { m.gather(ctx, places.Conn(host), question) })
	}
	wait.Wait()
	return fleet
}

func (m *member) gather(ctx context.Context, conn *pool.Conn, question survey.Question) {
	defer conn.Keep(ctx)()
	m.span = deploy.Span{Host: m.host.Name, Phase: deploy.Preflight, Start: time.Now(), Outcome: deploy.Succeeded}
	err := func() error {
		if err := conn.Connect(ctx); err != nil {
			_ = conn.Close()
			return err
		}
		m.conn = conn
		return m.ask(ctx, question)
	}()
	m.span.Duration = time.Since(m.span.Start)
	if err != nil {
		m.span.Outcome = deploy.Failed
		m.span.Err = hostError(m.host.Name, deploy.Preflight, "", err)
	}
}

// ask asks the host for its facts.
func (m *member) ask(ctx context.Context, question survey.Question) error {
	return m.again(ctx, func() (err error) {
		m.facts, err = survey.Take(ctx, m.conn, release.Site{Root: m.host.DeployPath}, question)
		return err
	})
}

// again does what may be done twice on a host until the link no longer fails it. A host that was waited for in vain has only one
// more try from then on, until it answers.
func (f *Fleet) again(ctx context.Context, host string, do func() error) error {
	return f.members[host].again(ctx, do)
}

func (m *member) again(ctx context.Context, do func() error) error {
	patience, away := m.patience, m.away.Load()
	if away {
		patience = 0
	}
	err := redial.Retry(ctx, patience, do)
	m.away.Store(redial.OfLink(err) && (away || ctx.Err() == nil))
	return err
}

// Close ends every connection.
func (f *Fleet) Close() error {
	var errs []error
	for _, m := range f.members {
		if m.conn != nil {
			errs = append(errs, m.conn.Close())
		}
	}
	return errors.Join(errs...)
}

func (f *Fleet) facts() map[string]deploy.Facts {
	facts := make(map[string]deploy.Facts, len(f.members))
	for name, m := range f.members {
		facts[name] = m.facts
	}
	return facts
}

func (f *Fleet) site(host string) release.Site {
	return release.Site{Root: f.members[host].host.DeployPath}
}

// conn is a host's connection; once the lock is taken, one on which every command is refused when it is lost.
func (f *Fleet) conn(host string) transport.Conn {
	if m := f.members[host]; m.fenced != nil {
		return m.fenced
	}
	return f.members[host].conn
}

// keep keeps a host connected until done is called, for commands that belong together: see pool.Conn.Keep.
func (f *Fleet) keep(ctx context.Context, host string) (done func()) {
	return f.members[host].conn.Keep(ctx)
}

// hostError is deploy.OnHost by a shorter name.
func hostError(host string, phase deploy.Phase, step string, err error) *deploy.Error {
	return deploy.OnHost(host, phase, step, err)
}
