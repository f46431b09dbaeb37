//go:build bench && linux

package bench

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/slipway/slipway/bench/report"
)

// Where there are many hosts all contenders do the same work, and only what is sent over the link: the rest would take an hour by
// itself. -whole has all of it.
const manyHosts = 10

var manyScenarios = []string{first, update}

// openCourses makes the courses that were asked for, those with few hosts first.
func openCourses(t *testing.T) []*course {
	t.Helper()
	var counts []int
	most := 0
	for _, text := range strings.Split(*fleets, ",") {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			t.Fatalf("-hosts %q: numbers joined by commas are wanted", *fleets)
		}
		counts, most = append(counts, n), max(most, n)
	}
	hosts, key := startHosts(t, most)
	size := full
	if *smoke {
		size = small
	}
	sites := buildSites(t, size)
	everybody := makeContenders(t, key)
	var opened []*course
	for _, n := range counts {
		for _, link := range openLinks(t, hosts[:n]) {
			c := &course{link: link, sites: sites}
			for _, contender := range everybody {
				if takesPart(contender, n, link) {
					c.contenders = append(c.contenders, contender)
				}
			}
			for _, scenario := range chain {
				if wanted(*scenarios, scenario) && (allScenarios(n, link) || slices.Contains(manyScenarios, scenario)) {
					c.scenarios = append(c.scenarios, scenario)
				}
			}
			if len(c.contenders) == 0 || len(c.scenarios) == 0 {
				t.Fatalf("nothing to do with -contenders %q -scenarios %q", *contenders, *scenarios)
			}
			opened = append(opened, c)
		}
	}
	if len(opened) == 0 {
		t.Fatalf("no link in -links %q", *links)
	}
	return opened
}

// takesPart tells whether a contender is measured on a course. When only trying, the larger tools are tried once.
func takesPart(c contender, hosts int, over *link) bool {
	if *smoke && isLarge(c) {
		return c.verifies() && over.Name == "LAN"
	}
	return hosts < manyHosts || *whole || c.verifies()
}

// allScenarios tells whether a course has all that were asked for. When only trying, one course does: a slow link takes its time.
func allScenarios(hosts int, over *link) bool {
	if *smoke {
		return over.Name == "LAN"
	}
	return hosts < manyHosts || *whole
}

// run gives each course a round, and then each another one for as long as the budget allows.
func run(ctx context.Context, t *testing.T, courses []*course) {
	t.Helper()
	end := time.Now().Add(*budget)
	for next := nextCourse(courses, *rounds, time.Until(end)); next != nil; next = nextCourse(courses, *rounds, time.Until(end)) {
		next.round(ctx, t)
	}
}

// nextCourse is the course with the fewest rounds that count and too few of them, if another one fits into the time that is left; the
// first always does. nil is none.
func nextCourse(courses []*course, enough int, left time.Duration) (next *course) {
	for _, c := range courses {
		fits := c.tries == 0 || c.took < left
		if fits && c.counted() < enough && (next == nil || c.counted() < next.counted()) {
			next = c
		}
	}
	return next
}

// counted is how many rounds of the course count.
func (c *course) counted() int {
	n := 0
	for _, round := range c.rounds {
		if !round.disturbed {
			n++
		}
	}
	return n
}

// report gives the rounds that count; where others disturbed all of them, all.
func (c *course) report() report.Course {
	shown := report.Course{Link: c.link.Link, Hosts: len(c.link.hosts)}
	for at, scenario := range c.scenarios {
		s := report.Scenario{Name: scenario}
		for i, contender := range c.contenders {
			one := report.Contender{Name: contender.name(), Same: contender.verifies()}
			for _, round := range c.rounds {
				if !round.disturbed || c.counted() == 0 {
					one.Rounds = append(one.Rounds, round.costs[i][at])
				}
			}
			one.Disturbed = c.counted() == 0
			s.Contenders = append(s.Contenders, one)
		}
		shown.Scenarios = append(shown.Scenarios, s)
	}
	return shown
}

func TestNextCourse(t *testing.T) {
	t.Parallel()
	quick, slow, late := &course{took: time.Minute}, &course{took: time.Hour}, &course{}
	courses := []*course{quick, slow, late}
	// go on for a round, disturbed or not
	try := func(c *course, disturbed bool) {
		c.tries++
		c.rounds = append(c.rounds, round{disturbed: disturbed})
	}
	for i, step := range []struct {
		want      *course
		left      time.Duration
		disturbed bool
	}{
		{want: quick, left: 2 * time.Hour},
		{want: slow, left: 2 * time.Hour, disturbed: true},
		{want: slow, left: 2 * time.Hour}, // again
		{want: late},                      // its first round, whatever is left
		{want: quick, left: 30 * time.Minute},
		{want: nil, left: 30 * time.Second},
	} {
		if step.want == late {
			late.took = time.Hour
		}
		if got := nextCourse(courses, 2, step.left); got != step.want {
			t.Fatalf("step %d: the next course is %+v, wanted %+v", i, got, step.want)
		}
		if step.want != nil {
			try(step.want, step.disturbed)
		}
	}
	if got := nextCourse(courses, 1, 2*time.Hour); got != nil {
		t.Errorf("one round is enough, and %+v gets another one", got)
	}
}
