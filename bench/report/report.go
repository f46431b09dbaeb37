// Package report shows what the benchmark measured: tables and a plot, written into a page between markers. It must not know how
// anything was measured.
//
// Words: a contender is a way to deploy; a scenario is what is done (first, update, rollback, binary, nothing); a course is a number
// of hosts behind a link; a round is one run of the scenarios by each contender in turn.
package report

import (
	"fmt"
	"slices"
	"time"
)

// Report is all that was measured in one run.
type Report struct {
	Date     time.Time
	Took     time.Duration
	Machine  string   // processor, number of CPUs, memory, system
	Software []string // what deployed, with versions
	Trees    []string // what was deployed, in sentences
	Notes    []string // what is to be known of this run, in sentences: that it was interrupted, who failed
	Courses  []Course // the most telling first: the targets are of as many hosts as it has
}

// Course is what was measured with so many hosts over one link.
type Course struct {
	Link      Link
	Hosts     int
	Share     float64 // of the machine's CPUs that runner and hosts may use together; 1 is all of it
	Scenarios []Scenario
}

// Title is how a course is called.
func (c Course) Title() string {
	title := count(c.Hosts, "host") + ", " + c.Link.Name
	switch c.Share {
	case 1:
		return title
	case 0.5:
		return title + ", half the CPU"
	default:
		return fmt.Sprintf("%s, %.0f %% of the CPU", title, 100*c.Share)
	}
}

// Link is the network between the runner and the hosts.
type Link struct {
	Name  string
	About string
	Rate  float64 // bytes per second, of all hosts together in each direction; 0 is no limit
}

// Scenario is what each contender did in turn.
type Scenario struct {
	Name       string
	Contenders []Contender // Slipway is the first
}

// Contender is what one contender's rounds took.
type Contender struct {
	Name   string
	Same   bool         // it verifies what it unpacked: the same work as Slipway does
	Rounds map[int]Cost // by the round's number. Slipway has all of them, a contender that failed or was left out has fewer
	Failed bool         // it was given up: it failed here, or before
	// Disturbed says that others took too much of the machine's CPUs in all rounds.
	Disturbed bool
}

// Cost is what one run took.
type Cost struct {
	Wall          time.Duration
	Runner, Hosts time.Duration // CPU time
	Whole         time.Duration // CPU time of everything that ran on both sides
	RunnerMemory  int64         // bytes, at the peak
	HostsMemory   int64         // bytes, of all hosts together
	Up, Down      int64         // bytes on the wire
	Turns         int64         // round trips, of all hosts together
	Others        float64       // what others than the benchmark took of the machine's CPUs meanwhile; 1 is all of it
}

// of is a measurement in every round.
func (c Contender) of(value func(Cost) float64) spread {
	var all spread
	for _, round := range c.Rounds {
		all = append(all, value(round))
	}
	return all
}

func wall(c Cost) float64 { return c.Wall.Seconds() }

func whole(c Cost) float64 { return c.Whole.Seconds() }

// ratios say how many times as long as Slipway a contender took, round by round: what slowed the machine down for a while slowed
// down both.
func (s Scenario) ratios(contender int) spread {
	var all spread
	for i, round := range s.Contenders[contender].Rounds {
		all = append(all, wall(round)/wall(s.Contenders[0].Rounds[i]))
	}
	return all
}

// fastest is the least seconds of the other contenders in a round, of those that verify or of those that do not.
func (s Scenario) fastest(round int, same bool) (seconds float64, found bool) {
	for _, c := range s.Contenders[1:] {
		if cost, took := c.Rounds[round]; took && c.Same == same && (!found || wall(cost) < seconds) {
			seconds, found = wall(cost), true
		}
	}
	return seconds, found
}

// toFastest says how many times as long as the fastest of the others Slipway took, round by round.
func (s Scenario) toFastest(same bool) spread {
	var all spread
	for i, cost := range s.Contenders[0].Rounds {
		if seconds, found := s.fastest(i, same); found {
			all = append(all, wall(cost)/seconds)
		}
	}
	return all
}

// needs is how long the link alone would take for what was sent, with nothing else to wait for: in seconds, 0 where it has no limit.
func (l Link) needs(cost Cost) float64 {
	if l.Rate == 0 {
		return 0
	}
	return float64(max(cost.Up, cost.Down)) / l.Rate
}

// alone is the median of what the link needs for what a contender sent.
func (l Link) alone(c Contender) float64 { return c.of(l.needs).median() }

// spread is some measurements of the same thing.
type spread []float64

func (s spread) median() float64 {
	sorted := slices.Sorted(slices.Values(s))
	middle := len(sorted) / 2
	if len(sorted)%2 == 0 {
		return (sorted[middle-1] + sorted[middle]) / 2
	}
	return sorted[middle]
}
