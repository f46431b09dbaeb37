package release

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/slipway/slipway/internal/transport"
)

var errNotTogether = errors.New("these cannot be one command")

// Then is two operations as one command, which costs a host one round trip: the second is done where the first has succeeded. The second
// takes no input, only one of them has a reader of what it prints, and a status of its script means nothing in the other's.
func Then(first, second Operation) Operation {
	switch {
	case first.Invalid != nil:
		return first
	case second.Invalid != nil, first.Script == "":
		return second
	case second.Script == "":
		return first
	case second.Stdin != nil || first.listens() && second.listens() || first.Once != second.Once ||
		slices.ContainsFunc(slices.Collect(maps.Keys(first.Reasons)), func(status int) bool { _, both := second.Reasons[status]; return both }):
		return Invalid(first.Name, errNotTogether)
	}
	both := first
	both.Script = inTurn(first, second)
	both.Args = slices.Concat(first.Args, second.Args)
	both.Reasons = maps.Clone(first.Reasons)
	if both.Reasons == nil {
		both.Reasons = map[int]Reason{}
	}
	for status, reason := range second.Reasons {
		reason.Op = cmp.Or(reason.Op, second.Name)
		both.Reasons[status] = reason
	}
	both.Ahead = first.Ahead || second.Ahead
	both.Falls = first.Falls && second.Falls
	both.Silence = more(first.Silence, second.Silence, transport.DefaultSilence)
	both.Limit = more(first.Limit, second.Limit, transport.DefaultLimit)
	if second.listens() {
		both.Read, both.Output = second.Read, second.Output
	}
	both.Next = func(err error) (Operation, bool) {
		if first.Next != nil {
			if next, ok := first.Next(err); ok {
				return Then(next, second), true
			}
		}
		if second.Next != nil {
			return second.Next(err) // the first has succeeded
		}
		return Operation{}, false
	}
	return both
}

// listens reports whether somebody reads what an operation prints.
func (o Operation) listens() bool { return o.Read != nil || o.Output != nil }

// inTurn is a script that runs the first with the first of its own arguments, ends as that does where it fails, and runs the second with the
// other arguments, if the lock is not lost by then. What nobody reads is not printed. The first has a subshell, unless it falls through to
// the second.
//
// The first stands alone in its line: in one with `||` behind it no shell would end it where it fails, for all its `set -e`.
func inTurn(first, second Operation) string {
	var list strings.Builder
	for i := range first.Args {
		fmt.Fprintf(&list, ` "${%d}"`, i+1)
	}
	if !first.listens() {
		list.WriteString(" >/dev/null")
	}
	after := ""
	if first.listens() {
		after = "exec >/dev/null\n"
	}
	open, end := "(", ")"
	if first.Falls {
		open, end = "{", "}"
	}
	return fmt.Sprintf("slipway_first() %s\n%s\n%s\nslipway_first%s\nset -- \"$?\" \"$@\"\nset +eu\n[ \"$1\" = 0 ] || exit \"$1\"\nshift %d\n"+
		"exec </dev/null\n%s! command -v fence >/dev/null || fence :\n%s",
		open, first.Script, end, list.String(), 1+len(first.Args), after, second.Script)
}

// more is the larger of two bounds, of which 0 is the usual one.
func more[N int64 | time.Duration](a, b, usual N) N {
	if a == transport.Unlimited || b == transport.Unlimited {
		return transport.Unlimited
	}
	return max(cmp.Or(a, usual), cmp.Or(b, usual))
}
