package plan

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/slipway/slipway/internal/deploy"
)

// Batch is the hosts that are activated at the same time.
type Batch struct {
	Hosts  []string
	Canary bool          // whoever is in it goes first, alone
	Wait   time.Duration // how long its hosts are live, and pass their checks, before the next batch
}

// batches are the hosts in the order in which they are activated: by the first of their roles in the rollout's order, those
// of none last, each of these groups in portions. In a group of more hosts than the canary, the canary goes first.
func batches(hosts []deploy.Host, policy deploy.Rollout) []Batch {
	var all []Batch
	for _, group := range groups(hosts, policy.Order) {
		if policy.Canary > 0 && policy.Canary < len(group) {
			all = append(all, Batch{Hosts: deploy.HostNames(group[:policy.Canary]), Canary: true, Wait: policy.CanaryWait})
			group = group[policy.Canary:]
		}
		for part := range slices.Chunk(group, policy.Batch.Of(len(group))) {
			all = append(all, Batch{Hosts: deploy.HostNames(part)})
		}
	}
	for i := range all[:max(len(all)-1, 0)] {
		all[i].Wait = max(all[i].Wait, policy.BatchWait)
	}
	return all
}

func groups(hosts []deploy.Host, order []string) [][]deploy.Host {
	found := make([][]deploy.Host, len(order)+1)
	for _, h := range hosts {
		at := slices.IndexFunc(order, func(role string) bool { return slices.Contains(h.Roles, role) })
		if at < 0 {
			at = len(order)
		}
		found[at] = append(found[at], h)
	}
	return slices.DeleteFunc(found, func(group []deploy.Host) bool { return len(group) == 0 })
}

// inTime judges whether the deployment's timeout leaves time for what its batches only wait for.
func (p *Plan) inTime() deploy.Problems {
	var waits time.Duration
	for _, batch := range p.Batches {
		var stable time.Duration
		for _, host := range batch.Hosts {
			stable = max(stable, p.Activations[host].StableFor)
		}
		waits += stable + batch.Wait
	}
	if waits == 0 || waits < p.Timeout {
		return nil
	}
	return deploy.Problems{{
		At:      p.config.Rollout.BatchAt,
		Message: fmt.Sprintf("`stable_for`, `canary_wait` and `batch_wait` alone take %s in %d batches, the whole deployment may take %s", waits, len(p.Batches), p.Timeout),
		Hint:    "raise `timeout`, or take larger batches",
	}}
}

// delegated names the hosts that run drains for others.
func (p *Plan) delegated(drains []deploy.Drain) []deploy.Drain {
	placed := slices.Clone(drains)
	for i := range placed {
		if role := placed[i].Role; role != "" {
			placed[i].Executors = nil
			for _, h := range p.config.Hosts {
				if slices.Contains(h.Roles, role) {
					placed[i].Executors = append(placed[i].Executors, h.Name)
				}
			}
		}
	}
	return placed
}

// pools are the roles whose hosts do the same work. A role is none where all its hosts have a wider role too: it is a label then.
func pools(roles []string, behind map[string][]deploy.Host) []string {
	within := func(role, wider string) bool {
		return len(behind[role]) < len(behind[wider]) && !slices.ContainsFunc(behind[role], func(h deploy.Host) bool {
			return !slices.Contains(h.Roles, wider)
		})
	}
	return slices.DeleteFunc(slices.Clone(roles), func(role string) bool {
		return slices.ContainsFunc(roles, func(wider string) bool { return within(role, wider) })
	})
}

// allDrained refuses batches that would leave nobody of a role behind the balancer: those that are drained, and as many more
// as the failure budget lets be missing.
func (p *Plan) allDrained() deploy.Problems {
	behind := map[string][]deploy.Host{} // by role
	var roles []string
	var problems deploy.Problems
	for _, h := range deploy.WithRelease(p.Targets) {
		drains := p.Drains[h.Name]
		for _, d := range drains {
			if d.Role != "" && len(d.Executors) == 0 {
				problem := deploy.Problem{At: d.At, Message: fmt.Sprintf("nobody can drain %s: no host has the role `%s`", h.Name, d.Role)}
				if slices.ContainsFunc(p.leftOut(), func(h deploy.Host) bool { return slices.Contains(h.Roles, d.Role) }) {
					problem.Message = fmt.Sprintf("nobody can drain %s: `limit` leaves out the hosts with the role `%s`", h.Name, d.Role)
				}
				if !slices.Contains(problems, problem) {
					problems = append(problems, problem)
				}
			}
		}
		if len(drains) == 0 {
			continue
		}
		for _, role := range h.Roles {
			if behind[role] == nil {
				roles = append(roles, role)
			}
			behind[role] = append(behind[role], h)
		}
	}
	for _, h := range p.leftOut() { // they go on answering
		for _, role := range h.Roles {
			if behind[role] != nil && len(p.config.ActivationOf(h).Drain) > 0 {
				behind[role] = append(behind[role], h)
			}
		}
	}
	for _, role := range pools(roles, behind) {
		for _, batch := range p.Batches {
			out := 0
			for _, h := range behind[role] {
				if slices.Contains(batch.Hosts, h.Name) {
					out++
				}
			}
			if out > 0 && out+p.Rollout.FailureBudget >= len(behind[role]) {
				problems = append(problems, p.drainProblem(role, out, len(behind[role]), p.Drains[behind[role][0].Name][0].At))
				break
			}
		}
	}
	return problems
}

// Split says that the fleet does not stay on one release, where `limit` leaves hosts out.
func (p *Plan) Split() []string {
	if len(p.LeftOut) == 0 || p.Reconcile || p.Shard.IsPart() {
		return nil
	}
	const most = 5
	names := strings.Join(p.LeftOut[:min(len(p.LeftOut), most)], ", ")
	if more := len(p.LeftOut) - most; more > 0 {
		names += fmt.Sprintf(" and %d more", more)
	}
	return []string{fmt.Sprintf("`limit` leaves out %d of %d hosts, %s: they keep what they run, and the fleet is split until a deployment goes to all",
		len(p.LeftOut), len(p.LeftOut)+len(deploy.WithRelease(p.Targets)), names)}
}

// leftOut are the hosts with releases that `limit` leaves out.
func (p *Plan) leftOut() []deploy.Host {
	return slices.DeleteFunc(deploy.WithRelease(p.config.Unlimited), func(h deploy.Host) bool { return !slices.Contains(p.LeftOut, h.Name) })
}

func (p *Plan) drainProblem(role string, out, of int, drain deploy.Position) deploy.Problem {
	at := p.Rollout.BatchAt
	if at.IsZero() {
		at = drain
	}
	problem := deploy.Problem{
		At:      at,
		Message: fmt.Sprintf("a batch would drain %d of the %d hosts of role `%s` at once: nobody would be left to answer", out, of, role),
		Hint:    "set `rollout.batch` to less",
	}
	switch {
	case of == 1:
		problem.Message = fmt.Sprintf("the only host of role `%s` would be drained: nobody would be left to answer", role)
		problem.Hint = "`drain: none` for that role in `activate.roles`, and a restart that keeps answering: docs/zero-downtime.md"
	case p.Rollout.FailureBudget > 0:
		problem.Hint = fmt.Sprintf("set `rollout.batch` to less; the failure budget may cost %d more", p.Rollout.FailureBudget)
	}
	return problem
}
