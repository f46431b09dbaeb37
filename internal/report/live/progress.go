package live

import (
	"fmt"
	"strings"
	"time"

	"github.com/slipway/slipway/internal/report/layout"
	"github.com/slipway/slipway/internal/report/progress"
)

// slowly is how long a step sends before the log says how far it is.
const slowly = 10 * time.Second

// progressLines say what runs: what is sent for long, and where nothing was printed for a while everything else, too.
//
//	prepare    ...   Upload                  43%  12.1 MB/s     38s left  (slowest: web7 12%)
//	migrate    ...   Migrate                web1  20s
func progressLines(running *progress.Tracker, everything bool) []string {
	var lines []string
	for _, step := range running.Steps() {
		took := running.Now().Sub(step.Begun)
		var parts []string
		switch sum, sends := step.Sum(); {
		case sends && took < slowly:
			continue
		case sends && sum.Done < sum.Total:
			parts = sendingParts(running, step, sum)
		case !everything:
			continue
		default:
			if parts = hostParts(running, step); sends {
				parts = append([]string{"all sent"}, parts...)
			}
			parts = append(parts, layout.Elapsed(took))
		}
		lead := layout.Pad(string(step.Phase), layout.PhaseWidth) + layout.Pad("...", layout.StatusWidth)
		if step.Name != "" {
			lead += layout.Pad(step.Name, layout.NameWidth)
		}
		lines = append(lines, layout.Flow(lead, parts)...)
	}
	return lines
}

// sendingParts are how far all hosts together are, which of them is last, and which do not answer. The numbers stand below those of
// the line before.
func sendingParts(running *progress.Tracker, step *progress.Step, sum *progress.Transfer) []string {
	now := running.Now()
	parts := []string{fmt.Sprintf("%3d%%  %9s  %11s", sum.Percent(), layout.Rate(sum.Rate(now)), layout.Left(sum.Left(now)))}
	if host, t := step.Slowest(); step.All > 1 && t != nil {
		parts = append(parts, fmt.Sprintf("(slowest: %s %d%%)", host, t.Percent()))
	}
	return append(parts, absentParts(running, step)...)
}

// absentParts are the hosts that do not answer, of many the first ones.
func absentParts(running *progress.Tracker, step *progress.Step) []string {
	var parts []string
	for _, host := range step.Hosts {
		if text := absence(running, host); text != "" && len(parts) < layout.FewHosts {
			parts = append(parts, host+" "+text)
		}
	}
	return parts
}

// hostParts are the hosts that a step still runs on, or how many of many are through.
func hostParts(running *progress.Tracker, step *progress.Step) []string {
	if len(step.Hosts) > layout.FewHosts {
		return append([]string{fmt.Sprintf("%d of %d hosts done", step.All-len(step.Hosts), step.All)}, absentParts(running, step)...)
	}
	var parts []string
	for _, host := range step.Hosts {
		parts = append(parts, strings.TrimSpace(host+" "+absence(running, host)))
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
