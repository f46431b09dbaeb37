//go:build bench && linux

// Package bench measures whole deployments: Slipway's, and those of other tools that do the same work in the same run. `make bench`
// runs it and writes docs/benchmarks.md, which says what the numbers mean. `make bench-smoke` runs it once with a small tree: it fails
// when something is broken, never when something is slow.
//
// Words: a contender is a way to deploy; a link is the network between the runner and the hosts; a course is a number of hosts behind
// a link; a chain is what a contender does on a course, one scenario after the other; a round is a chain of each contender in turn.
package bench

import (
	"cmp"
	"flag"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/slipway/slipway/bench/report"
)

var (
	rounds     = flag.Int("rounds", 5, "rounds that count, on each course, where the budget allows them")
	budget     = flag.Duration("budget", 50*time.Minute, "no round is begun that would end later; the first one of each course always is")
	quiet      = flag.Float64("quiet", 0.15, "what others may take of the machine's CPUs in a round that counts; 1 is all of it")
	smoke      = flag.Bool("smoke", false, "a small tree, few hosts and one round: does it work at all?")
	fleets     = flag.String("hosts", "", "how many hosts, joined by commas, the most telling number first; where empty 4,1,16, or with -smoke 2")
	held       = flag.Float64("cpus", 0.5, "the share of the machine's CPUs that the LAN's first course is measured with once more; 1 leaves that out. Wants control groups that may be written")
	links      = flag.String("links", "LAN,WAN", "which links")
	scenarios  = flag.String("scenarios", strings.Join(chain, ","), "which scenarios")
	contenders = flag.String("contenders", "", "which contenders besides Slipway, as scp,scp+verify; all where empty")
	whole      = flag.Bool("whole", false, "all contenders and scenarios with many hosts, and all contenders in each round: takes hours")
	docs       = flag.String("write", "", "the folder of benchmarks.md, which the results are written into")
	keep       = flag.String("keep", "", "a folder to keep what each contender printed last")
	place      = flag.String("dir", "", "where the hosts' and the runner's files are; memory (/dev/shm) where there is one")
)

func TestMain(m *testing.M) {
	if file := os.Getenv(reaperFile); file != "" {
		os.Exit(reap(file, os.Args[1:]))
	}
	os.Exit(m.Run())
}

func TestDeployments(t *testing.T) {
	ctx, stop := signal.NotifyContext(t.Context(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if *smoke {
		*fleets, *rounds, *quiet = cmp.Or(*fleets, "2"), 1, 1
	}
	*fleets = cmp.Or(*fleets, "4,1,16")
	if dir := folder(); dir != "" {
		t.Setenv("TMPDIR", dir)
	}
	adoptOrphans(t)
	courses, missing := openCourses(t)
	result := newReport(courses)
	save := func(notes ...string) {
		if *docs == "" {
			return
		}
		if err := result.of(courses, append(notes, missing...)...).Write(*docs); err != nil {
			t.Fatal(err)
		}
	}
	const unfinished = "The run that measured this did not come to its end."
	defer func() {
		if t.Failed() {
			t.Logf("measured before the failure:\n%s", result.of(courses, unfinished).Markdown(""))
		}
	}()
	run(ctx, t, courses, func() { save(unfinished) })
	save()
	if *docs == "" {
		t.Logf("results:\n%s", result.of(courses, missing...).Markdown(""))
	}
}

// results are a report to which courses come as they are measured.
type results struct{ report.Report }

func newReport(courses []*course) results {
	return results{report.Report{
		Date: time.Now(), Machine: machine(), Software: software(courses[0].contenders), Trees: courses[0].sites.about(),
	}}
}

// of is the report of the courses that had a whole round.
func (r results) of(courses []*course, notes ...string) *report.Report {
	r.Took, r.Notes = time.Since(r.Date), slices.Clone(notes)
	for _, c := range courses {
		if len(c.rounds) > 0 {
			r.Courses = append(r.Courses, c.report())
		}
		for _, why := range c.failed {
			if why != "" {
				r.Notes = append(r.Notes, "Failed twice, and was given up there: "+why+".")
			}
		}
	}
	return &r.Report
}

// wanted tells whether a flag that is a list names something.
func wanted(list, name string) bool { return slices.Contains(strings.Split(list, ","), name) }

// folder is where everything lies. Memory, where that can be: many hosts have many disks, and this machine has one.
func folder() string {
	if info, err := os.Stat("/dev/shm"); *place == "" && err == nil && info.IsDir() {
		return "/dev/shm"
	}
	return *place
}
