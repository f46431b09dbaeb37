package live

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/report/failure"
	"github.com/slipway/slipway/internal/report/layout"
)

// hostVerdicts are the verdicts of hosts that are activated or unwound. Of a large fleet only failures are shown at once; the rest
// is counted when the phase is over.
type hostVerdicts struct {
	count   count
	unwound deploy.ReleaseID // what the last unwound host went back to
}

// lines are the verdict of one host; none where it is only counted.
func (v *hostVerdicts) lines(e deploy.HostDone, large bool, hostWidth int) []string {
	if e.Kept {
		return keptLine("kept", "Activation, verified now", []string{e.Host})
	}
	bad := deploy.FailedSpans(e.Spans)
	if large && e.Host != deploy.FleetName {
		v.count.add(e, len(bad) == 0)
		if len(bad) == 0 {
			return nil
		}
	}
	lead := layout.Pad(string(e.Phase), layout.PhaseWidth) + layout.Pad(status(bad), layout.StatusWidth) + layout.Pad(e.Host, hostWidth+2)
	parts := v.arrow(e, len(bad) == 0)
	if len(bad) == 0 {
		return layout.Flow(lead, append(parts, partTexts(withoutSwitch(e))...))
	}
	for _, span := range bad {
		parts = append(parts, span.Step+": "+failure.Status(span))
	}
	return layout.Wrap(lead+strings.Join(parts, "  "), layout.TextColumn+hostWidth+2)
}

// arrow says where an unwound host went. One that was not switched went nowhere.
func (v *hostVerdicts) arrow(e deploy.HostDone, well bool) []string {
	switch {
	case e.Phase != deploy.Unwind, slices.ContainsFunc(e.Spans, func(s deploy.Span) bool { return s.Part == deploy.PartSwitch && s.Failed() }):
		return nil
	case e.Release != "" && e.Release == v.unwound:
		return []string{"-> same"}
	case e.Release != "":
		v.unwound = e.Release
		return []string{"-> " + string(e.Release)}
	case well && e.Foreign != "":
		return []string{"-> " + e.Foreign + ", another tool's"}
	case well:
		return []string{"-> no release, as before"}
	}
	return nil
}

// withoutSwitch are the parts of a host; the arrow says that an unwound one was switched.
func withoutSwitch(e deploy.HostDone) []deploy.Span {
	if e.Phase != deploy.Unwind {
		return e.Spans
	}
	return slices.DeleteFunc(slices.Clone(e.Spans), func(s deploy.Span) bool { return s.Part == deploy.PartSwitch })
}

// counted is the count of the phase that is over; none where nothing was counted.
func (v *hostVerdicts) counted() (mark layout.Mark, lines []string) {
	c := v.count
	v.count = count{}
	if c.all == 0 {
		return mark, nil
	}
	parts := []string{fmt.Sprintf("%d of %s", c.ok, layout.Plural(c.all, "host"))}
	if c.slowest != "" {
		parts = append(parts, "slowest "+c.slowest+" "+layout.Seconds(c.took))
	}
	mark = layout.Mark{At: layout.PhaseWidth, Word: okWord, Tone: layout.Good}
	if c.ok < c.all {
		mark.Word, mark.Tone = failWord, layout.Bad
	}
	return mark, layout.Flow(layout.Pad(string(c.phase), layout.PhaseWidth)+layout.Pad(mark.Word, layout.StatusWidth), parts)
}

// count counts the hosts of one phase.
type count struct {
	phase   deploy.Phase
	ok, all int
	slowest string
	took    time.Duration
}

func (c *count) add(e deploy.HostDone, ok bool) {
	c.phase = e.Phase
	c.all++
	if !ok {
		return
	}
	c.ok++
	if len(e.Spans) > 0 {
		if took := deploy.Elapsed(e.Spans); took >= c.took {
			c.took, c.slowest = took, e.Host
		}
	}
}
