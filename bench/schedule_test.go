//go:build bench && linux

package bench

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/slipway/slipway/bench/report"
	"github.com/slipway/slipway/internal/sshtest"
)

// Where there are many hosts all contenders do the same work, and only what is sent over the link: the rest would take an hour by
// itself. Where the CPU is held, too, only that is asked for. -whole has all of it.
const manyHosts = 10

var fewScenarios = []string{first, update}

// heavy is how many rounds the courses with the first number of hosts get for each one of the others: they are the most telling. One of
// three rounds has all contenders, also those who are far behind.
const (
	heavy     = 3
	fullEvery = 3
)

// openCourses makes the courses that were asked for, in their order. Missing says what cannot be measured here.
func openCourses(t *testing.T) (opened []*course, missing []string) {
	t.Helper()
	counts := numbers(t, *fleets)
	size := full
	if *smoke {
		size = small
	}
	sites := buildSites(t, size)
	key, authorized := sshtest.ClientKey()
	everybody := makeContenders(t, key)
	open := func(count int, link *link, share float64) {
		c := &course{link: link, sites: sites, share: share, weight: 1, strict: *smoke}
		if count == counts[0] {
			c.weight = heavy
		}
		for _, contender := range everybody {
			if c.has(contender) {
				c.contenders = append(c.contenders, contender)
			}
		}
		for _, scenario := range chain {
			if wanted(*scenarios, scenario) && (c.hasAll() || slices.Contains(fewScenarios, scenario)) {
				c.scenarios = append(c.scenarios, scenario)
			}
		}
		c.failed = make([]string, len(c.contenders))
		if len(c.scenarios) > 0 {
			opened = append(opened, c)
		}
	}
	together, err := newGroup(t, 1)
	if err != nil {
		missing = append(missing, fmt.Sprintf("CPU of everything is what the processes of runner and hosts had whose end was seen (%v).", err))
	}
	hosts := startHosts(t, slices.Max(counts), authorized, together)
	for _, count := range counts {
		for _, link := range openLinks(t, hosts[:count], together) {
			open(count, link, 1)
		}
		if count == counts[0] && *held < 1 && wanted(*links, lan) {
			slow, err := newGroup(t, *held)
			if err != nil {
				missing = append(missing, fmt.Sprintf("Not measured with %.0f %% of the CPU (%v).", 100**held, err))
				continue
			}
			open(count, openLinks(t, startHosts(t, count, authorized, slow), slow)[0], *held)
		}
	}
	if len(opened) == 0 {
		t.Fatalf("nothing to do with -links %q -scenarios %q", *links, *scenarios)
	}
	for _, what := range missing {
		t.Log(what)
	}
	return opened, missing
}

// numbers reads the numbers of hosts.
func numbers(t *testing.T, list string) (all []int) {
	t.Helper()
	for _, text := range strings.Split(list, ",") {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			t.Fatalf("-hosts %q: numbers joined by commas are wanted", list)
		}
		all = append(all, n)
	}
	return all
}

// has tells whether a contender is measured on a course. When only trying, the larger tools are tried once.
func (c *course) has(contender contender) bool {
	if *smoke && isLarge(contender) {
		return contender.verifies() && c.hasAll()
	}
	return len(c.link.hosts) < manyHosts || *whole || contender.verifies()
}

// hasAll tells whether a course has all scenarios that were asked for. When only trying, one course does: a slow link takes its time.
func (c *course) hasAll() bool {
	if *smoke {
		return c.link.Name == lan && c.share == 1
	}
	return len(c.link.hosts) < manyHosts && c.share == 1 || *whole
}

// run gives each course a round, and then others for as long as the budget allows. After each of them what there is so far is handed on.
func run(ctx context.Context, t *testing.T, courses []*course, measured func()) {
	t.Helper()
	end := time.Now().Add(*budget)
	for next := nextCourse(courses, *rounds, time.Until(end)); next != nil; next = nextCourse(courses, *rounds, time.Until(end)) {
		if ctx.Err() != nil {
			t.Fatal("interrupted")
		}
		next.round(ctx, t)
		measured()
	}
}

// nextCourse is the course whose turn it is of those that have too few rounds that count, if a round of it fits into the time that is left;
// the first always does. nil is none.
func nextCourse(courses []*course, enough int, left time.Duration) (next *course) {
	for _, c := range courses {
		fits := len(c.rounds) == 0 || c.estimate() < left
		if fits && c.counted() < enough && (next == nil || c.turn() < next.turn()) {
			next = c
		}
	}
	return next
}

// turn is less of a course that is the sooner to get its next round. Rounds that do not count are rounds here: a course that others disturb
// must not keep the rest from theirs.
func (c *course) turn() float64 { return float64(len(c.rounds)+1) / float64(c.weight) }

// isFull tells the rounds in which everybody takes part.
func isFull(number int) bool { return *whole || number%fullEvery == 0 }

// estimate is how long the next round will take: as long as the last one of its kind, or as the first.
func (c *course) estimate() time.Duration {
	took := c.rounds[0].took
	for _, round := range c.rounds {
		if round.full == isFull(len(c.rounds)) {
			took = round.took
		}
	}
	return took
}

// near is how many times as long as the fastest of its kind a contender may take to be in every round.
const near = 1.15

// leads tells Slipway, and those who were near the fastest that do the same work, in a scenario of a full round: the targets are about them,
// and more rounds say no more of who is far behind.
func (c *course) leads(i int) bool {
	if i == 0 {
		return true
	}
	for _, round := range c.rounds {
		for at, cost := range round.costs[i] {
			fastest := cost.Wall
			for j, costs := range round.costs {
				if j > 0 && at < len(costs) && c.contenders[j].verifies() == c.contenders[i].verifies() {
					fastest = min(fastest, costs[at].Wall)
				}
			}
			if round.full && cost.Wall.Seconds() <= near*fastest.Seconds() {
				return true
			}
		}
	}
	return false
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
	shown := c.about()
	for at, scenario := range c.scenarios {
		s := report.Scenario{Name: scenario}
		for i, contender := range c.contenders {
			one := report.Contender{
				Name: contender.name(), Same: contender.verifies(), Rounds: map[int]report.Cost{}, Disturbed: c.counted() == 0, Failed: c.failed[i] != "",
			}
			for number, round := range c.rounds {
				if (!round.disturbed || one.Disturbed) && at < len(round.costs[i]) {
					one.Rounds[number] = round.costs[i][at]
				}
			}
			s.Contenders = append(s.Contenders, one)
		}
		shown.Scenarios = append(shown.Scenarios, s)
	}
	return shown
}

func TestNextCourse(t *testing.T) {
	t.Parallel()
	heavy, slow, late := &course{weight: 2}, &course{weight: 2}, &course{weight: 1}
	courses := []*course{heavy, slow, late}
	took := map[*course]time.Duration{heavy: time.Minute, slow: time.Hour, late: time.Hour}
	for i, step := range []struct {
		want      *course
		left      time.Duration
		disturbed bool
	}{
		{want: heavy, left: 2 * time.Hour},
		{want: slow, left: 2 * time.Hour, disturbed: true},
		{want: heavy, left: 2 * time.Hour},
		{want: slow, left: 2 * time.Hour},
		{want: late}, // its first round, whatever is left
		{want: slow, left: 2 * time.Hour},
		{want: nil, left: 30 * time.Second},
		{want: late, left: 2 * time.Hour, disturbed: true},
		{want: nil, left: 30 * time.Minute},
		{want: late, left: 2 * time.Hour}, // again
		{want: nil, left: 2 * time.Hour},  // two rounds are enough
	} {
		if got := nextCourse(courses, 2, step.left); got != step.want {
			t.Fatalf("step %d: the next course is %+v, wanted %+v", i, got, step.want)
		}
		if step.want != nil {
			step.want.rounds = append(step.want.rounds, round{disturbed: step.disturbed, took: took[step.want], full: isFull(len(step.want.rounds))})
		}
	}
}

// TestLeads: who is near the fastest of its kind in any scenario takes part in every round.
func TestLeads(t *testing.T) {
	t.Parallel()
	costs := func(seconds ...int) (all []report.Cost) {
		for _, s := range seconds {
			all = append(all, report.Cost{Wall: time.Duration(s) * time.Second})
		}
		return all
	}
	c := &course{
		contenders: []contender{&slipway{}, &script{peer{verify: true}, "scp"}, &script{peer{verify: true}, "rsync"}, &fabric{peer{verify: true}}, &ansible{}},
		rounds: []round{
			{full: true, costs: [][]report.Cost{costs(1, 1), costs(10, 90), costs(20, 20), costs(13, 90), costs(90)}},
			{costs: [][]report.Cost{costs(1, 1), costs(10, 90), costs(20, 20), nil, nil}},
		},
	}
	for i, want := range []bool{true, true, true, false, true} {
		if got := c.leads(i); got != want {
			t.Errorf("%s takes part in every round: %v, wanted %v", title(c.contenders[i]), got, want)
		}
	}
}
