//go:build bench && linux

package bench

import (
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// result is what was measured over a link.
type result struct {
	link       *link
	contenders []contender
	tarball    *site
	rounds     [][]cost // of each contender
}

// of is a measurement of one contender in every round, in seconds.
func (r *result) of(contender int, value func(cost) time.Duration) spread {
	var times spread
	for _, round := range r.rounds {
		times = append(times, value(round[contender]).Seconds())
	}
	return times
}

func wall(c cost) time.Duration    { return c.wall }
func runner(c cost) time.Duration  { return c.runner }
func onHosts(c cost) time.Duration { return c.hosts }

// ratios are the first contender's times through another's, round by round: what slowed the machine down for a while
// slowed down both.
func (r *result) ratios(other int) spread {
	var ratios spread
	for _, round := range r.rounds {
		ratios = append(ratios, round[0].wall.Seconds()/round[other].wall.Seconds())
	}
	return ratios
}

// others is what others took of the machine's CPUs while a contender ran: the median of the rounds, 1 is all of it.
func (r *result) others(contender int) float64 {
	var shares spread
	for _, round := range r.rounds {
		shares = append(shares, round[contender].others)
	}
	return shares.median()
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

func (s spread) String() string {
	return fmt.Sprintf("%.2f (%.2f-%.2f)", s.median(), slices.Min(s), slices.Max(s))
}

func (r *result) line(costs []cost) string {
	var parts []string
	for i, c := range r.contenders {
		parts = append(parts, fmt.Sprintf("%s %.2f s (CPU %.2f runner, %.2f hosts, others %.0f %%)",
			c.name(), costs[i].wall.Seconds(), costs[i].runner.Seconds(), costs[i].hosts.Seconds(), 100*costs[i].others))
	}
	return strings.Join(parts, ", ")
}

// printTable prints medians with the least and the most in brackets, as Markdown.
func printTable(w io.Writer, results []*result) {
	tarball := results[0].tarball
	fmt.Fprintf(w, "\n%d files, %.1f MB unpacked, %.1f MB as .tar.gz; 4 hosts; %d CPUs; seconds, median (least-most)\n\n",
		len(tarball.sums), float64(tarball.plain)/1e6, float64(tarball.bytes)/1e6, runtime.NumCPU())
	table := tabwriter.NewWriter(w, 0, 0, 1, ' ', 0)
	fmt.Fprint(table, "| link \t| contender \t| seconds \t| slipway is to it as \t| rounds \t| CPU taken by others \t|\n"+
		"| --- \t| --- \t| --- \t| --- \t| --- \t| --- \t|\n")
	for _, r := range results {
		for i, c := range r.contenders {
			fmt.Fprintf(table, "| %s: %s \t| %s \t| %s \t| %s \t| %d \t| %.0f %% \t|\n",
				r.link.name, r.link.about, c.name(), r.of(i, wall), r.ratios(i), len(r.rounds), 100*r.others(i))
		}
	}
	_ = table.Flush()

	fmt.Fprint(w, "\nCPU time, median:\n\n")
	table = tabwriter.NewWriter(w, 0, 0, 1, ' ', 0)
	fmt.Fprint(table, "| link \t| contender \t| runner \t| all hosts \t|\n| --- \t| --- \t| --- \t| --- \t|\n")
	for _, r := range results {
		for i, c := range r.contenders {
			fmt.Fprintf(table, "| %s \t| %s \t| %.2f \t| %.2f \t|\n", r.link.name, c.name(), r.of(i, runner).median(), r.of(i, onHosts).median())
		}
	}
	_ = table.Flush()

	fmt.Fprint(w, "\nSlipway's phases, median:\n\n")
	phases := []string{"preflight", "prepare", "migrate", "activate", "finish"}
	table = tabwriter.NewWriter(w, 0, 0, 1, ' ', 0)
	fmt.Fprintf(table, "| link \t| %s \t|\n", strings.Join(phases, " \t| "))
	fmt.Fprintf(table, "|%s\n", strings.Repeat(" --- \t|", len(phases)+1))
	for _, r := range results {
		fmt.Fprintf(table, "| %s \t", r.link.name)
		for _, phase := range phases {
			var times spread
			for _, round := range r.rounds {
				times = append(times, round[0].phases[phase])
			}
			fmt.Fprintf(table, "| %.2f \t", times.median())
		}
		fmt.Fprint(table, "|\n")
	}
	_ = table.Flush()
}
