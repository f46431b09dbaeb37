//go:build linux

package sweep

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
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
