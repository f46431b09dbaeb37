package deploy

import (
	"strconv"
	"strings"
)

// Order says which of two deployments is newer: the run ID within one server and repository, as in
// "https://github.com/7#412". The empty order is a deployment that no CI run made.
type Order string

// Order is the order of the identity's run.
func (i Identity) Order() Order {
	if i.Server == "" && i.Repository == "" {
		return ""
	}
	return Order(i.Server + "/" + i.Repository + "#" + i.RunID)
}

// Compare is negative when o is older than other, positive when it is newer. ok is false where the two cannot be compared:
// they are of different repositories, or one has no run ID that is a number.
func (o Order) Compare(other Order) (sign int, ok bool) {
	scope, run, _ := strings.Cut(string(o), "#")
	otherScope, otherRun, _ := strings.Cut(string(other), "#")
	a, errA := strconv.ParseUint(run, 10, 64)
	b, errB := strconv.ParseUint(otherRun, 10, 64)
	if scope != otherScope || errA != nil || errB != nil {
		return 0, false
	}
	switch {
	case a < b:
		return -1, true
	case a > b:
		return 1, true
	}
	return 0, true
}
