//go:build bench && linux

package bench

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/slipway/slipway/bench/report"
)

// The scenarios.
const (
	first    = "first"    // the first deployment to a host
	update   = "update"   // one file of a hundred is another, all have new times
	rollback = "rollback" // back to the release before
	binary   = "binary"   // a program of 15 MB was built again, all files have new times
	nothing  = "nothing"  // the last deployment once more
)

// chain is the scenarios in the order in which a contender goes through them: each needs the ones before it.
var chain = []string{first, update, rollback, binary, nothing}

// course is where the contenders run.
type course struct {
	link       *link
	sites      *sites
	contenders []contender
	scenarios  []string
	rounds     []round
	tries      int
	took       time.Duration // of the last round, with all that is not measured
}

// round is what each contender's scenarios cost.
type round struct {
	costs     [][]report.Cost // by contender, then by scenario
	disturbed bool
}

// deployment is one thing that a contender is to do.
type deployment struct {
	over     *link
	scenario string
	site     *site
	number   int // goes up with each deployment of the chain; a release may be named after it
}

func (d deployment) release() string { return fmt.Sprintf("release%03d", d.number) }

// round lets each contender go through the chain in turn, another one first each time.
func (c *course) round(ctx context.Context, t *testing.T) {
	t.Helper()
	begun := time.Now()
	done := round{costs: make([][]report.Cost, len(c.contenders))}
	for turn := range c.contenders {
		i := (c.tries + turn) % len(c.contenders)
		done.costs[i] = c.chain(ctx, t, c.contenders[i])
	}
	done.disturbed = disturbance(done.costs) > *quiet
	c.rounds = append(c.rounds, done)
	c.tries++
	c.took = time.Since(begun)
	t.Logf("%d hosts, %s, round %d, %.0f s, others took %.0f %% of the CPUs (counts: %v)",
		len(c.link.hosts), c.link.Name, c.tries, c.took.Seconds(), 100*disturbance(done.costs), !done.disturbed)
	for i, contender := range c.contenders {
		var parts []string
		for at, scenario := range c.scenarios {
			cost := done.costs[i][at]
			parts = append(parts, fmt.Sprintf("%s %.2f s (%.2f MB, CPU %.2f and %.2f)",
				scenario, cost.Wall.Seconds(), float64(cost.Up)/1e6, cost.Runner.Seconds(), cost.Hosts.Seconds()))
		}
		t.Logf("    %-20s %s", title(contender), strings.Join(parts, ", "))
	}
}

// chain lets a contender do all scenarios up to the last that was asked for, on hosts that it has never seen, and takes away what it
// leaves.
func (c *course) chain(ctx context.Context, t *testing.T, contender contender) []report.Cost {
	t.Helper()
	leave := func() {
		for _, h := range c.link.hosts {
			if err := os.RemoveAll(contender.root(h.host)); err != nil {
				t.Fatal(err)
			}
		}
	}
	leave()
	defer leave()
	var costs []report.Cost
	for at, scenario := range chain[:slices.Index(chain, c.scenarios[len(c.scenarios)-1])+1] {
		for _, h := range c.link.hosts {
			if err := os.MkdirAll(contender.root(h.host), 0o755); err != nil {
				t.Fatal(err)
			}
		}
		cost := c.deploy(ctx, t, contender, deployment{over: c.link, scenario: scenario, site: c.sites.of(scenario), number: at + 1})
		if slices.Contains(c.scenarios, scenario) {
			costs = append(costs, cost)
		}
	}
	return costs
}

// deploy lets a contender do one thing, and checks that it did.
func (c *course) deploy(ctx context.Context, t *testing.T, contender contender, d deployment) report.Cost {
	t.Helper()
	cmd := contender.prepare(ctx, t, d)
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	defer func() {
		if t.Failed() {
			c.explain(t, contender, d, said.String())
		}
	}()
	syncFiles(t, c.link.hosts)
	cost, err := measure(t, c.link, cmd)
	if *keep != "" {
		name := fmt.Sprintf("%d hosts %s %s %s.log", len(c.link.hosts), c.link.Name, title(contender), d.scenario)
		write(t, filepath.Join(*keep, name), said.String())
	}
	if err != nil {
		t.Fatal(err)
	}
	checkAll(t, contender, d)
	return cost
}

// explain logs all that may tell why a contender failed.
func (c *course) explain(t *testing.T, contender contender, d deployment, said string) {
	t.Helper()
	load, _ := os.ReadFile("/proc/loadavg")
	t.Logf("%s, %s over the %s, round %d, load %sIt said:\n%s", title(contender), d.scenario, c.link.Name, c.tries, load, said)
	for _, h := range c.link.hosts {
		lines := strings.Split(strings.TrimSpace(h.server.Log()), "\n")
		t.Logf("sshd of %s said last:\n%s", h.name, strings.Join(lines[max(0, len(lines)-8):], "\n"))
	}
}

// disturbance is what others took of the machine's CPUs while the contenders ran, the median of all.
func disturbance(costs [][]report.Cost) float64 {
	all := slices.Concat(costs...)
	slices.SortFunc(all, func(a, b report.Cost) int { return cmp.Compare(a.Others, b.Others) })
	return all[len(all)/2].Others
}

// syncFiles writes what the contender before left to be written, so that the next one does not wait for it.
func syncFiles(t *testing.T, hosts []*linked) {
	t.Helper()
	for _, h := range hosts {
		dir, err := os.Open(h.dir)
		if err != nil {
			t.Fatal(err)
		}
		err = unix.Syncfs(int(dir.Fd()))
		_ = dir.Close()
		if err != nil {
			t.Fatal(err)
		}
	}
}
