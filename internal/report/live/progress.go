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
		parts := append(hostParts(running, step), layout.Elapsed(running.Now().Sub(step.Begun)))
		lead := layout.Pad(string(step.Phase), layout.PhaseWidth) + layout.Pad("...", layout.StatusWidth)
		if step.Name != "" {
			lead += layout.Pad(step.Name, layout.NameWidth)
		}
		lines = append(lines, layout.Flow(lead, parts)...)
	}
	return lines
}

// hostParts are the hosts that a step still runs on, or how many of many are through.
func hostParts(running *progress.Tracker, step *progress.Step) []string {
	var parts []string
	if len(step.Hosts) > layout.FewHosts {
		parts = append(parts, fmt.Sprintf("%d of %d hosts done", step.All-len(step.Hosts), step.All))
		if host, t := step.Slowest(); host != "" {
			parts = append(parts, fmt.Sprintf("slowest %s %d%%", host, t.Percent()))
		}
		for _, host := range step.Hosts {
			if text := absence(running, host); text != "" && len(parts) < layout.FewHosts {
				parts = append(parts, host+" "+text)
			}
		}
		return parts
	}
	for i, host := range step.Hosts {
		if t := step.Transfers[host]; t != nil {
			host += fmt.Sprintf(" %d%%", t.Percent())
		}
		if text := absence(running, step.Hosts[i]); text != "" {
			host += " " + text
		}
		parts = append(parts, host)
	}
	return parts
}

// absence says since when a host does not answer; nothing of one that does.
func absence(running *progress.Tracker, host string) string {
	a, ok := running.Absent(host)
	if !ok {
		return ""
	}
	return fmt.Sprintf("(no answer for %s of %s)", layout.Elapsed(running.Now().Sub(a.Since)), layout.Elapsed(a.Wait))
}
