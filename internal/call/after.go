package call

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Bounded is a context for what is still sent when a run is over: it lasts at most so long, also where the run is cancelled, and late
// from then on.
func Bounded(run context.Context, most, late time.Duration) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithTimeoutCause(context.WithoutCancel(run), most, fmt.Errorf("it took longer than %s", most))
	ctx, cut := context.WithCancelCause(ctx)
	over := context.AfterFunc(run, func() {
		time.AfterFunc(late, func() { cut(fmt.Errorf("the run was cancelled, and it took longer than %s", late)) })
	})
	return ctx, func() {
		over()
		cut(nil)
		cancel()
	}
}

// Plainly is why a request did not succeed, without anything of an address: a redirect names one.
func Plainly(err error) string {
	var failed *Error
	if !errors.As(err, &failed) || failed.Status == "" {
		return err.Error()
	}
	if strings.HasPrefix(failed.Status, "3") {
		return "it redirects (" + failed.Status + "), which is not followed"
	}
	return "the answer was " + failed.Status
}
