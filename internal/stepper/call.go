package stepper

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strconv"
	"time"

	"github.com/slipway/slipway/internal/call"
	"github.com/slipway/slipway/internal/call/request"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/release/step"
)

// Call brings a step that the runner carries out to its end. That it begins, and how it ended, stands in the journal of the first of the
// hosts that takes the record: one is enough, since a later attempt reads all of them. So what went well is not sent again, and what
// nobody saw end is sent again only where it may be. begin is called where there is anything to do.
func (r *Stepper) Call(ctx context.Context, hosts []string, s deploy.Step, vars map[string]string, begin func()) deploy.Span {
	span := deploy.Span{Host: deploy.RunnerName, Phase: s.Phase, Step: s.Name, Start: time.Now(), Outcome: deploy.Failed}
	c := caller{Stepper: r, step: s, vars: vars}
	d := c.decide(hosts)
	if d.verb == keepIt {
		span.Outcome, span.Kept = deploy.Succeeded, max(1, d.Attempt)
		return span
	}
	begin()
	if d.verb == joinIt && !s.Idempotent {
		span.Outcome, span.Status = deploy.Unknown, unseen
		command := r.resolveCommand(d.host, s, false)
		span.Err = c.failure(&Undecided{Command: command}, "it is not sent again, as it may have arrived: find out, then `"+command+" done`, or `... rerun` and re-run the job")
		return span
	}
	c.carryOut(ctx, hosts, &span)
	span.Duration = time.Since(span.Start)
	return span
}

// caller carries out one step of the runner.
type caller struct {
	*Stepper
	step deploy.Step
	vars map[string]string
	log  []string // for the journal: without addresses and answers, which may hold secrets
}

// placed is a decision about what the journal of a host has.
type placed struct {
	decision
	host string
}

// decide looks a step up in what earlier attempts recorded on any of the hosts. A try without an attempt was cut off before anything was
// sent.
func (c *caller) decide(hosts []string) placed {
	var found placed
	for _, host := range hosts {
		d := decide(c.step, c.Earlier(host))
		switch {
		case d.verb == keepIt:
			return placed{d, host}
		case d.verb == joinIt && d.Attempt > 0 && d.Attempt >= found.Attempt:
			found = placed{d, host}
		}
	}
	return found
}

func (c *caller) say(line string) {
	c.log = append(c.log, c.Redactor.String(line))
	c.output(c.step, Scene{}, deploy.RunnerName, line)
}

func (c *caller) failure(cause error, hint string) *deploy.Error {
	return &deploy.Error{Host: deploy.RunnerName, Phase: c.step.Phase, Step: c.step.Name, At: c.step.At, Cause: cause, Hint: hint}
}

// carryOut sends the requests, between two records.
func (c *caller) carryOut(ctx context.Context, hosts []string, span *deploy.Span) {
	filled, err := c.fill()
	if err != nil {
		span.Status, span.Err = "not sent", c.failure(err, "mend the step, or the variables that it names")
		return
	}
	host, inst, err := c.announce(ctx, hosts)
	if err != nil {
		span.Status, span.Err = "not sent", c.failure(fmt.Errorf("no host takes the record that it is sent: %w", deploy.CauseIn(err)), "without that a re-run would send it again")
		return
	}
	for i, r := range filled {
		status, err := c.send(ctx, i, len(filled), r)
		var failed *call.Error
		if !errors.As(err, &failed) {
			span.Note = deploy.NoteOf(strconv.Itoa(status))
			continue
		}
		span.Status, span.Err = failed.Status, c.failure(failed.Cause, failed.Hint)
		span.Err.Tail = call.Lines(c.Redactor.Head(failed.Answer))
		for _, line := range span.Err.Tail {
			c.output(c.step, Scene{}, deploy.RunnerName, line)
		}
		if failed.Unknown {
			span.Outcome, span.Note = deploy.Unknown, deploy.Note{}
			return // the record says that it began, and no more is known
		}
		c.conclude(ctx, host, inst, false)
		return
	}
	span.Outcome = deploy.Succeeded
	c.conclude(ctx, host, inst, true)
}

// fill puts variables and secrets into all requests, before the first is sent.
func (c *caller) fill() ([]request.Filled, error) {
	values := maps.Clone(c.vars)
	maps.Copy(values, c.step.Vars)
	for _, name := range c.step.Secrets {
		values[name] = c.Secrets[name].Reveal()
	}
	values["SLIPWAY_SENT_AT"] = strconv.FormatInt(time.Now().Unix(), 10)
	var all []request.Filled
	for _, r := range c.step.Requests {
		filled, err := request.Fill(r, func(name string) (string, bool) {
			value, known := values[name]
			return value, known
		})
		if err != nil {
			return nil, err
		}
		all = append(all, filled)
	}
	return all, nil
}

// send sends one of the requests.
func (c *caller) send(ctx context.Context, i, of int, r request.Filled) (status int, err error) {
	what := r.Method + " " + r.URL.Hostname()
	if of > 1 {
		what = fmt.Sprintf("%d of %d: %s", i+1, of, what)
	}
	status, err = call.Send(ctx, r, call.Policy{Timeout: c.step.Timeout, Retries: c.step.Retries}, func(line string) { c.say(what + ": " + line) })
	if err != nil {
		c.say(what + ": " + err.Error())
	} else {
		c.say(fmt.Sprintf("%s: %d", what, status))
	}
	return status, err
}

// announce writes down that the step begins, on the first host that takes it.
func (c *caller) announce(ctx context.Context, hosts []string) (host string, inst step.Instance, err error) {
	err = errors.New("there is none")
	for _, host := range hosts {
		if ctx.Err() != nil {
			return "", inst, context.Cause(ctx)
		}
		inst = c.NewTry(host, c.step, Scene{Vars: c.vars})
		there := c.Fleet.On(host)
		done := there.Lease(ctx)
		err = there.Do(ctx, step.Announce(there.Site(), inst))
		done()
		if err == nil {
			return host, inst, nil
		}
	}
	return "", inst, err
}

// conclude writes down how it ended, also where the deployment is over.
func (c *caller) conclude(ctx context.Context, host string, inst step.Instance, ok bool) {
	if ctx.Err() != nil {
		var cancel context.CancelFunc
		ctx, cancel = c.Parting(ctx)
		defer cancel()
	}
	there := c.Fleet.On(host)
	defer there.Lease(ctx)()
	if err := there.Do(ctx, step.Conclude(there.Site(), inst, ok, c.log)); err != nil {
		c.output(c.step, Scene{}, deploy.RunnerName, "how it ended cannot be written down: "+err.Error())
	}
}
