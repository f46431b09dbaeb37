package stepper

import (
	"context"
	"errors"
	"fmt"

	"slipway/internal/deploy"
	"slipway/internal/fleet"
	"slipway/internal/release/step"
)

// Decide writes down what a person found out about a step whose end nobody saw: "done", or "rerun". The fleet is of the one
// host that the step ran on, asked for that deployment's journal.
func Decide(ctx context.Context, hosts *fleet.Fleet, host string, id deploy.DeploymentID, name, decision string) error {
	h := hosts.On(host)
	if h.Span.Err != nil {
		return h.Span.Err
	}
	refuse := func(hint, cause string, args ...any) error {
		return &deploy.Error{Op: "resolve", Host: host, Step: name, Cause: fmt.Errorf(cause, args...), Hint: hint}
	}
	if h.Facts.Own == nil {
		return refuse("the failed job's log names it", "this host has no journal of deployment %s", id)
	}
	var last *deploy.StepFacts
	slug := deploy.Step{Name: name}.Slug()
	for _, try := range h.Facts.Own.Steps {
		if !try.Undo && try.Slug() == slug && (last == nil || try.Try > last.Try) {
			last = &try
		}
	}
	switch {
	case last == nil:
		return refuse("steps go by their names in the deploy file", "deployment %s started no such step here", id)
	case last.Running:
		return refuse("re-run the job: it joins the step", "it is still running")
	case last.Status != "" || last.Void:
		return refuse("", "its end was seen: %s", last.Status)
	}
	err := h.Do(ctx, step.Resolve(h.Site(), step.Recorded(id, *last), decision))
	if errors.Is(err, step.ErrNeverStarted) {
		return refuse("re-run the job", "it never began: there is nothing to decide")
	}
	return err
}
