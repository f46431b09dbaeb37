package release

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

var errNotTogether = errors.New("these cannot be one command")

// Then is two operations as one command, which costs a host one round trip: the second is done where the first has succeeded. The first
// takes no input, and what it prints nobody reads; a status of its script means nothing in the other's.
func Then(first, second Operation) Operation {
	switch {
	case first.Invalid != nil:
		return first
	case second.Invalid != nil, first.Script == "":
		return second
	case second.Script == "":
		return first
	case first.Stdin != nil || first.Read != nil || first.Output != nil || second.Next != nil || first.Once != second.Once ||
		slices.ContainsFunc(slices.Collect(maps.Keys(first.Reasons)), func(status int) bool { _, both := second.Reasons[status]; return both }):
		return Invalid(first.Name, errNotTogether)
	}
	both := second
	both.Name = first.Name
	both.Script = inTurn(first.Script, len(first.Args)) + second.Script
	both.Args = slices.Concat(first.Args, second.Args)
	both.Reasons = maps.Clone(first.Reasons)
	if both.Reasons == nil {
		both.Reasons = map[int]Reason{}
	}
	maps.Copy(both.Reasons, second.Reasons)
	both.Silence = max(first.Silence, second.Silence)
	if first.Next != nil {
		both.Next = func(err error) (Operation, bool) {
			next, ok := first.Next(err)
			return Then(next, second), ok
		}
	}
	return both
}

// inTurn is a script that runs one in a subshell with the first args of its own arguments, ends as that does where it fails, and leaves the
// other arguments.
func inTurn(script string, args int) string {
	var list strings.Builder
	for i := range args {
		fmt.Fprintf(&list, ` "${%d}"`, i+1)
	}
	return fmt.Sprintf("slipway_first() (\n%s\n)\nslipway_first%s >/dev/null || exit \"$?\"\nshift %d\n", script, list.String(), args)
}
