//go:build linux && long

package sweep

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// The random sweep: how many trials, and what they are drawn from. `make sweep` sets them.
const (
	randomTrials = "SLIPWAY_SWEEP_RANDOM"
	randomSeed   = "SLIPWAY_SWEEP_SEED"
)

// TestRandomSweep puts several faults into one deployment, and some into its re-run too. A trial depends on the seed and its
// own number alone.
func TestRandomSweep(t *testing.T) {
	trials, err := strconv.Atoi(os.Getenv(randomTrials))
	if err != nil {
		trials = 100
	}
	seed, err := strconv.ParseUint(os.Getenv(randomSeed), 10, 64)
	if err != nil {
		seed = uint64(time.Now().UnixNano())
	}
	t.Logf("to repeat it: %s=%d %s=%d go test ./internal/sweep -count=1 -tags long -run TestRandomSweep", randomSeed, seed, randomTrials, trials)
	worlds := []*world{newWorld(t, inThisProcess)}
	ops := count(t, worlds[0])
	for strings.Count(t.Name(), "/") == 0 && len(worlds) < lanes && !oneAlone() {
		worlds = append(worlds, newWorld(t, inThisProcess))
	}
	s := &score{repeat: fmt.Sprintf("%s=%d %s=%d ", randomSeed, seed, randomTrials, trials)}
	queue := make(chan int, trials)
	for n := range trials {
		queue <- n + 1
	}
	close(queue)
	var wait sync.WaitGroup
	for _, w := range worlds {
		wait.Go(func() {
			for n := range queue {
				t.Run(strconv.Itoa(n), func(t *testing.T) { s.judge(t, draw(w, seed, n, ops)) })
			}
		})
	}
	wait.Wait()
	t.Logf("tried %d deployments with %d faults: %d needed a person's word", s.tried.Load(), s.struck.Load(), s.decided.Load())
}

// draw gives one trial: one to three faults in the first attempt, none to two in the second; half of them with a post step.
func draw(w *world, seed uint64, n int, ops []counted) *trial {
	source := rand.New(rand.NewPCG(seed, uint64(n)))
	t := &trial{world: w, post: source.IntN(2) == 0, rounds: [][]placed{pick(source, ops, 1+source.IntN(3))}}
	if more := source.IntN(3); more > 0 {
		t.rounds = append(t.rounds, pick(source, ops, more))
	}
	return t
}

func pick(source *rand.Rand, ops []counted, n int) []placed {
	var picked []placed
	faults := append(slices.Clone(faults), cancelled)
	for len(picked) < n {
		f, op := faults[source.IntN(len(faults))], ops[source.IntN(len(ops))]
		if f.at(op.operation) && (f.name != full || mayMount()) {
			picked = append(picked, place(f, op.moment))
		}
	}
	return picked
}
