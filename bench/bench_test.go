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
	"context"
	"flag"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

var (
	rounds = flag.Int("rounds", 5, "rounds that count, over each link")
	smoke  = flag.Bool("smoke", false, "a small tarball and one round: does it work at all?")
	links  = flag.String("links", "LAN,WAN,WAN-each", "which links, joined by commas")
	keep   = flag.String("keep", "", "a folder to keep what Slipway printed last, over each link")
	place  = flag.String("dir", "", "where the hosts' and the runner's files are; memory (/dev/shm) where there is one")
)

// warmUps are the rounds before the first that counts: after them every contender has releases to prune.
const warmUps = 2

// contender deploys tarballs to the hosts over a link.
type contender interface {
	name() string
	// prepare makes the command of one deployment, as a user would run it; done looks at what it left.
	prepare(ctx context.Context, t *testing.T, over *link, tarball *site, round int) *exec.Cmd
	done(t *testing.T, over *link)
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
		for range count {
			tarball, costs := course.round(ctx, over)
			measured.tarball, measured.rounds = tarball, append(measured.rounds, costs)
			t.Logf("%s, round %d: %s", over.name, len(measured.rounds), measured.line(costs))
		}
		results = append(results, measured)
	}
	printTable(os.Stdout, results)
}

// course is where the contenders run.
type course struct {
	t          *testing.T
	hosts      []*host
	contenders []contender
	size       siteSize
	rounds     int
}

// round lets each contender deploy the same new tarball in turn, and checks that each of them did.
func (c *course) round(ctx context.Context, over *link) (*site, []cost) {
	c.t.Helper()
	c.rounds++
	tarball := build(c.t, c.size, c.rounds)
	defer tarball.remove()
	costs := make([]cost, len(c.contenders))
	for i, contender := range c.contenders {
		cmd := contender.prepare(ctx, c.t, over, tarball, c.rounds)
		var said bytes.Buffer
		cmd.Stdout, cmd.Stderr = &said, &said
		syncFiles(c.t, c.hosts)
		meter := newMeter(c.t, c.hosts)
		err := cmd.Run()
		costs[i] = meter.end()
		if err != nil {
			for _, h := range c.hosts {
				lines := strings.Split(strings.TrimSpace(h.server.Log()), "\n")
				c.t.Logf("sshd of %s said last:\n%s", h.name, strings.Join(lines[max(0, len(lines)-8):], "\n"))
			}
			c.t.Fatalf("%s over the %s: %v\n%s", contender.name(), over.name, err, said.Bytes())
		}
		if *keep != "" {
			write(c.t, filepath.Join(*keep, over.name+" "+contender.name()+".log"), said.String())
		}
		contender.done(c.t, over)
		for at, h := range c.hosts {
			check(c.t, contender.name()+" on "+h.name, contender.root(h), tarball, at == 0)
		}
	}
	return tarball, costs
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
