package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/slipway/slipway/internal/config"
	"github.com/slipway/slipway/internal/deploy"
)

// activations works out how each host takes the release into service, and the fleet's own checks.
func (p *Plan) activations(cfg *config.Config) *deploy.Problem {
	p.Activations, p.Drains = map[string]deploy.Activation{}, map[string][]deploy.Drain{}
	for _, host := range deploy.WithRelease(cfg.Hosts) { // those that are missing, too: they are drained
		usual := cfg.ActivationOf(host)
		p.Drains[host.Name] = p.delegated(usual.Drain)
		p.Activations[host.Name] = deploy.Activation{Restart: usual.Restart}
	}
	if p.Release == "" { // the hosts name it, or there is none to be checked: a clean-up asks the checks of what it brings back
		return nil
	}
	if !p.Rollback() {
		for _, host := range deploy.WithRelease(p.Targets) {
			block := cfg.ActivationOf(host)
			block.Drain = nil
			checks, problem := expandChecks(block.Verify, p.Vars[host.Name])
			if problem != nil {
				return problem
			}
			block.Verify = checks
			p.Activations[host.Name] = block
		}
	}
	asked := cfg.Fleet
	if p.Rollback() { // what a metric shows is of the release that is left, and would bring it back
		asked = deploy.NotMetrics(asked)
	}
	checks, problem := expandChecks(asked, p.Vars[primary(deploy.WithRelease(p.Targets)).Name])
	p.Fleet = checks
	return problem
}

// expandChecks puts the values of variables into checks. Steps are left alone: their shell does it.
func expandChecks(checks []deploy.Check, vars map[string]string) ([]deploy.Check, *deploy.Problem) {
	expanded := slices.Clone(checks)
	for i := range expanded {
		check := &expanded[i]
		e := expansion{vars: vars}
		e.text(&check.TCP)
		if check.HTTP != nil {
			request := *check.HTTP
			check.HTTP = &request
			e.request(&request)
		}
		if e.err != nil {
			return nil, &deploy.Problem{At: check.At, Message: e.err.Error()}
		}
		if e.empty != "" {
			return nil, &deploy.Problem{
				At: check.At, Message: fmt.Sprintf("`%s` of the check %s demands nothing here: `%s` is empty", e.empty, check.Name, e.emptied),
				Hint: "a run outside CI has no revision: ask for ${SLIPWAY_RELEASE}, or give the variable a value",
			}
		}
	}
	return expanded, nil
}

// expansion puts variables into the texts of one check, and keeps what went wrong.
type expansion struct {
	vars           map[string]string
	err            error
	empty, emptied string // the demand that came to nothing, and as it was written: any answer would meet it
}

func (e *expansion) request(r *deploy.HTTPCheck) {
	e.text(&r.URL)
	written := r.Body
	e.text(&r.Body)
	e.demand("body", written, r.Body)
	r.Headers = e.values(r.Headers)
	if len(r.Params) > 0 {
		r.Params = e.values(r.Params)
	}
	r.Header = slices.Clone(r.Header)
	for i, written := range r.Header {
		e.text(&r.Header[i])
		_, before, _ := strings.Cut(written, ":")
		_, after, _ := strings.Cut(r.Header[i], ":")
		e.demand("header", before, after)
	}
}

// values is a map with its values expanded.
func (e *expansion) values(written map[string]string) map[string]string {
	values := make(map[string]string, len(written))
	for name, value := range written {
		e.text(&value)
		values[name] = value
	}
	return values
}

func (e *expansion) text(text *string) {
	expanded, err := config.Expand(*text, func(name string) (string, bool) {
		value, ok := e.vars[name]
		return value, ok
	})
	if err != nil && e.err == nil {
		e.err = err
	}
	*text = expanded
}

func (e *expansion) demand(key, written, expanded string) {
	if strings.TrimSpace(written) != "" && strings.TrimSpace(expanded) == "" {
		e.empty, e.emptied = key, strings.TrimSpace(written)
	}
}
