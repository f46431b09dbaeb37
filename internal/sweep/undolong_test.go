//go:build linux && long

package sweep

import (
	"os"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestSweepUndo kills the runner of a deployment that fails its checks and takes its migration back, at each operation from the failure on. In every
// other trial the post step runs. The re-run finds mended what was broken.
func TestSweepUndo(t *testing.T) {
	t.Parallel()
	worlds := []*world{newWorldFor(t, undoing, inThisProcess)}
	kill, failed := faultNamed("kill"), false
	var list []placed
	for _, op := range countFailing(t, worlds[0]) {
		failed = failed || strings.HasPrefix(op.what, "activate   FAIL") // up to here it is what TestSweep deploys
		if failed && (op.host() == "" || op.host() == "web1") {
			list = append(list, place(kill, op.moment))
		}
	}
	total, day := len(list), time.Now().YearDay()
	switch os.Getenv(extent) {
	case "":
		if !oneAlone() {
			list = every(list, max(1, len(list)/6), day)
		}
	case "round":
		list = every(list, 8, day)
	}
	for range min(lanes, (len(list)+2)/3) - 1 {
		if !oneAlone() {
			worlds = append(worlds, newWorldFor(t, undoing, inThisProcess))
		}
	}
	s, queue := &score{}, enqueue(list)
	var wait sync.WaitGroup
	for i, w := range worlds {
		wait.Go(func() {
			for p := range queue {
				t.Run(p.fault.name+"/"+p.moment.String(), func(t *testing.T) {
					s.judge(t, &trial{world: w, post: (p.moment.n+i)%2 == 0, rounds: [][]placed{{p}}})
				})
			}
		})
	}
	wait.Wait()
	t.Logf("tried %d of %d kills: %d struck, %d needed a person's word", s.tried.Load(), total, s.struck.Load(), s.decided.Load())
	if s.decided.Load() > 0 {
		t.Error("a person was needed where only a runner was killed")
	}
}
