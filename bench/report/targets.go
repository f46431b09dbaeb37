package report

import (
	"fmt"
	"slices"
	"strings"
)

// target is a limit that Slipway is to keep in every round of a scenario.
type target struct {
	what     string
	link     string
	share    float64 // of the machine's CPUs
	scenario string
	unit     string
	measured measure
	limit    limit
}

type measure func(c Course, cost Cost) float64

// limit is what a target allows in a round; unknown where others did not take part whom it is told by.
type limit func(c Course, s Scenario, round int) (allowed float64, known bool)

// logIn is the round trips of a log-in, of which the SSH library lets none be left out.
const logIn = 7

var targets = []target{
	{"update: a third of rsync + ssh, verifying", "WAN", 1, "update", "s", seconds, partOf(1./3, "rsync + ssh", true, seconds)},
	{"update: sent to all hosts", "WAN", 1, "update", "MB", megabytes, just(0.6)},
	{"binary: sent to all hosts", "WAN", 1, "binary", "MB", megabytes, just(2.5)},
	{"update: half of the fastest that verifies", "LAN", 1, "update", "s", seconds, partOfFastest(0.5, true)},
	{"update: half of the fastest that does not verify", "LAN", 1, "update", "s", seconds, partOfFastest(0.5, false)},
	{"first: the link alone, 5 % more, and 0.7 s", "WAN", 1, "first", "s", seconds, linkAlone(1.05, 0.7)},
	{"first: the fastest that does not verify", "LAN", 1, "first", "s", seconds, partOfFastest(1, false)},
	{"first: the fastest that does not verify", "LAN", 0.5, "first", "s", seconds, partOfFastest(1, false)},
	{"first: CPU of everything, scp + ssh without verifying", "LAN", 1, "first", "s of CPU", cpu, partOf(1, "scp + ssh", false, cpu)},
	{fmt.Sprintf("nothing: 8 round trips of a host behind the log-in, which takes %d", logIn), "WAN", 1, "nothing", "", turnsOfAHost, just(8 + logIn)},
	{"nothing: a second", "LAN", 1, "nothing", "s", seconds, just(1)},
}

func seconds(_ Course, cost Cost) float64 { return wall(cost) }

func cpu(_ Course, cost Cost) float64 { return whole(cost) }

func megabytes(_ Course, cost Cost) float64 { return float64(cost.Up) / 1e6 }

func turnsOfAHost(c Course, cost Cost) float64 { return float64(cost.Turns) / float64(c.Hosts) }

func just(allowed float64) limit {
	return func(Course, Scenario, int) (float64, bool) { return allowed, true }
}

// partOf allows a part of what another contender took in the round.
func partOf(part float64, name string, same bool, of measure) limit {
	return func(c Course, s Scenario, round int) (float64, bool) {
		for _, other := range s.Contenders {
			if cost, took := other.Rounds[round]; took && other.Name == name && other.Same == same {
				return part * of(c, cost), true
			}
		}
		return 0, false
	}
}

// partOfFastest allows a part of the seconds of the fastest of the others in the round.
func partOfFastest(part float64, same bool) limit {
	return func(_ Course, s Scenario, round int) (float64, bool) {
		least, found := s.fastest(round, same)
		return part * least, found
	}
}

// linkAlone allows some times as many seconds as the link alone needs for what was sent, and some more.
func linkAlone(times, more float64) limit {
	return func(c Course, s Scenario, round int) (float64, bool) {
		return times*c.Link.needs(s.Contenders[0].Rounds[round]) + more, true
	}
}

// targets is a table of what was to be reached with as many hosts as the first course has, and what was.
func (r *Report) targets(b *strings.Builder) {
	if len(r.Courses) == 0 {
		return
	}
	hosts := r.Courses[0].Hosts
	fmt.Fprintf(b, "\n### Targets, %s\n\nMedians of the rounds; a round counts as one that held where its own numbers do. What others take is from the same round.\n\n", count(hosts, "host"))
	fmt.Fprint(b, "| course | at most | that is | measured | least to most | rounds that held | |\n| --- | --- | ---: | ---: | ---: | ---: | --- |\n")
	for _, target := range targets {
		c := Course{Hosts: hosts, Link: Link{Name: target.link}, Share: target.share}
		course := strings.TrimPrefix(c.Title(), count(hosts, "host")+", ")
		var took, allowed, part spread
		held := 0
		for _, c := range r.Courses {
			if c.Hosts == hosts && c.Link.Name == target.link && c.Share == target.share {
				took, allowed, part, held = target.hold(c)
			}
		}
		if len(took) == 0 {
			fmt.Fprintf(b, "| %s | %s | | | | | not measured |\n", course, target.what)
			continue
		}
		verdict := "reached"
		if part.median() > 1 {
			verdict = "**not reached**"
		}
		quantity := func(value float64) string { return strings.TrimSpace(fmt.Sprintf("%.2f %s", value, target.unit)) }
		fmt.Fprintf(b, "| %s | %s | %s | %s | %.2f to %.2f | %d of %d | %s |\n", course, target.what, quantity(allowed.median()), quantity(took.median()),
			slices.Min(took), slices.Max(took), held, len(took), verdict)
	}
}

// hold holds the rounds of a course against the target: what each took, what it was allowed, and the one as a part of the other.
func (target target) hold(c Course) (took, allowed, part spread, held int) {
	for _, s := range c.Scenarios {
		if s.Name != target.scenario {
			continue
		}
		for round, cost := range s.Contenders[0].Rounds {
			most, known := target.limit(c, s, round)
			if !known {
				continue
			}
			value := target.measured(c, cost)
			took, allowed, part = append(took, value), append(allowed, most), append(part, value/most)
			if value <= most {
				held++
			}
		}
	}
	return took, allowed, part, held
}
