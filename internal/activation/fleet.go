package activation

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"

	"github.com/slipway/slipway/internal/call/request"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/fleet"
	"github.com/slipway/slipway/internal/healthcheck"
	"github.com/slipway/slipway/internal/plan"
	"github.com/slipway/slipway/internal/release"
	"github.com/slipway/slipway/internal/release/activate"
)

// Fleet is the host from which the checks of all hosts together are asked. Their results belong to the fleet, not to this host.
func Fleet(d Deployment, h plan.Host, there *fleet.Host) *Host {
	a := New(d, h, there, d.Release, activate.Block{})
	a.Done.Host = deploy.FleetName
	return a
}

// NoteFleet writes into the host's journal that all hosts together are about to be watched, or were and held: while that is open, the
// release stays live only where somebody goes on.
func (a *Host) NoteFleet(ctx context.Context, state deploy.RecordState) *deploy.Error {
	if err := a.note(ctx, deploy.LiveFleet, state, release.Operation{}); err != nil {
		return deploy.OnHost(a.host.Name, a.Done.Phase, string(deploy.PartWatch), err)
	}
	return nil
}

// VerifyFleet asks the checks of all hosts together; all must pass. Then it watches the metrics that are to hold for a while.
func (a *Host) VerifyFleet(ctx context.Context, checks []deploy.Check, vars map[string]string) *deploy.Error {
	checks, failure := a.unsealed(checks, vars)
	if failure != nil {
		return failure
	}
	if err := a.Verify(ctx, checks, vars); err != nil {
		return err
	}
	return a.watchMetrics(ctx, checks, vars)
}

// watchMetrics asks those that are to hold for a while. One span says what they showed at the end, or which one did not hold.
func (a *Host) watchMetrics(ctx context.Context, checks []deploy.Check, vars map[string]string) *deploy.Error {
	watched := slices.DeleteFunc(healthcheck.All(checks), func(c healthcheck.Check) bool { return !c.Watched() })
	if len(watched) == 0 {
		return nil
	}
	return a.part(deploy.PartWatch, "", func(span *deploy.Span) *deploy.Error {
		ended, err := a.checked(a.scene(vars, deploy.PartWatch, "")).Watch(ctx, watched)
		if err != nil {
			err.Step = deploy.PartWatch.Of(err.Check)
			span.Step, span.Status = err.Step, causeOf(err)
			return err
		}
		span.Note.Short = values(ended)
		return nil
	})
}

// values are what metrics showed at the end: "Errors 0.002, Latency 0.31".
func values(ended []healthcheck.Watched) string {
	var texts []string
	for _, w := range ended {
		texts = append(texts, w.Name+" "+cmp.Or(w.Value, "without a value"))
	}
	return strings.Join(texts, ", ")
}

// unsealed are checks with the values of secrets in the headers that name them. They are kept nowhere.
func (a *Host) unsealed(checks []deploy.Check, vars map[string]string) ([]deploy.Check, *deploy.Error) {
	checks = slices.Clone(checks)
	for i, c := range checks {
		if c.HTTP == nil || len(c.HTTP.Sealed) == 0 {
			continue
		}
		opened := *c.HTTP
		if opened.Headers = maps.Clone(opened.Headers); opened.Headers == nil {
			opened.Headers = map[string]string{}
		}
		for name, written := range c.HTTP.Sealed {
			value, err := request.Expand(written, func(_, name string) (string, error) { return a.valueOf(name, vars) })
			if value = strings.TrimSpace(value); err == nil && strings.ContainsFunc(value, unicode.IsControl) {
				err = fmt.Errorf("the header `%s` would have a line break or another control character in it", name)
			}
			if err != nil {
				return nil, a.failed(deploy.PartVerify, err)
			}
			opened.Headers[name] = value
		}
		checks[i].HTTP = &opened
	}
	return checks, nil
}

// valueOf is the value of a variable, or of a secret.
func (a *Host) valueOf(name string, vars map[string]string) (string, error) {
	if value, known := vars[name]; known {
		return value, nil
	}
	secret, known := a.deployment.Steps.Secrets[name]
	if !known {
		return "", &request.UnknownError{Name: name}
	}
	return secret.Reveal(), nil
}
