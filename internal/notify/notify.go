// Package notify tells people how a deployment goes, in chats and by webhooks, beside the deployment: it waits for nobody, and nothing
// that goes wrong here ends anything.
//
// Terms: an occasion is what is told (deploy.Occasion); a message is what is said on one, the same for all; a payload is a message as one
// service takes it; a receiver is an address with the occasions that it asked for. The package must not know how a deployment is
// carried out: it takes its events, as report does.
package notify

import (
	"context"
	"sync"
	"time"

	"github.com/slipway/slipway/internal/call"
	"github.com/slipway/slipway/internal/ci"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/report/sanitize"
	"github.com/slipway/slipway/internal/secret"
)

// How long telling may take.
const (
	longest     = 10 * time.Second // of one occasion
	longestLate = 2 * time.Second  // once the run is cancelled: CI kills it soon
)

// Options are whom to tell, and by what words.
type Options struct {
	Receivers []Receiver
	Run       ci.Run
	Redactor  *secret.Redactor // nil: no secrets
}

// Notifier tells of one deployment. Emit may be called concurrently; End comes once, after the last event.
type Notifier struct {
	options Options
	ctx     context.Context // of the run, for what an event sends
	clean   sanitize.Sanitizer
	most    time.Duration // that one occasion may take
	late    time.Duration // once the run is cancelled

	mu      sync.Mutex
	header  deploy.Header
	live    string // what the hosts run before
	begun   bool   // the start was told
	started sync.WaitGroup
	failed  []string
}

// New is a Notifier of a deployment that has not begun. ctx is the run's: it is cancelled with it.
func New(ctx context.Context, options Options) *Notifier {
	return &Notifier{options: options, ctx: ctx, clean: sanitize.Sanitizer{Redactor: options.Redactor}, most: longest, late: longestLate}
}

// Emit takes an event. The start is told when the first phase behind preflight begins: the hosts are held then, nothing was refused, and
// nothing is touched yet. The deployment does not wait for it.
func (n *Notifier) Emit(event deploy.Event) {
	if len(n.options.Receivers) == 0 {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	switch e := event.(type) {
	case deploy.Started:
		started, _ := n.clean.Event(e).(deploy.Started)
		n.header = started.Header
	case deploy.StepDone:
		if e.Phase == deploy.Preflight {
			n.live = n.clean.Own(e.Note)
		}
	case deploy.PhaseStarted:
		n.phase(e.Phase)
	}
}

// phase tells the start, once. Of several jobs that make a deployment the one that goes on with all hosts tells it.
func (n *Notifier) phase(phase deploy.Phase) {
	switch phase {
	case deploy.Prepare, deploy.Ensure, deploy.Migrate, deploy.Activate:
	default:
		return
	}
	if n.begun || n.header.Reconcile || n.header.Shard.IsPart() {
		return
	}
	n.begun = true
	m := OfStart(n.header, n.live, time.Now())
	n.started.Go(func() { n.tell(n.ctx, m) })
}

// End tells how it ended, and returns when everybody was told, or the time for it is over. failed says who could not be told, and why,
// for people.
func (n *Notifier) End(ctx context.Context, res deploy.Result) (failed []string) {
	n.started.Wait()
	if finished, ok := n.clean.Event(deploy.Finished{Result: res}).(deploy.Finished); ok && len(n.options.Receivers) > 0 {
		if m, told := OfEnd(finished.Result, n.options.Run); told {
			n.tell(ctx, m)
		}
	}
	return n.failed
}

// tell sends a message to all that want it, at once. When run ends, it has less time.
func (n *Notifier) tell(run context.Context, m Message) {
	ctx, cancel := call.Bounded(run, n.most, n.late)
	defer cancel()
	var all sync.WaitGroup
	for _, r := range n.options.Receivers {
		if !m.wants(r.On) {
			continue
		}
		all.Go(func() {
			if err := r.send(ctx, m, time.Now()); err != nil {
				n.fail(n.clean.Line(err.Error()))
			}
		})
	}
	all.Wait()
}

// fail keeps why somebody was not told, once.
func (n *Notifier) fail(why string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, known := range n.failed {
		if known == why {
			return
		}
	}
	n.failed = append(n.failed, why)
}
