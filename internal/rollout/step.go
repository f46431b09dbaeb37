package rollout

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"slipway/internal/deploy"
	"slipway/internal/release/lock"
	"slipway/internal/release/step"
	"slipway/internal/secret"
	"slipway/internal/transport"
)

const (
	tailLines  = 20              // of a failing step's output, kept for the report
	retryPause = 2 * time.Second // before the second try; the third waits twice as long, and so on
	// noteMark begins a line by which a step says in a few words what it did: "slipway-note: 2 applied".
	noteMark = "slipway-note: "
)

// scene is where a step runs: in which release, with which variables, and whether to take something back.
type scene struct {
	release deploy.ReleaseID
	vars    map[string]string
	undo    bool
}

// step brings a step of the plan to its end on a host: what an earlier attempt did is kept, what it left running is joined,
// and what nobody saw end is settled as the step declares. Then it runs, with its retries. begin is called where there is
// anything to do.
func (r *run) step(ctx context.Context, host string, s deploy.Step, begin func()) deploy.Span {
	start := time.Now()
	s = r.On(host, s)
	here := scene{release: r.Release, vars: r.Vars[host]}
	span := deploy.Span{Host: host, Phase: s.Phase, Step: s.Name, Start: start, Outcome: deploy.Failed}
	d := decide(s, r.host(host).Earlier)
	if d.verb == keepIt {
		span.Outcome, span.Kept = deploy.Succeeded, max(1, d.attempt)
		return span
	}
	begin()
	if d.verb == joinIt {
		span = r.settled(ctx, host, recorded(s, d), d.try, here, r.execute(ctx, host, recorded(s, d), d.try, here, true))
		span.Joined = d.attempt
		span = r.retried(ctx, host, s, here, span)
	} else {
		span = r.tried(ctx, host, s, here)
	}
	span.Start, span.Duration = start, time.Since(start)
	return span
}

// tried runs a step, with its retries.
func (r *run) tried(ctx context.Context, host string, s deploy.Step, at scene) deploy.Span {
	start := time.Now()
	span := r.retried(ctx, host, s, at, r.try(ctx, host, s, at))
	span.Start, span.Duration = start, time.Since(start)
	return span
}

// retried tries a step again that failed, as often as it says.
func (r *run) retried(ctx context.Context, host string, s deploy.Step, at scene, span deploy.Span) deploy.Span {
	for retry := 1; span.Outcome == deploy.Failed && retry <= s.Retries && ctx.Err() == nil; retry++ {
		wait := time.Duration(retry) * retryPause
		r.output(s, host, fmt.Sprintf("%s; try %d of %d in %s", span.Status, retry+1, s.Retries+1, wait))
		if !pause(ctx, wait) {
			break
		}
		joined := span.Joined
		span = r.try(ctx, host, s, at)
		span.Joined = joined
	}
	return span
}

// recorded is a step with the number that it had when it was recorded.
func recorded(s deploy.Step, d decision) deploy.Step {
	_, rest, _ := strings.Cut(d.folder, "-")
	number, _, _ := strings.Cut(rest, "-")
	if n, err := strconv.Atoi(number); err == nil {
		s.Number = n
	}
	return s
}

// try runs a step once, as a new try, and settles its end.
func (r *run) try(ctx context.Context, host string, s deploy.Step, at scene) deploy.Span {
	number := r.nextTry(host, s, at.undo)
	return r.settled(ctx, host, s, number, at, r.execute(ctx, host, s, number, at, false))
}

// settled is what a try came to: one that never began is made anew, and one whose end nobody saw is settled as the step
// declares.
func (r *run) settled(ctx context.Context, host string, s deploy.Step, number int, at scene, span deploy.Span) deploy.Span {
	switch {
	case span.Err == nil || ctx.Err() != nil:
		return span
	case errors.Is(span.Err, step.ErrNeverStarted):
		return r.execute(ctx, host, s, r.nextTry(host, s, at.undo), at, false)
	case errors.Is(span.Err, step.ErrUnknown):
		return r.settleUnknown(ctx, host, s, number, at)
	}
	return span
}

// settleUnknown decides what a try means that nobody saw end: its check says that it is done; or it may run again; or a
// person has to say.
func (r *run) settleUnknown(ctx context.Context, host string, s deploy.Step, number int, at scene) deploy.Span {
	span := deploy.Span{Host: host, Phase: s.Phase, Step: s.Name, Start: time.Now(), Outcome: deploy.Unknown, Status: unseen}
	if s.Check != "" {
		check := s
		check.Name, check.Run, check.Check, check.Timeout = s.Name+" check", s.Check, "", min(s.Timeout, checkTimeout)
		r.output(s, host, "its end was not seen; asking its check")
		result := r.execute(ctx, host, check, r.nextTry(host, check, at.undo), at, false)
		switch {
		case result.Outcome == deploy.Succeeded:
			if span.Err = r.resolve(ctx, host, s, number, at, "done"); span.Err == nil {
				span.Outcome, span.Status, span.Note = deploy.Succeeded, "", "done, says its check"
			}
			return span
		case answered(result.Err):
			r.output(s, host, "not done, says its check; running it again")
			return r.rerun(ctx, host, s, number, at)
		case ctx.Err() != nil:
			span.Err = result.Err
			return span
		}
		r.output(s, host, "its check could not tell: "+result.Status)
	}
	if s.Idempotent || repeatable(s) {
		r.output(s, host, "its end was not seen; it may run again, and does")
		return r.rerun(ctx, host, s, number, at)
	}
	span.Err = &deploy.Error{
		Host: host, Phase: s.Phase, Step: s.Name, At: s.At, Cause: errUndecided,
		Hint: fmt.Sprintf("look at what it did, then `%s done` or `... rerun`, and re-run the job", r.resolveCommand(host, s)),
	}
	return span
}

// errUndecided says that a step has to wait for a person's word.
var errUndecided = errors.New("it was started, and nobody saw how it ended")

// checkTimeout is how long a step's check may take.
const checkTimeout = time.Minute

// answered tells whether a check ran to its end: what could not be asked, or was killed, says nothing.
func answered(err error) bool {
	var end ended
	return errors.As(err, &end) && end.Signal == "" && !end.TimedOut
}

// repeatable tells whether a step is by its place one that may run again: it restarts, or checks what is restarted anyway.
func repeatable(s deploy.Step) bool { return s.Phase == deploy.Activate }

// rerun voids a try and makes the next one. Of a try whose wrapper died the step itself may live: it is ended first, so that
// there are never two of it.
func (r *run) rerun(ctx context.Context, host string, s deploy.Step, number int, at scene) deploy.Span {
	err := r.fleet.again(ctx, host, func() error {
		return step.Stop(ctx, r.fleet.conn(host), r.fleet.site(host), r.instance(host, s, number, at))
	})
	failure := hostError(host, s.Phase, s.Name, err)
	if failure == nil {
		failure = r.resolve(ctx, host, s, number, at, "rerun")
	}
	if failure != nil {
		return deploy.Span{Host: host, Phase: s.Phase, Step: s.Name, Outcome: deploy.Unknown, Status: unseen, Err: failure}
	}
	return r.execute(ctx, host, s, r.nextTry(host, s, at.undo), at, false)
}

// resolve writes down what became of a try whose end nobody saw.
func (r *run) resolve(ctx context.Context, host string, s deploy.Step, number int, at scene, word string) *deploy.Error {
	err := r.fleet.again(ctx, host, func() error {
		return step.Resolve(ctx, r.fleet.conn(host), r.fleet.site(host), r.instance(host, s, number, at), word)
	})
	return hostError(host, s.Phase, s.Name, err)
}

func (r *run) instance(host string, s deploy.Step, number int, at scene) step.Instance {
	merged := maps.Clone(at.vars)
	maps.Copy(merged, s.Vars)
	return step.Instance{
		Deployment: r.Deployment, Release: at.release, Step: s, Undo: at.undo, Try: number, Attempt: max(1, r.Attempt), Lock: r.generation(host),
		Vars: merged, Secrets: r.secrets(s.Secrets),
	}
}

// ended is the end of a step that did not succeed, as an error.
type ended struct{ step.Status }

func (e ended) Error() string { return e.String() }

// errUnseen says that a step was begun and that its host was lost for good before its end.
var errUnseen = errors.New("it was begun, and its end was not seen")

// unseen is the status of a step whose end nobody saw.
const unseen = "end not seen"

// execute runs a try, or joins it, to its end, over as many connections as it takes.
func (r *run) execute(ctx context.Context, host string, s deploy.Step, number int, at scene, join bool) deploy.Span {
	span := deploy.Span{Host: host, Phase: s.Phase, Step: s.Name, Start: time.Now(), Outcome: deploy.Succeeded}
	var tail []string
	out := func(line string) {
		if note, ok := strings.CutPrefix(line, noteMark); ok {
			span.Note = strings.TrimSpace(note)
			return
		}
		tail = append(tail, line)
		tail = tail[max(0, len(tail)-tailLines):]
		r.output(s, host, line)
	}
	instance := r.instance(host, s, number, at)
	status, begun, err := r.watch(ctx, host, instance, join, out)
	span.Duration = time.Since(span.Start)
	hint := ""
	switch {
	case err == nil && status.OK():
		return span
	case err == nil:
		span.Outcome, span.Status = deploy.Failed, status.String()
		err, hint = ended{status}, r.hintFor(host, tail)
	case ctx.Err() != nil:
		span.Outcome, span.Status = deploy.Unknown, unseen
		r.stopStep(ctx, host, instance)
	case errors.Is(err, step.ErrUnknown): // its caller settles what that means
		span.Outcome, span.Status, hint = deploy.Unknown, unseen, r.hintUnseen(host, s, nil)
	case errors.Is(err, lock.ErrFenced) && begun:
		span.Outcome, span.Status = deploy.Unknown, unseen
	case begun && !errors.Is(err, step.ErrNeverStarted):
		span.Outcome, span.Status = deploy.Unknown, unseen
		hint = r.hintUnseen(host, s, err)
		err = fmt.Errorf("%w: %w", errUnseen, causeIn(err))
	default:
		span.Outcome, span.Status = deploy.Failed, "not started"
	}
	span.Err = hostError(host, s.Phase, s.Name, err)
	span.Err.At, span.Err.Tail = s.At, slices.Clone(tail)
	span.Err.Hint = cmp.Or(span.Err.Hint, hint)
	return span
}

// watch starts a try, or joins it, and follows it to its end; begun tells that it may have begun. A link that drops is made
// again, and the log goes on at the byte where it stopped; for as long as a host may be away.
func (r *run) watch(
	ctx context.Context, host string, instance step.Instance, join bool, out func(string),
) (status step.Status, begun bool, err error) {
	conn, site := r.fleet.conn(host), r.fleet.site(host)
	begun = join
	var next int64
	err = r.fleet.again(ctx, host, func() (err error) {
		if !begun {
			status, next, err = step.Run(ctx, conn, site, instance, out)
			begun = errors.Is(err, transport.ErrLost) || errors.Is(err, step.ErrUnknown)
			if !errors.Is(err, step.ErrStarted) {
				return err
			}
			begun = true
		}
		status, next, err = step.Follow(ctx, conn, site, instance, next, out)
		return err
	})
	return status, begun, err
}

// stopStep ends a step whose deployment was cancelled. One that says so is left to finish: half a
// migration is worse.
func (r *run) stopStep(ctx context.Context, host string, instance step.Instance) {
	if instance.Step.FinishFirst {
		r.locks.Leave(host)
		return
	}
	ctx, cancel := r.parting(ctx)
	defer cancel()
	if err := step.Stop(ctx, r.fleet.conn(host), r.fleet.site(host), instance); err != nil {
		r.output(instance.Step, host, "could not be stopped: "+err.Error())
	}
}

func (r *run) output(s deploy.Step, host, line string) {
	r.opts.Emit(deploy.Output{Phase: s.Phase, Step: s.Name, Host: host, Line: line})
}

func (r *run) secrets(names []string) map[string]secret.Secret {
	values := make(map[string]secret.Secret, len(names))
	for _, name := range names {
		values[name] = r.opts.Secrets[name]
	}
	return values
}

// commandLine is the line of a step that people recognise it by.
func commandLine(s deploy.Step) string {
	if s.Uses != "" {
		return s.Uses
	}
	for line := range strings.Lines(s.Run) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			return line
		}
	}
	return ""
}

// causeIn is what an error says less the names of its host and step, which the one around it has.
func causeIn(err error) error {
	var known *deploy.Error
	if errors.As(err, &known) {
		return known.Cause
	}
	return err
}

// hintUnseen says what to do about a step whose host was lost for good: first what the loss itself asks for.
func (r *run) hintUnseen(host string, s deploy.Step, err error) string {
	hint := fmt.Sprintf("once %s can be reached, re-run the job: it goes on with what became of the step; "+
		"or say it yourself: `%s done` or `... rerun`", host, r.resolveCommand(host, s))
	var known *deploy.Error
	if errors.As(err, &known) && known.Hint != "" {
		return known.Hint + "; " + hint
	}
	return hint
}

// resolveCommand is what a person types to say what became of a step, less the word.
func (r *run) resolveCommand(host string, s deploy.Step) string {
	return fmt.Sprintf("slipway resolve --deployment %s --host %s --step %q", r.Deployment, host, s.Name)
}

// hintFor knows the causes that the last lines of a failing command give away.
func (r *run) hintFor(host string, tail []string) string {
	text := strings.Join(tail, "\n")
	switch {
	case strings.Contains(text, "No space left on device"):
		return "free space on the host, or lower keep_releases"
	case strings.Contains(text, "Disk quota exceeded"):
		return "raise the deploy user's quota (`quota -s` on the host says which), or lower keep_releases"
	case strings.Contains(text, "Permission denied") && r.fleet.members[host].facts.NoExec:
		return "the deploy path is mounted noexec: name the interpreter (`sh bin/x`), or mount it with exec"
	case strings.Contains(text, "Permission denied"):
		return "the deploy user may not do this (docs/secure-hosts.md), or the file lost its x bit before it was packed"
	case strings.Contains(text, "command not found"), strings.Contains(text, ": not found"):
		return "PATH of a step is /usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin; name the command by its path"
	}
	return ""
}
