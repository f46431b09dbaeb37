package show

import (
	"fmt"

	"github.com/slipway/slipway/internal/inspect"
	"github.com/slipway/slipway/internal/report/layout"
)

// silent are lines on hosts that did not answer.
func silent(list []inspect.Unasked) []string {
	var lines []string
	shown, left := 0, 0
	for _, alike := range groups(list, func(u inspect.Unasked) string { return u.Alike }) {
		if shown == layout.FewHosts {
			left += len(alike)
			continue
		}
		shown++
		u, names := alike[0], make([]string, len(alike))
		for i := range alike {
			names[i] = alike[i].Host
		}
		lines = append(lines, layout.Wrap(fmt.Sprintf("%s did not answer: %s%s", u.Host, u.Error, others(names)), 4)...)
		if u.Hint != "" {
			lines = append(lines, layout.Labelled("hint", u.Hint)...)
		}
	}
	if left > 0 {
		lines = append(lines, fmt.Sprintf("and %s more did not answer", layout.Plural(left, "host")))
	}
	return lines
}

// others names the hosts of a group but for its first, whose reason is told.
func others(names []string) string {
	if len(names) == 1 {
		return ""
	}
	return "; alike: " + layout.Named(names[1:], ", ")
}

// fewAlike is how many hosts that are silent for one reason are told of one by one.
const fewAlike = 3

// groups are the hosts, each alone, but for those that are silent for one reason where there are many: they are one group, at the place of the
// first. why is a host's reason; "" where it is not silent.
func groups[H any](hosts []H, why func(H) string) (list [][]H) {
	alike := map[string]int{}
	for _, h := range hosts {
		alike[why(h)]++
	}
	places := map[string]int{}
	for _, h := range hosts {
		reason := why(h)
		at, known := places[reason]
		switch {
		case reason == "" || alike[reason] <= fewAlike:
			list = append(list, []H{h})
		case known:
			list[at] = append(list[at], h)
		default:
			places[reason] = len(list)
			list = append(list, []H{h})
		}
	}
	return list
}
