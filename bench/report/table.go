package report

import (
	"fmt"
	"slices"
	"strings"
)

// Markdown is the report as a part of a page, with the plot at an address relative to it.
func (r *Report) Markdown(plot string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Measured on %s in %.0f minutes. %s.\n\n", r.Date.Format("2 January 2006"), r.Took.Minutes(), r.Machine)
	fmt.Fprintf(&b, "%s.\n\n", strings.Join(r.Software, ", "))
	for _, tree := range r.Trees {
		fmt.Fprintf(&b, "- %s\n", tree)
	}
	for _, note := range r.Notes {
		fmt.Fprintf(&b, "\n**%s**\n", note)
	}
	r.targets(&b)
	fmt.Fprintf(&b, "\n![Seconds of each contender that verifies, by scenario, hosts and link.](%s)\n", plot)
	for _, c := range r.Courses {
		fmt.Fprintf(&b, "\n### %s\n\n%s: %s.\n\n", c.Title(), c.Link.Name, c.Link.About)
		if c.disturbed() {
			fmt.Fprint(&b, "**Others took a good deal of the machine's CPUs meanwhile: measure again.**\n\n")
		}
		c.overview(&b)
		c.details(&b)
	}
	return b.String()
}

// overview is one line for each contender and one column for each scenario.
func (c Course) overview(b *strings.Builder) {
	names := c.names()
	fmt.Fprint(b, "Seconds, median; in brackets how many times as long as Slipway, the median of each round's ratio.\n\n| contender |")
	for _, s := range c.Scenarios {
		fmt.Fprintf(b, " %s |", s.Name)
	}
	fmt.Fprintf(b, "\n| --- |%s\n", strings.Repeat(" ---: |", len(c.Scenarios)))
	for _, name := range names {
		fmt.Fprintf(b, "| %s |", name)
		for _, s := range c.Scenarios {
			i := slices.IndexFunc(s.Contenders, func(c Contender) bool { return c.title() == name })
			switch {
			case i < 0 || len(s.Contenders[i].Rounds) == 0 && !s.Contenders[i].Failed:
				fmt.Fprint(b, " |")
			case len(s.Contenders[i].Rounds) == 0:
				fmt.Fprint(b, " failed |")
			case i == 0:
				fmt.Fprintf(b, " **%.2f** |", s.Contenders[i].of(wall).median())
			default:
				fmt.Fprintf(b, " %.2f (%.2f) |", s.Contenders[i].of(wall).median(), s.ratios(i).median())
			}
		}
		fmt.Fprint(b, "\n")
	}
	for _, same := range []bool{true, false} {
		c.comparison(b, same)
	}
}

// comparison is a line that holds Slipway against the fastest of the others, where there are any.
func (c Course) comparison(b *strings.Builder, same bool) {
	var cells strings.Builder
	compared := false
	for _, s := range c.Scenarios {
		if all := s.toFastest(same); len(all) > 0 {
			compared = true
			fmt.Fprintf(&cells, " %.2f |", all.median())
		} else {
			fmt.Fprint(&cells, " |")
		}
	}
	if !compared {
		return
	}
	kind := "that verifies"
	if !same {
		kind = "that does not"
	}
	fmt.Fprintf(b, "| *Slipway, as a part of the fastest %s* |%s\n", kind, cells.String())
}

func (c Course) disturbed() bool {
	return slices.ContainsFunc(c.Scenarios, func(s Scenario) bool { return s.Contenders[0].Disturbed })
}

// names are all contenders of the course, in their order.
func (c Course) names() []string {
	var names []string
	for _, s := range c.Scenarios {
		for _, contender := range s.Contenders {
			if !slices.Contains(names, contender.title()) {
				names = append(names, contender.title())
			}
		}
	}
	return names
}

func (c Contender) title() string {
	if c.Same {
		return c.Name
	}
	return c.Name + ", unverified"
}

// details are everything that was measured.
func (c Course) details(b *strings.Builder) {
	fmt.Fprintf(b, "\n<details><summary>%s: everything that was measured</summary>\n\n", c.Title())
	fmt.Fprint(b, "| scenario | contender | rounds | seconds, least to most | ratio, least to most | link alone, s | sent to all hosts, MB | received, MB | round trips of a host "+
		"| CPU of runner, s | CPU of all hosts, s | CPU of everything, s | memory of runner, MB | memory of all hosts, MB |\n")
	fmt.Fprintf(b, "| --- | --- |%s\n", strings.Repeat(" ---: |", 12))
	for _, s := range c.Scenarios {
		for i, contender := range s.Contenders {
			if len(contender.Rounds) == 0 {
				continue
			}
			median := func(value func(Cost) float64) float64 { return contender.of(value).median() }
			seconds, ratio := contender.of(wall), s.ratios(i)
			alone, trips := "", ""
			if c.Link.Rate > 0 { // without a delay nobody sees what waits for what
				alone = fmt.Sprintf("%.2f", c.Link.alone(contender))
				trips = fmt.Sprintf("%.0f", median(func(cost Cost) float64 { return turnsOfAHost(c, cost) }))
			}
			fmt.Fprintf(b, "| %s | %s | %d | %.2f to %.2f | %.2f to %.2f | %s | %.2f | %.2f | %s | %.2f | %.2f | %.2f | %.0f | %.0f |\n",
				s.Name, contender.title(), len(contender.Rounds), slices.Min(seconds), slices.Max(seconds), slices.Min(ratio), slices.Max(ratio), alone,
				median(func(cost Cost) float64 { return megabytes(c, cost) }), median(func(c Cost) float64 { return float64(c.Down) / 1e6 }), trips,
				median(func(c Cost) float64 { return c.Runner.Seconds() }), median(func(c Cost) float64 { return c.Hosts.Seconds() }), median(whole),
				median(func(c Cost) float64 { return float64(c.RunnerMemory) / 1e6 }), median(func(c Cost) float64 { return float64(c.HostsMemory) / 1e6 }))
		}
	}
	fmt.Fprint(b, "\n</details>\n")
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
