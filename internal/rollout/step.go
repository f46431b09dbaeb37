package rollout

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"slipway/internal/deploy"
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

// triesPerAttempt keeps the tries of one attempt of a CI run apart from those of the next, in the same journal.
const triesPerAttempt = 1000

// place tells apart two runs of the same step within one deployment.
type place struct {
	undo bool // part of unwinding
	try  int  // from 1
}

// step runs a step on a host, with its retries, in the release that is being deployed.
func (r *run) step(ctx context.Context, host string, s deploy.Step) deploy.Span {
	start := time.Now()
	for try := 1; ; try++ {
		span := r.try(ctx, host, r.Release, s, r.Vars[host], place{try: try})
		span.Start, span.Duration = start, time.Since(start)
		if span.Outcome != deploy.Failed || try > s.Retries || ctx.Err() != nil {
			return span
		}
		pause := time.Duration(try) * retryPause
		r.output(s, host, fmt.Sprintf("%s; try %d of %d in %s", span.Status, try+1, s.Retries+1, pause))
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return span
		}
	}
}

// try runs a step once.
func (r *run) try(ctx context.Context, host string, id deploy.ReleaseID, s deploy.Step, vars map[string]string, at place) deploy.Span {
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
	merged := maps.Clone(vars)
	maps.Copy(merged, s.Vars)
	instance := step.Instance{
		Deployment: r.Deployment, Release: id, Step: s, Undo: at.undo, Try: max(0, r.Attempt-1)*triesPerAttempt + at.try,
		Vars: merged, Secrets: r.secrets(s.Secrets),
	}
	status, err := step.Run(ctx, r.fleet.conn(host), r.fleet.site(host), instance, out)
	span.Duration = time.Since(span.Start)
	if err == nil && status.OK() {
		return span
	}
	span.Outcome, span.Status = deploy.Failed, status.String()
	if err == nil {
		err = errors.New(span.Status)
	} else {
		span.Status = "not started"
		if errors.Is(err, transport.ErrLost) || ctx.Err() != nil {
			span.Outcome, span.Status = deploy.Unknown, "end not seen"
		}
		if ctx.Err() != nil {
			r.stopStep(ctx, host, instance)
		}
	}
	span.Err = hostError(host, s.Phase, s.Name, err)
	span.Err.At, span.Err.Tail = s.At, slices.Clone(tail)
	if span.Err.Hint == "" {
		span.Err.Hint = hintFor(tail)
	}
	return span
}

// stopGrace is how long a cancelled run takes to end what it started on a host.
const stopGrace = 5 * time.Second

// stopStep ends a step whose deployment was cancelled. A migrate step is left to finish: half a migration is worse.
func (r *run) stopStep(ctx context.Context, host string, instance step.Instance) {
	if instance.Step.Phase == deploy.Migrate {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopGrace)
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

// hintFor knows the causes that the last lines of a failing command give away.
func hintFor(tail []string) string {
	text := strings.Join(tail, "\n")
	switch {
	case strings.Contains(text, "No space left on device"):
		return "free space on the host, or lower keep_releases"
	case strings.Contains(text, "Permission denied"):
		return "the deploy user may not do this; see docs/secure-hosts.md"
	case strings.Contains(text, "command not found"), strings.Contains(text, ": not found"):
		return "PATH of a step is /usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin; name the command by its path"
	}
	return ""
}
