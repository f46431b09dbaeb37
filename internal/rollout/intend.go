package rollout

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/plan"
	"github.com/slipway/slipway/internal/toggle"
)

// intend writes down on every host what is about to be taken back there, also on hosts that were left behind since.
func (r *run) intend(ctx context.Context, list []undoing) deploy.Errors {
	steps := make([]deploy.UndoneStep, len(list))
	for i, u := range list {
		steps[i] = deploy.UndoneStep{Step: u.step, Hosts: u.hosts}
	}
	undos := deploy.NewUndos(steps, r.schedule.Vars)
	others := slices.DeleteFunc(deploy.HostNames(r.plan.Targets), func(host string) bool {
		return slices.Contains(undos.Hosts(), host) || r.fleet.On(host).Away()
	})
	return r.toggles.IntendUndos(ctx, undos, others)
}

// completeUndos writes down what is still to be taken back where a deployment, or an earlier attempt of this one, ended while it did so:
// with what only some hosts knew of, half of it would be undone, and the rest forgotten.
func (r *run) completeUndos(ctx context.Context) (wrote bool, errs deploy.Errors) {
	for _, dead := range r.schedule.Dead(true) {
		live := map[string][]deploy.LiveEntry{}
		for _, l := range dead.Left {
			live[l.Host.Name] = l.Journal.Live
		}
		toggles := &toggle.Toggles{Deployment: dead.ID, Fleet: r.fleet}
		for _, l := range dead.Left {
			undos, half := deploy.HalfIntended(l.Journal.Live)
			if !half {
				continue
			}
			wrote = true
			hosts, away := r.tellable(undos)
			if len(away) == 0 {
				away = toggles.CompleteUndos(ctx, l.Host.Name, undos, hosts, live)
			}
			errs = append(errs, away...)
		}
		errs = append(errs, r.keepersAway(dead)...)
		errs = append(errs, r.undoneElsewhere(dead, errs)...)
	}
	return wrote, errs
}

// keepersAway are the hosts that alone know where else something is to be taken back, and are not asked.
func (r *run) keepersAway(dead plan.Dead) (away deploy.Errors) {
	for _, l := range dead.Left {
		keeper := deploy.Unconfirmed(l.Journal.Live)
		told := func(err *deploy.Error) bool { return err.Host == keeper }
		if undos := l.Undos(); len(undos) > 0 && r.untold(keeper) && !slices.ContainsFunc(away, told) {
			away = append(away, notTold(keeper, undos[0].Name, errKeeper))
		}
	}
	return away
}

// undoneElsewhere are the hosts on which something may still be to be taken back, and which are not asked: what comes before it on the
// hosts that are may need it, and no deployment goes past it. known are the errors so far, of which no host gets a second one.
func (r *run) undoneElsewhere(dead plan.Dead, known deploy.Errors) (away deploy.Errors) {
	for _, l := range dead.Left {
		for _, host := range deploy.Undoing(l.Journal.Live) {
			told := func(err *deploy.Error) bool { return err.Host == host }
			if r.untold(host) && !slices.ContainsFunc(known, told) && !slices.ContainsFunc(away, told) {
				away = append(away, notTold(host, "", fmt.Errorf("the deployment %s began to undo what it did there, no host says that it came to its end, and the host is not asked", dead.ID)))
			}
		}
	}
	return away
}

// tellable are the hosts that can be told what is to be taken back there, and the errors of those that cannot now.
func (r *run) tellable(undos deploy.Undos) (hosts []string, away deploy.Errors) {
	for _, host := range undos.Hosts() {
		if _, asked := r.asked[host]; asked {
			hosts = append(hosts, host)
		} else if r.untold(host) {
			away = append(away, notTold(host, undos.On(host)[0].Name, errUntold))
		}
	}
	return hosts, away
}

// untold reports whether a host is not asked, and is to be waited for. One that is not in the deploy file any more is nobody's concern.
func (r *run) untold(host string) bool {
	_, asked := r.asked[host]
	return !asked && slices.Contains(slices.Concat(deploy.HostNames(r.plan.Targets), r.plan.LeftOut), host)
}

var (
	errUntold = errors.New("it is to be undone there, which is not written down yet, and the host is not asked")
	errKeeper = errors.New("it is to be undone, this host alone knows where else, and it is not asked")
)

func notTold(host, step string, why error) *deploy.Error {
	err := deploy.OnHost(host, deploy.Undo, step, why)
	err.Hint = "run it once the host can be reached, and without `limit`: nothing is undone before"
	return err
}
