//go:build bench && linux

package bench

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/slipway/slipway/internal/secret"
	"github.com/slipway/slipway/internal/sshtest/fleet"
)

// TestFleets deploys to 50 and to 200 hosts, which are all in this process: their shells and ours share the machine. What
// counts is how the runner's own time and memory grow.
func TestFleets(t *testing.T) {
	ctx, stop := signal.NotifyContext(t.Context(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	little, much := treeSize{files: 20, sheets: 2}, treeSize{files: 400, sheets: 20}
	courses := []struct {
		hosts, connections int
		size               treeSize
	}{{50, 50, little}, {200, 50, little}, {200, 200, little}, {50, 50, much}, {200, 50, much}}
	if *smoke {
		courses = courses[:2]
		courses[0].hosts, courses[0].connections, courses[1].hosts, courses[1].connections = 3, 3, 12, 3
	}
	if dir := folder(); dir != "" {
		t.Setenv("TMPDIR", dir)
	}
	var rows []fleetCost
	s := newSlipway(t, secret.New(""))
	for i, c := range courses {
		rows = append(rows, deployFleet(ctx, t, s, c.hosts, c.connections, grow(t, c.size, uint64(i)).pack(t, time.Now())))
	}
	fmt.Printf("\nFleets; %d CPUs\n\n", runtime.NumCPU())
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 1, ' ', 0)
	fmt.Fprint(table, "| hosts \t| max_parallel \t| tarball, MB \t| seconds \t| ms for each host \t| CPU of the runner, ms for each host \t| peak memory, MB \t| connections made \t|\n")
	fmt.Fprint(table, "| --- \t| --- \t| --- \t| --- \t| --- \t| --- \t| --- \t| --- \t|\n")
	for _, r := range rows {
		each := func(d time.Duration) float64 { return d.Seconds() * 1000 / float64(r.hosts) }
		fmt.Fprintf(table, "| %d \t| %d \t| %.1f \t| %.1f \t| %.0f \t| %.1f \t| %.0f \t| %d \t|\n",
			r.hosts, r.places, float64(r.bytes)/1e6, r.wall.Seconds(), each(r.wall), each(r.cpu), float64(r.peak)/1e6, r.connections)
	}
	_ = table.Flush()
}

// fleetCost is what a deployment to a fleet took.
type fleetCost struct {
	hosts, places, connections int
	bytes, peak                int64
	wall, cpu                  time.Duration
}

// deployFleet starts hosts, and deploys to them twice: the second time counts, for then there is a release to leave.
func deployFleet(ctx context.Context, t *testing.T, s *slipway, count, places int, tarball *site) fleetCost {
	t.Helper()
	f, err := fleet.Start(fleet.Options{Dir: t.TempDir(), Count: count, Limit: places})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	s.key = f.Key.Reveal()
	write(t, filepath.Join(s.dir, "slipway.yml"), fmt.Sprintf("app: bench\nkeep_releases: 2\nrollout: {max_parallel: %d}\nprepare: [{name: Prepare, run: ':'}]\n"+
		"activate: {restart: {name: Restart, run: ':'}, verify: [{name: Verify, run: test -d ., within: 30s}]}\n", places))
	hosts, known := f.Inputs()
	var c fleetCost
	for round := range 2 {
		cmd := s.command(ctx, t, "deploy", hosts, known, tarball, round, 1)
		var said bytes.Buffer
		cmd.Stdout, cmd.Stderr = &said, &said
		made, begun := f.Accepted(), time.Now()
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		peak := peakOf(cmd)
		if err := cmd.Wait(); err != nil {
			t.Fatalf("%d hosts: %v\n%s", count, err, said.Bytes())
		}
		c = fleetCost{
			hosts: count, places: places, connections: f.Accepted() - made, bytes: tarball.bytes, peak: <-peak,
			wall: time.Since(begun), cpu: cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(),
		}
		t.Logf("%d hosts, max_parallel %d, round %d: %.1f s, CPU of the runner %.2f s", count, places, round, c.wall.Seconds(), c.cpu.Seconds())
	}
	if f.Over() > 0 {
		t.Errorf("%d connections too many", f.Over())
	}
	return c
}

// peakOf looks at VmHWM of a process until it ends: the most memory that it had, in bytes. Rusage has that of the process
// which started it, too.
func peakOf(cmd *exec.Cmd) <-chan int64 {
	peak := make(chan int64, 1)
	go func() {
		most := int64(0)
		for {
			text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", cmd.Process.Pid))
			_, rest, found := strings.Cut(string(text), "VmHWM:")
			if err != nil || !found { // it has ended
				peak <- most
				return
			}
			kib, _ := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			most = max(most, kib<<10)
			<-time.After(20 * time.Millisecond)
		}
	}()
	return peak
}
