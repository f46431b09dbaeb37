package rollout

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/fanout"
	"github.com/slipway/slipway/internal/plan"
	"github.com/slipway/slipway/internal/release/activate"
)

// storedBlocks are the blocks by which hosts are restarted and verified that lack the release of a rollback, by host.
type storedBlocks map[string]activate.Block

// placeVars are the variables that say where a release lies, and on which host.
var placeVars = []string{"SLIPWAY_HOST", "SLIPWAY_DEPLOY_PATH", "SLIPWAY_RELEASE_PATH", "SLIPWAY_CURRENT_PATH", "SLIPWAY_SHARED_PATH"}

// storedBlocks takes the release's own record from hosts that went live with it, for those that lack it and are like them. No host waits
// here for another one's connection while it has one itself.
func (r *run) storedBlocks(ctx context.Context, hosts []plan.Host) (storedBlocks, deploy.Errors) {
	type found struct {
		block activate.Block
		err   *deploy.Error
	}
	blocks, errs := storedBlocks{}, deploy.Errors{}
	if !r.plan.Rollback() {
		return nil, nil
	}
	for i, f := range fanout.Do(hosts, func(h plan.Host) (f found) {
		there := r.fleet.On(h.Like)
		defer there.Lease(ctx)()
		err := there.Do(ctx, activate.Load(there.Site(), r.schedule.Release, &f.block))
		if f.err = deploy.OnHost(h.Like, deploy.Prepare, "", err); f.err == nil {
			f.err = movedTo(&f.block, h, r.schedule.Vars[h.Name])
		}
		return f
	}) {
		if f.err != nil {
			errs = append(errs, f.err)
		}
		blocks[hosts[i].Name] = f.block
	}
	return blocks, errs
}

// movedTo makes a block of another host that of a host. What its checks name of the other one cannot be told from what holds for both.
func movedTo(block *activate.Block, h plan.Host, vars map[string]string) *deploy.Error {
	checks, err := json.Marshal(block.Activation.Verify)
	if err != nil {
		return deploy.OnHost(h.Name, deploy.Prepare, "", err)
	}
	theirs := block.Vars
	block.Vars = maps.Clone(theirs)
	for _, name := range placeVars {
		if theirs[name] == vars[name] {
			continue
		}
		block.Vars[name] = vars[name]
		if theirs[name] != "" && regexp.MustCompile(`(^|[^\w-])`+regexp.QuoteMeta(theirs[name])+`($|[^\w-])`).Match(checks) {
			return &deploy.Error{
				Host: h.Name, Phase: deploy.Prepare, Cause: fmt.Errorf("the checks that the release went live with on %s name %s", h.Like, theirs[name]),
				Hint: "deploy its artifact again, which brings it to every host",
			}
		}
	}
	return nil
}
