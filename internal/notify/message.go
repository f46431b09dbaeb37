package notify

import (
	"crypto/rand"
	"fmt"
	"slices"
	"time"

	"github.com/slipway/slipway/internal/ci"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/report/failure"
	"github.com/slipway/slipway/internal/report/layout"
	"github.com/slipway/slipway/internal/report/outcome"
)

// Message is what is told on an occasion. Its texts hold no secrets and no control characters; what they would mean to a service, the
// service's payload escapes.
type Message struct {
	Occasions []deploy.Occasion // all that it is told for
	ID        string            // the same however often it is sent; another for each message
	Icon      string            // an emoji
	Title     string            // one sentence or two
	Facts     []Fact            // in the order in which they are read
	Link      string            // of the run's page; "" where there is none
	At        time.Time
	Result    deploy.Result // as far as it is known: of a start the header alone
}

// Fact is a line of a message. Its value is never empty.
type Fact struct{ Name, Value string }

// OfStart is the message that a deployment holds its hosts and is about to begin. live is what they run.
func OfStart(h deploy.Header, live string, now time.Time) Message {
	m := Message{Occasions: []deploy.Occasion{deploy.OccasionStart}, Icon: "🚀", At: now, Result: deploy.Result{Header: h}}
	what := layout.RunsOf(h)
	switch h.Command {
	case "rollback":
		m.Icon, m.Title = "⏪", layout.Where(h)+" goes back to "+what
	case "promote":
		m.Title = "Promoting " + what + " to " + layout.Where(h)
	default:
		m.Title = "Deploying " + what + " to " + layout.Where(h)
	}
	m.fill(h, live, "")
	return m
}

// OfEnd is the message of how a deployment ended, and whether there is anything to tell.
func OfEnd(res deploy.Result, run ci.Run) (Message, bool) {
	m := Message{Occasions: occasions(res), At: res.Start.Add(res.Duration), Result: res}
	if len(m.Occasions) == 0 {
		return Message{}, false
	}
	m.Icon, m.Title = outcome.Heading(res, failure.Of(res, &failure.Tails{}))
	m.fill(res.Header, outcome.State(res), outcome.NextOn(run, res.Next).String())
	return m, true
}

// fill adds what every message names.
func (m *Message) fill(h deploy.Header, live, next string) {
	deployment := string(h.Deployment)
	if deployment == "" { // it was over before it had an ID
		deployment = rand.Text()
	}
	m.ID = fmt.Sprintf("%s-%d-%s", deployment, h.Attempt, m.Occasions[0])
	if h.Reconcile { // the same attempt may have told what it was cancelled in
		m.ID += "-after"
	}
	if h.Shard.IsPart() { // the other shards are of the same attempt
		m.ID += fmt.Sprintf("-shard-%d-%d", h.Shard.Number, h.Shard.Of)
	}
	m.Link = webAddress(h.RunURL)
	commit := ""
	if h.Revision != "" {
		commit = layout.ShortRevision(h.Revision)
	}
	for _, f := range []Fact{
		{"App", h.App}, {"Environment", h.Environment}, {"Commit", commit}, {"By", h.Actor}, {"Live", live}, {"Next", next}, {"Site", h.URL},
	} {
		if f.Value = layout.OneLine(f.Value); f.Value != "" {
			m.Facts = append(m.Facts, f)
		}
	}
}

// occasions are what an end is told for, the one that matters most first; none where nothing came of it: a newer run's release was live
// already, it was cancelled before it began, or a shard prepared its hosts, which the job that goes on tells of.
func occasions(res deploy.Result) (on []deploy.Occasion) {
	back := len(res.HostsWith(deploy.HostUnwound)) > 0
	good := res.ExitCode == deploy.ExitDone && !res.Reconcile // a run that had to be cleaned up behind is none that went well
	switch {
	case res.Outcome == deploy.OutcomeSuperseded, res.Outcome == deploy.OutcomePrepared:
		return nil
	case res.Outcome == deploy.OutcomeCancelled && res.Failed == deploy.Preflight && !res.Reconcile:
		return nil
	}
	if res.Outcome == deploy.OutcomePerson || res.Reconcile && res.Outcome != deploy.OutcomeReconciled {
		on = append(on, deploy.OccasionPerson)
	}
	if !good {
		on = append(on, deploy.OccasionFailure)
	}
	if back || res.Outcome == deploy.OutcomeUnwound || good && res.Command == "rollback" {
		on = append(on, deploy.OccasionRollback)
	}
	if good {
		on = append(on, deploy.OccasionSuccess)
	}
	return on
}

// wants reports whether an occasion of the message is among those that a receiver asked for.
func (m Message) wants(on []deploy.Occasion) bool {
	return slices.ContainsFunc(m.Occasions, func(o deploy.Occasion) bool { return slices.Contains(on, o) })
}
