package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/slipway/slipway/internal/config/keys"
	"github.com/slipway/slipway/internal/deploy"
)

// hostsPerConnection is how many hosts one connection may be for at the most. The lock on each host wants a sign of life every
// 20 s, with some patience, and some connections are for work.
const hostsPerConnection = 20

// leastBandwidth is how few bytes a second a limit may leave: with fewer not even a small release arrives while anybody waits.
const leastBandwidth = 10_000

// bandwidth is a limit in bytes a second, 0 where there is none.
func (l *loader) bandwidth(written keys.Text) int64 {
	limit := bytesOf(strings.TrimSuffix(written.V, "/s"))
	if limit > 0 && limit < leastBandwidth {
		l.problem(written.At(), "write 10kB/s or more, or drop it for no limit", "`bandwidth_limit` is too low to send a release")
	}
	return limit
}

// rollout is how a deployment goes over so many hosts.
func (l *loader) rollout(written keys.Rollout, hosts int) deploy.Rollout {
	policy := deploy.Rollout{
		Batch: written.Batch.V, Canary: written.Canary.V, CanaryWait: written.CanaryWait.V, BatchWait: written.BatchWait.V,
		MaxParallel: written.MaxParallel.V, FailureBudget: written.FailureBudget.V,
	}
	if written.Batch.Node != nil {
		policy.BatchAt = written.Batch.Node.At
	}
	if written.CanaryWait.Given() && policy.Canary == 0 {
		l.problem(written.CanaryWait.At(), "give `canary: 1`, or drop it", "`canary_wait` without a `canary`")
	}
	if least := (hosts + hostsPerConnection - 1) / hostsPerConnection; policy.MaxParallel > 0 && policy.MaxParallel < least {
		l.problem(written.MaxParallel.At(), fmt.Sprintf("write %d or more, or drop it", least),
			"`max_parallel` is too low to keep the lock alive on %d hosts", hosts)
	}
	for _, role := range written.Order {
		if slices.Contains(policy.Order, role.V) {
			l.problem(role.At(), "", "the role `%s` is in `order` twice", role.V)
			continue
		}
		policy.Order = append(policy.Order, role.V)
	}
	return policy
}
