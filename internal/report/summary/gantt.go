package summary

import (
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/lazyregexp"
	"github.com/slipway/slipway/internal/report/layout"
)

// maxBars is how many bars a chart has at most; a longer one shows the phases only.
const maxBars = 40

// bar of a chart.
type ganttBar struct {
	section string
	name    string
	start   time.Duration // after the deployment's start
	took    time.Duration
	failed  bool
}

// Gantt is when everything ran, as a Mermaid chart. Times count from zero. Empty when there is nothing to show.
func Gantt(res deploy.Result) string {
	bars := spanBars(res)
	if len(bars) == 0 || len(bars) > maxBars {
		bars = phaseBars(res)
	}
	if len(bars) == 0 || len(bars) > maxBars {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, "gantt\n    dateFormat HH:mm:ss.SSS\n    axisFormat %s\n", axis(bars))
	section := ""
	for _, bar := range bars {
		if bar.section != section {
			section = bar.section
			fmt.Fprintf(&b, "    section %s\n", ganttName(section))
		}
		mark := "done, "
		if bar.failed {
			mark = "crit, "
		}
		start, end := bar.span()
		fmt.Fprintf(&b, "    %s :%s%s, %s\n", ganttName(bar.name), mark, clock(start), clock(end))
	}
	return b.String()
}

// chartEnd is the last moment of a chart: its times of day know no second day.
const chartEnd = 24*time.Hour - time.Millisecond

// span is from when to when a bar goes, in whole milliseconds. Each has one at least: Mermaid draws no bar of no length.
func (b ganttBar) span() (start, end time.Duration) {
	start = min(max(b.start, 0), chartEnd-time.Millisecond).Truncate(time.Millisecond)
	took := min(max(b.took, time.Millisecond), chartEnd-start).Truncate(time.Millisecond)
	return start, start + took
}

// axis is the format of the times below a chart, with hours where it is that long.
func axis(bars []ganttBar) string {
	for _, bar := range bars {
		if _, end := bar.span(); end >= time.Hour {
			return "%H:%M:%S"
		}
	}
	return "%M:%S"
}

// spanBars are all steps and parts on all hosts, those of a phase together.
func spanBars(res deploy.Result) []ganttBar {
	var bars []ganttBar
	for _, phase := range chartOrder {
		for _, span := range res.Spans() {
			if span.Phase != phase || span.Outcome == deploy.NotRun {
				continue
			}
			name := strings.TrimSpace(span.Host + " " + span.Step)
			bars = append(bars, ganttBar{string(phase), name, span.Start.Sub(res.Start), span.Duration, span.Failed() && !span.Cancelled()})
		}
	}
	return bars
}

var chartOrder = []deploy.Phase{
	deploy.Preflight, deploy.Prepare, deploy.Migrate, deploy.Activate, deploy.Unwind, deploy.Undo, deploy.OnFailure, deploy.Exec, deploy.Finish,
}

func phaseBars(res deploy.Result) []ganttBar {
	var bars []ganttBar
	for _, p := range res.Phases {
		bars = append(bars, ganttBar{"phases", string(p.Phase), p.Start.Sub(res.Start), p.Duration, !p.OK})
	}
	return bars
}

// clock is HH:mm:ss.SSS.
func clock(d time.Duration) string {
	return fmt.Sprintf("%02d:%02d:%02d.%03d", int(d.Hours()), int(d.Minutes())%60, int(d.Seconds())%60, d.Milliseconds()%1000)
}

// statement is what Mermaid would read as a statement at the beginning of a task's line (gantt.jison, of its versions since 2022). Case
// makes no difference there, a bare word ends at the first sign that is no letter of ASCII, and the name may be all that stands before the colon.
var statement = lazyregexp.New(`(?i)^((gantt|inclusiveEndDates|topAxis|[0-9]{4}-[0-9]{2}-[0-9]{2})\b` +
	`|(dateFormat|axisFormat|tickInterval|includes|excludes|todayMarker|dateMarker|weekday|weekend|title|section|accDescription|click|call|href)( |$)` +
	`|acc(Title|Descr)$)`)

// maxName is how much of a name a chart shows, in columns.
const maxName = 50

// ganttName is a name that Mermaid reads as text: letters, digits, spaces, and a few signs. `:;,#` end a name, % starts a
// comment, and what is left could be HTML. One that begins like a statement is quoted: no statement begins with a quote.
func ganttName(name string) string {
	name = strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("-_./()'", r) {
			return r
		}
		return ' '
	}, name)
	name = layout.Cut(strings.Join(strings.Fields(name), " "), maxName)
	if name == "" || statement.MatchString(name) {
		return "'" + name + "'"
	}
	return name
}
