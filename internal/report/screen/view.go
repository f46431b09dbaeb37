package screen

import (
	"fmt"
	"strings"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/report/layout"
	"github.com/slipway/slipway/internal/report/progress"
)

// maxView is how many lines the live view takes at the bottom of the terminal.
const maxView = 14

// view is what stands below the verdicts: running steps, transfers as bars, the last line of each host.
type view struct {
	progress  *progress.Tracker
	columns   int
	hostWidth int
}

func (v *view) lines() []string {
	var lines []string
	now := v.progress.Now()
	for _, step := range v.progress.Steps() {
		lines = append(lines, v.head(step, now))
		for shown, host := range step.Hosts {
			if shown == layout.FewHosts {
				lines = append(lines, fmt.Sprintf("    and %d more", len(step.Hosts)-shown))
				break
			}
			if a, away := v.progress.Absent(host); away {
				lines = append(lines, layout.Prefixed(host, v.hostWidth, fmt.Sprintf("does not answer since %s, waiting up to %s",
					layout.Elapsed(now.Sub(a.Since)), layout.Elapsed(a.Wait))))
			} else if t := step.Transfers[host]; t != nil {
				lines = append(lines, v.bar(host, t, now))
			} else if text := v.progress.Line(host); text != "" {
				lines = append(lines, layout.Prefixed(host, v.hostWidth, text))
			}
		}
	}
	if len(lines) > maxView {
		lines = append(lines[:maxView-1], fmt.Sprintf("    and %d more lines", len(lines)-maxView+1))
	}
	for i := range lines {
		lines[i] = layout.Cut(lines[i], v.columns-1)
	}
	return lines
}

// head is a step, how long it runs, and where.
func (v *view) head(step *progress.Step, now time.Time) string {
	name := strings.TrimSpace(string(step.Phase) + "  " + step.Name)
	head := fmt.Sprintf("%s %s  %s", spinner(now), name, layout.Elapsed(now.Sub(step.Begun)))
	if len(step.Transfers) == 0 {
		head += "  " + layout.Names(step.Hosts, " ")
	}
	if sum, sends := step.Sum(); sends && step.All > 1 {
		head += fmt.Sprintf("  %d%%", sum.Percent()) + pace(sum, now)
	}
	if step.All > layout.FewHosts {
		head += fmt.Sprintf("  %d of %d done", step.All-len(step.Hosts), step.All)
	}
	return head
}

// bar is one transfer: "    web1   ██████░░░░░░  45%  17.2 of 38.2 MB  12.1 MB/s  2s left".
func (v *view) bar(host string, t *progress.Transfer, now time.Time) string {
	text := fmt.Sprintf("%3d%%  %s of %s", t.Percent(), deploy.Size(t.Done), deploy.Size(t.Total)) + pace(t, now)
	lead := "    " + layout.Pad(host, v.hostWidth+2)
	size := min(30, v.columns-layout.Width(lead)-60)
	if size < 5 {
		return lead + text
	}
	filled := size * t.Percent() / 100
	return lead + strings.Repeat("█", filled) + strings.Repeat("░", size-filled) + "  " + text
}

// pace is how fast a transfer is, and how long the rest takes.
func pace(t *progress.Transfer, now time.Time) string {
	text := ""
	for _, part := range []string{layout.Rate(t.Rate(now)), layout.Left(t.Left(now))} {
		if part != "" {
			text += "  " + part
		}
	}
	return text
}

func spinner(now time.Time) string {
	frames := []rune("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏")
	return string(frames[now.UnixMilli()/100%int64(len(frames))])
}
