package load

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Failures are the answers that a visitor would have noticed.
func Failures(answers []Answer) []Answer {
	return slices.DeleteFunc(slices.Clone(answers), func(a Answer) bool { return a.Err == nil })
}

// Shown counts the answers that show a version.
func Shown(answers []Answer, mark string) int {
	n := 0
	for _, a := range answers {
		if a.Mark == mark {
			n++
		}
	}
	return n
}

// Numbers are what a load comes to.
type Numbers struct {
	Requests int
	Failed   int
	Shown    []Count       // answers by the version that they show, in the order in which these were first seen
	Resent   int           // requests that a visitor sent again, because the kept connection was closed before an answer came
	Passed   int           // requests that the balancer sent to more than one host
	Median   time.Duration // of an answer's time
	P99      time.Duration
	Max      time.Duration
}

// Count is how many answers show a version.
type Count struct {
	Mark   string
	Number int
}

// Sum adds a load up.
func Sum(answers []Answer) Numbers {
	n := Numbers{Requests: len(answers), Failed: len(Failures(answers))}
	took := make([]time.Duration, len(answers))
	for i, a := range answers {
		took[i] = a.Took
		if a.Sent > 1 {
			n.Resent++
		}
		if strings.Contains(a.Passed, ",") {
			n.Passed++
		}
		if a.Mark == "" {
			continue
		}
		at := slices.IndexFunc(n.Shown, func(c Count) bool { return c.Mark == a.Mark })
		if at < 0 {
			at = len(n.Shown)
			n.Shown = append(n.Shown, Count{Mark: a.Mark})
		}
		n.Shown[at].Number++
	}
	if len(took) > 0 {
		slices.Sort(took)
		n.Median, n.P99, n.Max = took[len(took)/2], took[len(took)*99/100], took[len(took)-1]
	}
	return n
}

// String is one line.
func (n Numbers) String() string {
	text := fmt.Sprintf("%d requests, %d failed", n.Requests, n.Failed)
	for _, c := range n.Shown {
		text += fmt.Sprintf("; version %s %d", c.Mark, c.Number)
	}
	if n.Passed > 0 {
		text += fmt.Sprintf("; %d tried on another host", n.Passed)
	}
	if n.Resent > 0 {
		text += fmt.Sprintf("; %d sent again", n.Resent)
	}
	return text + fmt.Sprintf("; %d ms, 99%% %d ms, at most %d ms", n.Median.Milliseconds(), n.P99.Milliseconds(), n.Max.Milliseconds())
}

// Line is an answer for people, its time counted from a beginning.
func (a Answer) Line(began time.Time) string {
	line := fmt.Sprintf("%8.3fs %5d ms  %s %s  %d", a.At.Sub(began).Seconds(), a.Took.Milliseconds(), a.Method, a.Path, a.Status)
	if a.Mark != "" {
		line += "  version " + a.Mark
	}
	if a.Passed != "" {
		line += "  by " + a.Passed
	}
	if a.Sent > 1 {
		line += fmt.Sprintf("  sent %d times", a.Sent)
	}
	if a.Err != nil {
		line += "  FAILED: " + a.Err.Error()
	}
	return line
}
