package activation

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/release/activate"
	"github.com/slipway/slipway/internal/stepper"
	"github.com/slipway/slipway/internal/transport/retry"
)

// A restart starts a program. When the restart or a check fails, the end of the program's own log is read. When the host goes back to
// no release, the program is stopped: it must not go on answering.

const (
	// logTimeout is how long the reading of a log may take on the host.
	logTimeout = 10 * time.Second
	// logGrace is how long its answer may take besides.
	logGrace = 10 * time.Second
)

// withLog adds the end of the program's own log to a failure of its restarts, or of a check after them. nil stays nil.
func (a *Host) withLog(ctx context.Context, failure *deploy.Error, vars map[string]string, restarts ...deploy.Step) *deploy.Error {
	if failure == nil || ctx.Err() != nil || retry.LinkFailed(failure) {
		return failure
	}
	ctx, cancel := context.WithTimeout(ctx, logTimeout+logGrace)
	defer cancel()
	scene := a.scene(vars, deploy.PartRestart, "")
	scene.Span = a.deployment.Steps.Trace.Host(a.Done.Phase, a.Done.Host)
	for _, s := range restarts {
		if s.Log == "" {
			continue
		}
		// A recipe may have printed it itself.
		lines := slices.DeleteFunc(a.deployment.Steps.Print(ctx, a.host.Name, logStep(s), scene), func(line string) bool {
			return slices.Contains(failure.Tail, line)
		})
		failure.Log = append(failure.Log, lines...)
	}
	return failure
}

// logStep is the step that prints the log of what a restart started.
func logStep(s deploy.Step) deploy.Step {
	s.Name, s.Run, s.Timeout, s.Retries = "log of "+s.Name, s.Log, logTimeout, 0
	return s
}

// stopStep is the step that ends what a restart started.
func stopStep(s deploy.Step) deploy.Step {
	s.Name, s.Run, s.Retries = "stop "+s.Name, s.Stop, 0
	return s
}

// stopPrograms ends what the restarts of a release started on a host that goes back to none, the last one first. It is done before
// current is removed: a run that dies in between leaves a host that the next command takes up.
func (a *Host) stopPrograms(ctx context.Context, from deploy.ReleaseID) *deploy.Error {
	if !a.deployment.Programs.restarted(a.host, from) {
		return nil
	}
	var block activate.Block
	switch err := a.do(ctx, activate.Load(a.there.Site(), from, &block)); {
	case errors.Is(err, activate.ErrNoBlock):
		return nil
	case err != nil:
		return a.failed(deploy.PartStop, err)
	}
	var failed *deploy.Error
	for _, s := range slices.Backward(block.Activation.Restart) {
		if s.Stop == "" {
			a.warnUnstopped(s)
			continue
		}
		err := a.journaled(ctx, deploy.LiveStop, func() *deploy.Error {
			return a.stop(ctx, s, stepper.Scene{Release: from, Vars: block.Vars, Undo: true})
		})
		if err != nil {
			failed = err
		}
	}
	return failed
}

func (a *Host) stop(ctx context.Context, s deploy.Step, at stepper.Scene) *deploy.Error {
	return a.part(deploy.PartStop, "", func(span *deploy.Span) *deploy.Error {
		result := a.deployment.Steps.Run(ctx, a.host.Name, stopStep(s), at)
		span.Outcome, span.Status, span.Note = result.Outcome, result.Status, result.Note
		if result.Err != nil {
			result.Err.Hint = deploy.Joined("; ", result.Err.Hint, fmt.Sprintf("what `%s` started may go on answering: end it by hand on the host, `%s`; "+
				"where it has ended already, `stop` should succeed", s.Name, SSHTo(a.host.Host)))
		}
		return result.Err
	})
}

// warnUnstopped warns, once for each restart, that nothing ends the program that it started.
func (a *Host) warnUnstopped(s deploy.Step) {
	if !a.deployment.Programs.firstUnstopped(s.Name) {
		return
	}
	a.deployment.Warn(fmt.Sprintf("there is no release to go back to, and `%s` has no `stop`: what it started may go on answering. End it on the host, `%s`; "+
		"it was started by `%s`", s.Name, SSHTo(a.host.Host), firstLine(s)))
}

// firstLine is the beginning of what a step runs, or its recipe, for people.
func firstLine(s deploy.Step) string {
	line, _, _ := strings.Cut(strings.TrimSpace(s.Run), "\n")
	return cmp.Or(s.Uses, line)
}
