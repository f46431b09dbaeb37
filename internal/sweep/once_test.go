//go:build linux

package sweep

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/slipway/slipway/internal/deploy"
)

// try is one try of the migrate step, as a host's journal has it.
type try struct {
	folder string
	number int
	status string // "" when there is none: it runs, or nobody will ever know
	void   bool   // given up by a person, or undone
	never  bool   // kept from beginning
}

// tries are those of the migrate step in the deployment under test, on the primary, in order.
func (t *trial) tries() []try {
	primary := t.hosts[0]
	folders, _ := filepath.Glob(filepath.Join(primary.deployPath(), ".slipway", "deployments", "*", "steps", "migrate-*", "do-*"))
	var list []try
	for _, folder := range folders {
		below, _ := filepath.Rel(primary.root, folder)
		if _, err := os.Stat(filepath.Join(t.saved, primary.name, below)); err == nil {
			continue // of what was deployed before
		}
		number, _ := strconv.Atoi(strings.TrimPrefix(filepath.Base(folder), "do-"))
		status, _ := os.ReadFile(filepath.Join(folder, "status"))
		has := func(name string) bool { _, err := os.Stat(filepath.Join(folder, name)); return err == nil }
		_, linked := os.Readlink(filepath.Join(folder, "begun"))
		list = append(list, try{
			folder: folder, number: number, status: strings.TrimSpace(string(status)), void: has("void"), never: linked == nil,
		})
	}
	slices.SortFunc(list, func(a, b try) int { return a.number - b.number })
	return list
}

// ran counts how often the migrate step of v2 began, and how often it got to its end, by its own account.
func (t *trial) ran() (starts, ends int) {
	text, _ := os.ReadFile(filepath.Join(t.hosts[0].shared(), "witness"))
	saved, _ := os.ReadFile(filepath.Join(t.saved, t.hosts[0].name, "site", "shared", "run", "witness"))
	text = text[min(len(text), len(saved)):]
	return strings.Count(string(text), "start "), strings.Count(string(text), "done ")
}

// checkOnce is invariant 2: after a recorded success, or an outcome that nobody knows, no other try was made.
func (t *trial) checkOnce() {
	tries, begun := t.tries(), 0
	for i, try := range tries {
		if !try.never {
			begun++
		}
		if i == len(tries)-1 || try.void || try.never {
			continue
		}
		switch try.status {
		case "exit 0":
			t.violation("the migrate step ran again after its recorded success (%s)", filepath.Base(try.folder))
		case "":
			t.violation("the migrate step ran again, silently, after %s had ended unknown", filepath.Base(try.folder))
		}
	}
	starts, ends := t.ran()
	if starts > begun {
		t.violation("the migrate step ran %d times, and the journal knows of %d", starts, begun)
	}
	if starts > 0 && !t.migrates {
		t.violation("the migrate step ran, and a %s has none", t.command)
	}
	if ends == 0 && t.migrates {
		t.violation("the re-run was green, and the migrate step never got to its end")
	}
}

// undecided reports whether the last try of the migrate step ended and nobody knows how.
func (t *trial) undecided() bool {
	tries := t.tries()
	if len(tries) == 0 {
		return false
	}
	last := tries[len(tries)-1]
	return last.status == "" && !last.never
}

var resolveHint = regexp.MustCompile("slipway (resolve [^`]*)`")

// decide does what the log tells the person to do: resolve as done where the step got to its end, else to be run again.
func (t *trial) decide(ctx context.Context, attempt int) (int, error) {
	t.decided = true
	log := t.logs[len(t.logs)-1]
	hint := resolveHint.FindStringSubmatch(log)
	if hint == nil {
		return 0, errors.New("the re-run ended with exit 4 and names no `slipway resolve`")
	}
	args := strings.Fields(strings.ReplaceAll(hint[1], `"`, "")) // names of steps are single words here
	if _, ends := t.ran(); ends == 0 {
		for i := range args {
			args[i] = strings.ReplaceAll(args[i], "done", "rerun")
		}
	}
	if code, err := t.attempt(ctx, attempt, args...); err != nil || code != deploy.ExitDone {
		return 0, fmt.Errorf("slipway %s ended with exit %d, %w", strings.Join(args, " "), code, err)
	}
	return t.attempt(ctx, attempt+1, t.whole()...)
}

// killSteps kills the processes of steps: those that work in a release.
func (h *host) killSteps() {
	for _, p := range processes([]string{filepath.Join(h.deployPath(), "releases")}) {
		_ = syscall.Kill(p.pid, syscall.SIGKILL)
	}
}
