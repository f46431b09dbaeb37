package page

import (
	"fmt"
	"strings"
	"time"

	"github.com/slipway/slipway/internal/inspect"
)

// chart is the bars of the weeks, the oldest first. Heights and places are in hundredths of the chart's.
type chart struct {
	Weeks  []week
	Months []label
	Width  int
	Most   int // deployments in a week
	Text   string
}

type week struct {
	X     int
	Title string
	Bars  []bar
}

type bar struct {
	Kind      kind
	Y, Height float64
}

type label struct {
	Name string
	Left float64
}

const (
	barWidth    = 10
	fewestWeeks = 13
	mostWeeks   = 53
)

// weeks counts what changed what is live, by weeks from Monday to Sunday, UTC.
func weeks(h inspect.History) chart {
	last := monday(h.Asked)
	n := fewestWeeks
	counts := map[time.Time]map[kind]int{}
	c := chart{}
	total := map[kind]int{}
	for _, d := range h.Deployments {
		start, k := monday(at(d)), kindOf(d)
		ago := int(last.Sub(start).Hours()/24/7) + 1
		if k == held || ago > mostWeeks || ago < 1 {
			continue
		}
		n = max(n, ago)
		if counts[start] == nil {
			counts[start] = map[kind]int{}
		}
		counts[start][k]++
		total[k]++
		sum := 0
		for _, count := range counts[start] {
			sum += count
		}
		c.Most = max(c.Most, sum)
	}
	c.Width = n * barWidth
	for i := range n {
		start := last.AddDate(0, 0, -7*(n-1-i))
		c.Weeks = append(c.Weeks, weekOf(start, i*barWidth, counts[start], c.Most))
		if end := start.AddDate(0, 0, 6); end.Day() <= 7 {
			c.Months = append(c.Months, label{end.Format("Jan"), 100 * float64(i) / float64(n)})
		}
	}
	c.Text = fmt.Sprintf("Deployments in each of the last %d weeks: %s. The list below has every one.", n, inWords(total))
	return c
}

func weekOf(start time.Time, x int, counts map[kind]int, most int) week {
	w := week{X: x, Title: "Week of " + start.Format("2 January") + ": " + inWords(counts)}
	top := 100.0
	for _, k := range []kind{live, back, bad} {
		if counts[k] == 0 {
			continue
		}
		height := 100 * float64(counts[k]) / float64(most)
		top -= height
		w.Bars = append(w.Bars, bar{k, top, height})
	}
	return w
}

func inWords(counts map[kind]int) string {
	var parts []string
	for _, k := range []kind{live, back, bad} {
		if counts[k] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", counts[k], k.plural()))
		}
	}
	if len(parts) == 0 {
		return "none"
	}
	return strings.Join(parts, ", ")
}

// monday is the beginning of a time's week.
func monday(t time.Time) time.Time {
	t = t.UTC()
	date := time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
	return date.AddDate(0, 0, -(int(date.Weekday())+6)%7)
}
