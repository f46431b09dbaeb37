//go:build bench && linux

// Package bench measures a whole deployment against scp and ssh doing the same work. `make bench` runs it and prints a
// table; docs/benchmarks.md says what the table means. `make bench-smoke` runs it once with a small tarball: it fails
// when something is broken, never when something is slow.
//
// Words: a contender is a way to deploy; a link is the network between the runner and the hosts; a round is one
// deployment of one tarball by each contender in turn, over one link.
package bench

import (
	"bytes"
	"cmp"
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

var (
	rounds = flag.Int("rounds", 5, "rounds that count, over each link")
	quiet  = flag.Float64("quiet", 0.15, "what others may take of the machine's CPUs in a round that counts; 1 is all of it")
	smoke  = flag.Bool("smoke", false, "a small tarball and one round: does it work at all?")
	links  = flag.String("links", "LAN,WAN,WAN-each", "which links, joined by commas")
	keep   = flag.String("keep", "", "a folder to keep what Slipway printed last, over each link")
	place  = flag.String("dir", "", "where the hosts' and the runner's files are; memory (/dev/shm) where there is one")
)

// warmUps are the rounds before the first that counts: after them every contender has releases to prune.
const warmUps = 2

// patience is how many rounds are begun for each that is to count, on a machine where others disturb some of them.
const patience = 4

// contender deploys tarballs to the hosts over a link.
type contender interface {
	name() string
	// prepare makes the command of one deployment, as a user would run it.
	prepare(ctx context.Context, t *testing.T, over *link, tarball *site, round int) *exec.Cmd
	// done looks at what the command left to be read, and gives the seconds of its phases, if it has any.
	done(t *testing.T) map[string]float64
	// root is the deploy path on a host.
	root(host *host) string
}

func TestDeployment(t *testing.T) {
	ctx, stop := signal.NotifyContext(t.Context(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	size, count, warm := full, *rounds, warmUps
	if *smoke {
		size, count, warm = small, 1, 0
	}
	if dir := folder(); dir != "" {
		t.Setenv("TMPDIR", dir)
	}
	hosts, key := startHosts(t)
	contenders := []contender{newSlipway(t, key), newScript(t, key, "no"), newScript(t, key, "yes")}
	course := &course{t: t, hosts: hosts, contenders: contenders, size: size}
	var results []*result
	for _, over := range openLinks(t, hosts) {
		for range warm {
			course.round(ctx, over)
		}
		warm = 0
		measured := &result{link: over, contenders: contenders}
		for begun := 0; len(measured.rounds) < count && begun < patience*count; begun++ {
			tarball, costs := course.round(ctx, over)
			measured.tarball = tarball
			verdict := "disturbed, does not count"
			if *smoke || disturbance(costs) <= *quiet {
				measured.rounds = append(measured.rounds, costs)
				verdict = fmt.Sprintf("round %d", len(measured.rounds))
			}
			t.Logf("%s, %s: %s", over.name, verdict, measured.line(costs))
		}
		if len(measured.rounds) == 0 {
			t.Errorf("%s: others disturbed every round; wait, or allow more with -quiet", over.name)
			continue
		}
		results = append(results, measured)
	}
	if len(results) > 0 {
		printTable(os.Stdout, results)
	}
}

// disturbance is what others took of the machine's CPUs while the contenders of the round ran, the median. Not the most: shells
// that Slipway keeps on the hosts end after sshd, and nobody counts their CPU time but the machine.
func disturbance(costs []cost) float64 {
	ordered := slices.SortedFunc(slices.Values(costs), func(a, b cost) int { return cmp.Compare(a.others, b.others) })
	return ordered[len(ordered)/2].others
}

// course is where the contenders run.
type course struct {
	t          *testing.T
	hosts      []*host
	contenders []contender
	size       siteSize
	rounds     int
}

// round lets each contender deploy the same new tarball in turn, another one first each time, and checks that each of them
// did.
func (c *course) round(ctx context.Context, over *link) (*site, []cost) {
	c.t.Helper()
	c.rounds++
	tarball := build(c.t, c.size, c.rounds)
	defer tarball.remove()
	costs := make([]cost, len(c.contenders))
	for turn := range c.contenders {
		i := (c.rounds + turn) % len(c.contenders)
		costs[i] = c.deploy(ctx, over, c.contenders[i], tarball)
	}
	return tarball, costs
}

// deploy lets a contender deploy the tarball, and checks that it did.
func (c *course) deploy(ctx context.Context, over *link, contender contender, tarball *site) cost {
	c.t.Helper()
	cmd := contender.prepare(ctx, c.t, over, tarball, c.rounds)
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	defer func() {
		if c.t.Failed() {
			c.explain(contender, over, said.String())
		}
	}()
	syncFiles(c.t, c.hosts)
	meter := newMeter(c.t, c.hosts)
	err := cmd.Run()
	cost := meter.end()
	if err != nil {
		c.t.Fatal(err)
	}
	if *keep != "" {
		write(c.t, filepath.Join(*keep, over.name+" "+contender.name()+".log"), said.String())
	}
	cost.phases = contender.done(c.t)
	for at, h := range c.hosts {
		check(c.t, contender.name()+" on "+h.name, contender.root(h), tarball, at == 0)
	}
	return cost
}

// explain logs all that may tell why a contender failed.
func (c *course) explain(contender contender, over *link, said string) {
	load, _ := os.ReadFile("/proc/loadavg")
	c.t.Logf("%s over the %s, round %d, load %sIt said:\n%s", contender.name(), over.name, c.rounds, load, said)
	for _, h := range c.hosts {
		lines := strings.Split(strings.TrimSpace(h.server.Log()), "\n")
		c.t.Logf("sshd of %s said last:\n%s", h.name, strings.Join(lines[max(0, len(lines)-8):], "\n"))
	}
}

// syncFiles writes what the contender before left to be written, so that the next one does not wait for it.
func syncFiles(t *testing.T, hosts []*host) {
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

// folder is where everything lies. Memory, where that can be: four hosts have four disks, and this machine has one.
func folder() string {
	if info, err := os.Stat("/dev/shm"); *place == "" && err == nil && info.IsDir() {
		return "/dev/shm"
	}
	return *place
}
