package live

import (
	"fmt"

	"slipway/internal/report/layout"
	"slipway/internal/report/progress"
)

// progressLines say what runs, for a log in which nothing was printed for a while:
// "prepare    ...   Upload                 web1 45%  web2 51%  20s".
func progressLines(running *progress.Tracker) []string {
	var lines []string
	for _, step := range running.Steps() {
		parts := append(hostParts(step), layout.Elapsed(running.Now().Sub(step.Begun)))
		lead := layout.Pad(string(step.Phase), layout.PhaseWidth) + layout.Pad("...", layout.StatusWidth)
		if step.Name != "" {
			lead += layout.Pad(step.Name, layout.NameWidth)
		}
		lines = append(lines, layout.Flow(lead, parts)...)
	}
	return lines
}

// hostParts are the hosts that a step still runs on, or how many of many are through.
func hostParts(step *progress.Step) []string {
	var parts []string
	if len(step.Hosts) > layout.FewHosts {
		parts = append(parts, fmt.Sprintf("%d of %d hosts done", step.All-len(step.Hosts), step.All))
		if host, t := step.Slowest(); host != "" {
			parts = append(parts, fmt.Sprintf("slowest %s %d%%", host, t.Percent()))
		}
		return parts
	}
	for _, host := range step.Hosts {
		if t := step.Transfers[host]; t != nil {
			host += fmt.Sprintf(" %d%%", t.Percent())
		}
		parts = append(parts, host)
	}
	return parts
}
