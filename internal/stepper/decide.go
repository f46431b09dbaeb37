package stepper

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/fleet"
	"github.com/slipway/slipway/internal/release/step"
)

// Decide writes down what a person found out about a step whose end nobody saw, or about an undo that failed: "done", or "rerun". The fleet is of the one
// host that the step ran on, asked for that deployment's journal. undo says that it was an undo.
func Decide(ctx context.Context, hosts *fleet.Fleet, host string, id deploy.DeploymentID, name, decision string) (undo bool, err error) {
	h := hosts.On(host)
	if h.Span.Err != nil {
		return false, h.Span.Err
	}
	refuse := func(hint, cause string, args ...any) (bool, error) {
		return false, &deploy.Error{Op: "resolve", Host: host, Step: name, Cause: fmt.Errorf(cause, args...), Hint: hint}
	}
	if h.Facts.Own == nil {
		return refuse("the failed job's log names it", "this host has no journal of deployment %s", id)
	}
	last := lastTry(h.Facts.Own.Steps, name, false)
	if of, isUndo := strings.CutPrefix(name, undoPrefix); last == nil && isUndo {
		last = lastTry(h.Facts.Own.Steps, of, true)
	}
	switch {
	case last == nil:
		return refuse("steps go by their names in the deploy file", "deployment %s started no such step here", id)
	case last.Running:
		return refuse("re-run the job: it joins the step", "it is still running")
	case last.Succeeded() || last.Void || last.Status != "" && !last.Undo:
		return refuse("", "its end was seen: %s", last.Status)
	}
	err = h.Do(ctx, step.Resolve(h.Site(), step.Recorded(id, *last), decision))
	if errors.Is(err, step.ErrNeverStarted) {
		return refuse("re-run the job", "it never began: there is nothing to decide")
	}
	return last.Undo, err
}

// lastTry is the newest try of the step of a name, or of its undo; nil where there is none.
func lastTry(all []deploy.StepFacts, name string, undo bool) (last *deploy.StepFacts) {
	slug := deploy.Step{Name: name}.Slug()
	for _, try := range all {
		if try.Undo == undo && try.Slug() == slug && (last == nil || try.Try > last.Try) {
			last = &try
		}
	}
	return last
}
