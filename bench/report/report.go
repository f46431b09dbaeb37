// Package report shows what the benchmark measured: tables and a plot, written into a page between markers. It must not know how
// anything was measured.
//
// Words: a contender is a way to deploy; a scenario is what is done (first, update, rollback, binary, nothing); a course is a number
// of hosts behind a link; a round is one run of the scenarios by each contender in turn.
package report

import (
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
	Courses  []Course
}

// Course is what was measured with so many hosts over one link.
type Course struct {
	Link      Link
	Hosts     int
	Scenarios []Scenario
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

// Contender is what the rounds of one contender took. All contenders of a scenario have as many rounds, and the same ones.
type Contender struct {
	Name   string
	Same   bool // it verifies what it unpacked: the same work as Slipway does
	Rounds []Cost
	// Disturbed says that others took too much of the machine's CPUs in all rounds.
	Disturbed bool
}

// Cost is what one run took.
type Cost struct {
	Wall          time.Duration
	Runner, Hosts time.Duration // CPU time
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

// ratios say how many times as long as Slipway a contender took, round by round: what slowed the machine down for a while slowed
// down both.
func (s Scenario) ratios(contender int) spread {
	var all spread
	for i, round := range s.Contenders[contender].Rounds {
		all = append(all, wall(round)/wall(s.Contenders[0].Rounds[i]))
	}
	return all
}

// alone is how long the link would need for what the contender sent, with nothing else to wait for: in seconds, 0 where it has no
// limit.
func (l Link) alone(c Contender) float64 {
	if l.Rate == 0 {
		return 0
	}
	return c.of(func(c Cost) float64 { return float64(max(c.Up, c.Down)) }).median() / l.Rate
}

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
