//go:build linux

package sweep

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// undoing is a deployment whose migrate step asks for its undo, and which fails its checks on every host at first.
var undoing = mission{command: "deploy", run: "v2", from: "v1", to: "v2", migrates: true, undoes: true, file: func(w *world) string {
	migrate, check := "rollout: {", "  roles:\n"
	return strings.NewReplacer(migrate, `    on_failure: undo
    undo: |
      test -n "$TOKEN"
      echo "take $SLIPWAY_DEPLOYMENT" >> "$SLIPWAY_SHARED_PATH/run/witness"
      sleep 0.05
      echo "took $SLIPWAY_DEPLOYMENT" >> "$SLIPWAY_SHARED_PATH/run/witness"
`+migrate, check, fmt.Sprintf("    - {name: Mended, run: 'grep -q v1 version || test ! -e %q', within: 1s, interval: 200ms}\n", w.failing())+check).
		Replace(deployFile) + w.hostsOf(production)
}}

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

func faultNamed(name string) fault {
	for _, f := range faults {
		if f.name == name {
			return f
		}
	}
	return fault{}
}

// countFailing deploys what fails, with no fault beside: it is unwound and undone.
func countFailing(t *testing.T, w *world) []counted {
	t.Helper()
	c := &trial{world: w, rounds: [][]placed{nil}}
	if err := c.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	log := strings.Join(c.logs, "\n")
	if len(c.wrong) > 0 || !strings.Contains(c.logs[0], "exit 3") || strings.Join(c.acts(), " ") != "start done take took start done" {
		t.Fatalf("without any fault: %v, %q\n%s", c.wrong, c.acts(), log)
	}
	return c.ops
}

// acts are what the migrate step of v2 and its undo did on the primary, by their own account.
func (t *trial) acts() (words []string) {
	text, _ := os.ReadFile(filepath.Join(t.hosts[0].shared(), "witness"))
	saved, _ := os.ReadFile(filepath.Join(t.saved, t.hosts[0].name, "site", "shared", "run", "witness"))
	for line := range strings.Lines(string(text[min(len(text), len(saved)):])) {
		word, _, _ := strings.Cut(line, " ")
		words = append(words, word)
	}
	return words
}

// wholeActs is what they may have done by the end: each migration was taken back whole, once, before the next began, but for the last.
var wholeActs = regexp.MustCompile(`^(start done take took )*start done$`)

// checkUndone holds the undo to its promise: followed to its end, and never run twice.
func (t *trial) checkUndone() {
	if acts := strings.Join(t.acts(), " "); !wholeActs.MatchString(acts) {
		t.violation("migrated and undone: %s", acts)
	}
}
