package rollout

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/slipway/slipway/internal/deploy"
)

// onFailure runs the steps that put right what earlier ones changed; their own failures are warnings.
func (r *run) onFailure(ctx context.Context) {
	if len(r.schedule.OnFailure) == 0 {
		return
	}
	ctx, cancel := r.owed(ctx)
	defer cancel()
	for _, s := range r.schedule.OnFailure {
		for _, err := range r.inPlace(ctx, s) {
			r.rec.Warn("on_failure step did not succeed: " + err.Error())
		}
	}
}

// tellFailed gives the steps that are still to come variables that say what failed: the phase, the first step, and all hosts.
func (r *run) tellFailed(phase deploy.Phase, errs deploy.Errors) {
	var hosts []string
	for _, err := range errs {
		if err.Host != "" && !slices.Contains(hosts, err.Host) {
			hosts = append(hosts, err.Host)
		}
	}
	vars := map[string]map[string]string{}
	for host, own := range r.schedule.Vars {
		vars[host] = maps.Clone(own)
		vars[host]["SLIPWAY_FAILED_PHASE"] = string(phase)
		vars[host]["SLIPWAY_FAILED_STEP"] = errs[0].Step
		vars[host]["SLIPWAY_FAILED_HOST"] = strings.Join(hosts, " ")
	}
	r.schedule.Vars = vars
}
