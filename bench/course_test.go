//go:build bench && linux

package bench

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/slipway/slipway/bench/report"
	"github.com/slipway/slipway/internal/sshtest"
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
	share      float64 // of the machine's CPUs
	weight     int     // it gets so many rounds for each one of a course with weight 1
	rounds     []round
	failed     []string // by contender: why it was given up, if it was
	strict     bool     // nobody is given up: the run fails
}

// round is what each contender's scenarios cost.
type round struct {
	costs     [][]report.Cost // by contender, then by scenario; fewer of one that failed, none of one that did not take part
	full      bool            // all took part who were not given up
	disturbed bool
	took      time.Duration // with all that is not measured
}

// title is how a course is called in what is logged.
func (c *course) title() string { return c.about().Title() }

func (c *course) about() report.Course {
	return report.Course{Link: c.link.Link, Hosts: len(c.link.hosts), Share: c.share}
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
	begun, number := time.Now(), len(c.rounds)
	done := round{costs: make([][]report.Cost, len(c.contenders)), full: isFull(number)}
	for turn := range c.contenders {
		i := (number + turn) % len(c.contenders)
		if c.failed[i] == "" && (done.full || c.leads(i)) {
			done.costs[i] = c.twice(ctx, t, i)
		}
	}
	done.disturbed, done.took = disturbance(done.costs) > *quiet, time.Since(begun)
	c.rounds = append(c.rounds, done)
	t.Logf("%s, round %d, %.0f s, others took %.0f %% of the CPUs (counts: %v)",
		c.title(), number+1, done.took.Seconds(), 100*disturbance(done.costs), !done.disturbed)
	for i, contender := range c.contenders {
		var parts []string
		for at, cost := range done.costs[i] {
			parts = append(parts, fmt.Sprintf("%s %.2f s (%.2f MB, CPU %.2f and %.2f)",
				c.scenarios[at], cost.Wall.Seconds(), float64(cost.Up)/1e6, cost.Runner.Seconds(), cost.Hosts.Seconds()))
		}
		if len(parts) > 0 {
			t.Logf("    %-20s %s", title(contender), strings.Join(parts, ", "))
		}
	}
}

// twice lets a contender go through the chain, and once more where it fails. Whoever fails again is given up on this course, with what the
// scenarios before cost; but Slipway must not fail.
func (c *course) twice(ctx context.Context, t *testing.T, i int) []report.Cost {
	t.Helper()
	costs, err := c.chain(ctx, t, c.contenders[i])
	if err == nil {
		return costs
	}
	if i == 0 || c.strict || ctx.Err() != nil {
		t.Fatal(err)
	}
	t.Logf("once more: %v", err)
	if costs, err = c.chain(ctx, t, c.contenders[i]); err == nil {
		return costs
	}
	if ctx.Err() != nil {
		t.Fatal(err)
	}
	t.Logf("given up: %v", err)
	c.failed[i], _, _ = strings.Cut(err.Error(), "\n")
	return costs
}

// chain lets a contender do all scenarios up to the last that was asked for, on hosts that it has never seen, and takes away what it
// leaves.
func (c *course) chain(ctx context.Context, t *testing.T, contender contender) (costs []report.Cost, err error) {
	t.Helper()
	leave := func() {
		for _, h := range c.link.hosts {
			if err := os.RemoveAll(contender.root(h.host)); err != nil {
				t.Fatal(err)
			}
		}
	}
	leave()
	defer func() {
		if err != nil {
			endAll(c.link.servers())
		}
		leave()
	}()
	for at, scenario := range chain[:slices.Index(chain, c.scenarios[len(c.scenarios)-1])+1] {
		for _, h := range c.link.hosts {
			if err := os.MkdirAll(contender.root(h.host), 0o755); err != nil {
				t.Fatal(err)
			}
		}
		d := deployment{over: c.link, scenario: scenario, site: c.sites.of(scenario), number: at + 1}
		cost, err := c.deploy(ctx, t, contender, d)
		if err != nil {
			return costs, fmt.Errorf("%s, %s with %s: %w", title(contender), scenario, c.title(), err)
		}
		if slices.Contains(c.scenarios, scenario) {
			costs = append(costs, cost)
		}
	}
	return costs, nil
}

// longest is how long a deployment may take: one that hangs must not hold up all others.
const longest = 10 * time.Minute

// deploy lets a contender do one thing, and checks that it did.
func (c *course) deploy(ctx context.Context, t *testing.T, contender contender, d deployment) (cost report.Cost, err error) {
	t.Helper()
	ctx, cancel := context.WithTimeoutCause(ctx, longest, fmt.Errorf("it had not ended after %v", longest))
	defer cancel()
	cmd := contender.prepare(ctx, t, d)
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	cmd.WaitDelay = 10 * time.Second // what outlives the command may hold its output open
	syncFiles(t, c.link.hosts)
	cost, err = measure(t, c.link, cmd)
	if *keep != "" {
		name := fmt.Sprintf("%s, %s, %s.log", c.title(), title(contender), d.scenario)
		write(t, filepath.Join(*keep, name), said.String())
	}
	switch {
	case ctx.Err() != nil:
		err = context.Cause(ctx)
	case err == nil:
		err = checkAll(contender, d)
	}
	if err != nil {
		c.explain(t, contender, d, said.String())
	}
	return cost, err
}

// explain logs all that may tell why a contender failed.
func (c *course) explain(t *testing.T, contender contender, d deployment, said string) {
	t.Helper()
	load, _ := os.ReadFile("/proc/loadavg")
	t.Logf("%s, %s with %s, round %d, load %sIt said:\n%s", title(contender), d.scenario, c.title(), len(c.rounds)+1, load, said)
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

// broken is a contender that leaves something running on a host and fails.
type broken struct{ peer }

func (b *broken) name() string { return "Broken" }

func (b *broken) root(h *host) string { return b.path(h, "broken") }

func (b *broken) version() []string { return []string{"sh"} }

func (b *broken) prepare(ctx context.Context, t *testing.T, d deployment) *exec.Cmd {
	t.Helper()
	config, _ := b.sshConfig(t, d.over)
	return b.command(ctx, t, ".", "sh", "-c", "ssh -F \"$0\" web01 'setsid sleep 600 </dev/null >/dev/null 2>&1 &'; exit 3", config)
}

// TestGivenUp: a contender that fails twice is given up, nothing of it goes on, and the report says so.
func TestGivenUp(t *testing.T) {
	adoptOrphans(t)
	key, authorized := sshtest.ClientKey()
	c := &course{
		link: openLinks(t, startHosts(t, 1, authorized, nil), nil)[0], share: 1, sites: buildSites(t, small), scenarios: []string{first}, failed: make([]string, 2),
		contenders: []contender{&slipway{}, &broken{newPeer(t, key, true)}},
	}
	if costs := c.twice(t.Context(), t, 1); len(costs) > 0 || c.failed[1] != "broken+verify, first with 1 host, LAN: it ended with status 3" {
		t.Errorf("costs %v; it failed because of %q", costs, c.failed[1])
	}
	for _, child := range childrenOf(os.Getpid()) {
		if !isServer(child) {
			t.Errorf("this goes on: %s", command(child))
		}
	}
	c.rounds = []round{{costs: [][]report.Cost{{{Wall: time.Second}}, nil}}}
	text := (results{}).of([]*course{c}).Markdown("")
	for _, want := range []string{"| Broken | failed |", "**Failed twice, and was given up there: broken+verify, first with 1 host, LAN: it ended with status 3.**"} {
		if !strings.Contains(text, want) {
			t.Errorf("there is no %q in\n%s", want, text)
		}
	}
}
