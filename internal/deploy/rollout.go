package deploy

import (
	"fmt"
	"time"
)

// Rollout is how a deployment goes over the hosts.
type Rollout struct {
	Batch         Portion       // of the hosts of one turn that are activated at the same time; none is all of them
	Canary        int           // hosts that go first, alone
	CanaryWait    time.Duration // after them, before the others
	BatchWait     time.Duration // after each batch but the last, before the next
	Order         []string      // roles: the hosts of the first go first; those of no role named here go last
	MaxParallel   int           // connections open at once; 0 is the usual number
	FailureBudget int           // hosts that may be missing or fail, and the others go on
	BatchAt       Position      // where Batch was written
}

// Portion is a number of hosts, or a share of them. The zero Portion is all.
type Portion struct {
	Count   int // 0 is not given
	Percent int // 1 to 100; 0 is not given
}

// Of is how many of n hosts the portion is: at least one, at most all.
func (p Portion) Of(n int) int {
	switch {
	case p.Count > 0:
		return min(p.Count, n)
	case p.Percent > 0:
		return min(n, max(1, n*p.Percent/100))
	}
	return n
}

// String is the portion as people write it.
func (p Portion) String() string {
	switch {
	case p.Count > 0:
		return fmt.Sprint(p.Count)
	case p.Percent > 0:
		return fmt.Sprintf("%d%%", p.Percent)
	}
	return "all"
}
