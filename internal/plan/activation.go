package plan

import (
	"slices"

	"slipway/internal/config"
	"slipway/internal/deploy"
)

// activations works out how each host takes the release into service, and the fleet's own checks.
func (p *Plan) activations(cfg *config.Config) *deploy.Problem {
	p.Activations = map[string]deploy.Activation{}
	if !p.Rollback() {
		for _, host := range p.Targets {
			block := cfg.ActivationOf(host)
			checks, problem := expandChecks(block.Verify, p.Vars[host.Name])
			if problem != nil {
				return problem
			}
			block.Verify = checks
			p.Activations[host.Name] = block
		}
	}
	checks, problem := expandChecks(cfg.Fleet, p.Vars[primary(p.Targets).Name])
	p.Fleet = checks
	return problem
}

// expandChecks puts the values of variables into checks. Steps are left alone: their shell does it.
func expandChecks(checks []deploy.Check, vars map[string]string) ([]deploy.Check, *deploy.Problem) {
	lookup := func(name string) (string, bool) {
		value, ok := vars[name]
		return value, ok
	}
	expanded := slices.Clone(checks)
	for i := range expanded {
		check := &expanded[i]
		fields := []*string{&check.TCP}
		if check.HTTP != nil {
			request := *check.HTTP
			check.HTTP = &request
			fields = append(fields, &request.URL, &request.Header, &request.Body)
			request.Headers = map[string]string{}
			for name, value := range checks[i].HTTP.Headers {
				text, err := config.Expand(value, lookup)
				if err != nil {
					return nil, &deploy.Problem{At: check.At, Message: err.Error()}
				}
				request.Headers[name] = text
			}
		}
		for _, field := range fields {
			text, err := config.Expand(*field, lookup)
			if err != nil {
				return nil, &deploy.Problem{At: check.At, Message: err.Error()}
			}
			*field = text
		}
	}
	return expanded, nil
}
