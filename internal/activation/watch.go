package activation

import (
	"context"
	"fmt"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/healthcheck"
)

// watchPause is how long to wait between two looks at a host that is live.
const watchPause = 5 * time.Second

// Watch looks at a host that is live, until the time is over or one of its checks fails. name is what people read.
func (a *Host) Watch(ctx context.Context, name string, long time.Duration) deploy.Span {
	span := deploy.Span{Host: a.host.Name, Phase: a.Done.Phase, Step: name, Start: time.Now(), Outcome: deploy.Succeeded}
	span.Err = a.watch(ctx, name, span.Start, long)
	span.Duration = time.Since(span.Start)
	if span.Err != nil {
		span.Outcome, span.Status = deploy.Failed, causeOf(span.Err)
	}
	return span
}

func (a *Host) watch(ctx context.Context, name string, start time.Time, long time.Duration) *deploy.Error {
	block, failure := a.Block(ctx)
	if failure != nil {
		failure.Step = name
		return failure
	}
	scene := a.scene(block.Vars, deploy.PartSoak, "")
	scene.Span = a.deployment.Steps.Trace.Step(a.Done.Phase, a.host.Name, name)
	failure = a.checked(scene).Soak(ctx, healthcheck.All(block.Activation.Verify), healthcheck.Soak{
		Until: start.Add(long), Interval: watchPause,
		How: func() (how string, moments []string) {
			live := time.Since(start).Round(time.Second).String()
			return fmt.Sprintf("live for %s, then down", live), []string{live}
		},
	})
	if failure != nil {
		return a.withLog(ctx, failure, block.Vars, block.Activation.Restart...)
	}
	select { // with no checks there was nothing to wait for
	case <-time.After(time.Until(start.Add(long))):
		return nil
	case <-ctx.Done():
		return deploy.OnHost(a.host.Name, a.Done.Phase, name, context.Cause(ctx))
	}
}
