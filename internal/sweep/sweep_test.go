//go:build linux

package sweep

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/needtest"
)

// lanes is how many worlds are swept side by side: a trial spends much of its time waiting.
const lanes = 10

// keepGoing has a sweep try everything, instead of stopping at the first violation.
const keepGoing = "SLIPWAY_SWEEP_KEEP_GOING"

// extent says how much of a sweep is tried. Unset, as in `go test ./...`: each kind of fault once, at operations that change
// from day to day. "round": every eighth trial (make sweep-round, CI). "all": all of them (make sweep-all). "every": every
// fault at every operation of every host.
const extent = "SLIPWAY_SWEEP"

// chosenToday gives those of all trials that this run is for.
func chosenToday(all []placed) []placed {
	day := time.Now().YearDay()
	switch os.Getenv(extent) {
	case "":
		if oneAlone() {
			return all
		}
		return oneOfEach(all, day)
	case "round":
		return every(all, 8, day)
	}
	return all
}

// TestSweep puts every fault at every operation of the runner and of web1 in a deployment over three hosts in this process. web2
// and web3 do what web1 does, so the faults take turns at their operations. With SLIPWAY_SWEEP=every all of them are put at each.
func TestSweep(t *testing.T) {
	t.Parallel()
	sweep(t, deploying, inThisProcess, func(i, j int, op counted) bool {
		return op.host() == "" || op.host() == "web1" || inTurn(i, j, op)
	})
}

// inThisProcess makes web1 a host with the tools of this machine, and the others hosts with BusyBox's.
func inThisProcess(t testing.TB, name, root, authorized string, see func(operation) error) (machine, error) {
	t.Helper()
	var tools []string
	if name != "web1" {
		tools = busyBox(t, filepath.Join(filepath.Dir(root), "busybox"))
	}
	return newInProcess(name, root, authorized, tools, see)
}

// choice reports whether the i-th fault is put at an operation, the j-th one.
type choice func(i, j int, op counted) bool

func inTurn(i, j int, _ counted) bool { return (i+j)%len(faults) == 0 }

// sweep tries the faults that are chosen at each operation that they are for.
func sweep(t *testing.T, m mission, how build, chosen choice) {
	t.Helper()
	all := os.Getenv(extent) == "every" || oneAlone()
	worlds := []*world{newWorldFor(t, m, how)}
	ops := count(t, worlds[0])
	if !mayMount() {
		t.Run(full, func(t *testing.T) { needtest.Skip(t, "no right to mount a tmpfs") })
	}
	var list []placed // an operation's faults stand together, so that those that have a lease waited for are spread over all lanes
	for j, op := range ops {
		for i, f := range slices.Concat(faults, m.faults) {
			if f.at(op.operation) && (all || chosen(i, j, op)) && (f.name != full || mayMount()) {
				list = append(list, place(f, op.moment))
			}
		}
	}
	total := len(list)
	list = chosenToday(list)
	if !oneAlone() {
		for range min(lanes, (len(list)+2)/3) - 1 { // a world takes as long to make as three trials
			worlds = append(worlds, newWorldFor(t, m, how))
		}
	}
	begun := time.Now()
	s := &score{}
	queue := enqueue(list)
	var wait sync.WaitGroup
	for _, w := range worlds {
		wait.Go(func() {
			for p := range queue {
				t.Run(p.fault.name+"/"+p.moment.String(), func(t *testing.T) { s.judge(t, &trial{world: w, rounds: [][]placed{{p}}}) })
			}
		})
	}
	wait.Wait()
	t.Logf("%d operations; tried %d of %d faults in %v: %d struck, %d needed a person's word", len(ops), s.tried.Load(), total,
		time.Since(begun).Round(time.Second), s.struck.Load(), s.decided.Load())
	if tried := s.tried.Load(); tried > 20 && s.struck.Load() < tried*8/10 {
		t.Errorf("only %d of %d faults struck: the operations are not what they were when they were counted", s.struck.Load(), tried)
	}
}

// every gives each n-th of a list, from a place that the day names.
func every(list []placed, n, day int) []placed {
	var kept []placed
	for i := day % n; i < len(list); i += n {
		kept = append(kept, list[i])
	}
	return kept
}

// oneOfEach gives one trial for each kind of fault, from a place that the day names.
func oneOfEach(list []placed, day int) []placed {
	of := map[string][]placed{}
	var names []string
	for _, p := range list {
		if of[p.fault.name] == nil {
			names = append(names, p.fault.name)
		}
		of[p.fault.name] = append(of[p.fault.name], p)
	}
	slices.Sort(names)
	var kept []placed
	for i, name := range names {
		kept = append(kept, of[name][(day*37+i*11)%len(of[name])])
	}
	return kept
}

// oneAlone reports whether a single trial is asked for: -run TestSweep/cut/web1-12.
func oneAlone() bool { return strings.Count(flag.Lookup("test.run").Value.String(), "/") >= 2 }

func enqueue(all []placed) <-chan placed {
	queue := make(chan placed, len(all))
	for _, p := range all {
		queue <- p
	}
	close(queue)
	return queue
}

// count deploys without a fault, and re-runs: what that does is what the faults are put at.
func count(t *testing.T, w *world) []counted {
	t.Helper()
	begun := time.Now()
	c := &trial{world: w, rounds: [][]placed{nil}}
	if err := c.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(c.wrong) > 0 && os.Getenv(keepGoing) == "" {
		t.Fatalf("without any fault: %s\n%s", strings.Join(c.wrong, "\n"), strings.Join(c.logs, "\n"))
	}
	if !strings.Contains(strings.Join(c.logs, "\n"), w.says) {
		t.Fatalf("without any fault nothing says %q:\n%s", w.says, strings.Join(c.logs, "\n"))
	}
	t.Logf("without faults, a deployment and its re-run take %v", time.Since(begun).Round(time.Millisecond))
	if oneAlone() {
		for _, op := range c.ops {
			t.Log(op)
		}
	}
	return c.ops
}

// score counts trials over all lanes.
type score struct {
	tried, struck atomic.Int64 // trials, and faults in them that found their moment
	decided       atomic.Int64 // trials that needed a person's word
	failed        atomic.Bool
	repeat        string // environment that a trial needs to be repeated
}

// judge runs a trial and fails the test where anything was violated.
func (s *score) judge(t *testing.T, trial *trial) {
	t.Helper()
	if s.failed.Load() && os.Getenv(keepGoing) == "" {
		return // a violation was found before
	}
	s.tried.Add(1)
	begun := time.Now()
	err := trial.run(t.Context())
	for _, p := range slices.Concat(trial.rounds...) {
		if p.struck.Load() {
			s.struck.Add(1)
		}
	}
	if trial.decided {
		s.decided.Add(1)
	}
	if err == nil && len(trial.wrong) == 0 {
		if oneAlone() {
			t.Log(strings.Join(trial.logs, "\n"))
		}
		return
	}
	s.failed.Store(true)
	var where []string
	for _, op := range trial.ops {
		for _, p := range slices.Concat(trial.rounds...) {
			if op.moment == p.moment {
				where = append(where, p.fault.name+" at "+op.String())
			}
		}
	}
	t.Errorf("VIOLATED after %s, %v:\n  %s\nharness: %v\nto repeat: %sgo test ./internal/sweep -count=1 -tags long -run '%s$'\n%s",
		strings.Join(where, ", "), time.Since(begun).Round(time.Millisecond), strings.Join(trial.wrong, "\n  "), err, s.repeat, t.Name(), strings.Join(trial.logs, "\n"))
}
