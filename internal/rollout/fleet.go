package rollout

import (
	"context"
	"errors"
	"sync"
	"time"

	"slipway/internal/deploy"
	"slipway/internal/release"
	"slipway/internal/release/survey"
	"slipway/internal/transport"
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
	conn   transport.Conn // nil when it could not be connected
	fenced transport.Conn // conn under the lock; nil before that is taken
	facts  deploy.Facts
	span   deploy.Span // connecting and asking
}

// Gather connects to every host at once and asks each for its facts. It changes nothing on any host. A host that fails
// does not keep the others from answering: Run names them all.
func Gather(ctx context.Context, dialer transport.Dialer, hosts []deploy.Host, question survey.Question) *Fleet {
	fleet := &Fleet{members: make(map[string]*member, len(hosts)), question: question}
	var wait sync.WaitGroup
	for _, host := range hosts {
		m := &member{host: host}
		fleet.members[host.Name] = m
		wait.Go(func() { m.gather(ctx, dialer, question) })
	}
	wait.Wait()
	return fleet
}

func (m *member) gather(ctx context.Context, dialer transport.Dialer, question survey.Question) {
	m.span = deploy.Span{Host: m.host.Name, Phase: deploy.Preflight, Start: time.Now(), Outcome: deploy.Succeeded}
	err := func() error {
		conn, err := redial.Connect(ctx, dialer, m.host)
		if err != nil {
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
	return again(ctx, func() (err error) {
		m.facts, err = survey.Take(ctx, m.conn, release.Site{Root: m.host.DeployPath}, question)
		return err
	})
}

// reconnectFor is how long a host may be away before what was under way there has failed: longer than a restart takes.
const reconnectFor = 3 * time.Minute

// again does what may be done twice until the link no longer fails it.
func again(ctx context.Context, do func() error) error { return redial.Retry(ctx, reconnectFor, do) }

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

// hostError is err as a *deploy.Error that names host, phase and step.
func hostError(host string, phase deploy.Phase, step string, err error) *deploy.Error {
	if err == nil {
		return nil
	}
	failure := &deploy.Error{Cause: err}
	var known *deploy.Error
	if errors.As(err, &known) {
		copied := *known
		failure = &copied
	}
	failure.Host, failure.Phase = host, phase
	if failure.Step == "" {
		failure.Step = step
	}
	return failure
}
