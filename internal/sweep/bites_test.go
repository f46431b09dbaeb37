//go:build linux && long && !race

package sweep

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/slipway/slipway/internal/needtest"
)

// sabotage is what a broken Slipway could do, done by the test: each must be found.
var sabotage = []struct {
	name  string
	at    string // what the operation is about, on web1 or the runner
	do    func(t *trial, h *host) error
	found string // in the violation
}{
	{"a release loses a file when it is live", "current", func(_ *trial, h *host) error {
		return os.Remove(filepath.Join(h.deployPath(), "current", "one"))
	}, "half a release"},
	{"a file of the live release is another version's", "current", func(_ *trial, h *host) error {
		return os.WriteFile(filepath.Join(h.deployPath(), "current", "asset"), []byte("v1"), 0o600)
	}, "whose asset is not that of"},
	{"current is away for a moment", "current", func(_ *trial, h *host) error {
		link := filepath.Join(h.deployPath(), "current")
		target, err := os.Readlink(link)
		if err != nil {
			return err
		}
		if err := os.Remove(link); err != nil {
			return err
		}
		return os.Symlink(target, link)
	}, "current was removed"},
	{"a release that is not staged goes live", "current", func(_ *trial, h *host) error {
		marks, err := filepath.Glob(filepath.Join(h.deployPath(), ".slipway", "releases", "*", "staged"))
		for _, mark := range marks {
			_ = os.Remove(mark)
		}
		return err
	}, "not complete"},
	{"the migrate step runs again after its success", "finish", func(t *trial, _ *host) error {
		done := t.tries()[0].folder
		return copyTree(done, filepath.Join(filepath.Dir(done), "do-99"))
	}, "after its recorded success"},
	{"the migrate step runs again after an unknown end", "finish", func(t *trial, _ *host) error {
		done := t.tries()[0].folder
		if err := copyTree(done, filepath.Join(filepath.Dir(done), "do-99")); err != nil {
			return err
		}
		return os.Remove(filepath.Join(done, "status"))
	}, "silently"},
	{"the migrate step runs twice in one try", "finish", func(t *trial, h *host) error {
		file, err := os.OpenFile(filepath.Join(h.shared(), "witness"), os.O_APPEND|os.O_WRONLY, 0o600)
		if err != nil {
			return err
		}
		defer file.Close()
		_, err = fmt.Fprintln(file, "start again")
		return err
	}, "ran 2 times"},
	{"the disk stays full, without what is kept in reserve", "witness", func(_ *trial, h *host) error {
		_ = os.Remove(filepath.Join(h.deployPath(), ".slipway", "reserve"))
		return h.fill()
	}, "the re-run ended with exit"},
	{"a switch is told that was not made", "ACTIVATED", func(t *trial, h *host) error {
		link := filepath.Join(h.deployPath(), "current")
		_ = os.Remove(link)
		return os.Symlink(releaseOf(filepath.Join(t.saved, h.name, "site", "current")), link)
	}, "ended with exit 0, and current names v1"},
	{"a secret is told", "ACTIVATED", func(t *trial, _ *host) error {
		r := t.runner()
		r.mu.Lock()
		defer r.mu.Unlock()
		r.log.WriteString(token)
		return nil
	}, "a secret is in the log"},
}

// TestSweepBites proves that the sweep can fail. Without the race detector, which stretches or misses the moments it looks for.
func TestSweepBites(t *testing.T) {
	t.Parallel()
	if !mayMount() {
		needtest.Skip(t, "no right to mount a tmpfs")
	}
	w := newWorld(t, inThisProcess)
	for _, s := range sabotage {
		t.Run(s.name, func(t *testing.T) {
			f := fault{name: "sabotage", repair: nothing, strike: func(t *trial, _ operation) error { return s.do(t, t.hosts[0]) }}
			at := place(f, moment{})
			at.about = s.at
			trial := &trial{world: w, rounds: [][]placed{{at}}}
			if err := trial.run(t.Context()); err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(strings.Join(trial.wrong, "\n"), s.found) {
				t.Errorf("nothing said %q, but:\n%s\n%s", s.found, strings.Join(trial.wrong, "\n"), strings.Join(trial.logs, "\n"))
			}
		})
	}
}

// TestSweepBitesOfAHost has a host whose mv is no rename: current is away for a moment.
func TestSweepBitesOfAHost(t *testing.T) {
	t.Parallel()
	bin := t.TempDir()
	mv := "#!/bin/sh\nfor last; do :; done\n[ \"$last\" != ./ ] || { rm -f current; }\nexec /bin/mv \"$@\"\n"
	must(t, os.WriteFile(filepath.Join(bin, "mv"), []byte(mv), 0o755))
	w := newWorld(t, func(_ testing.TB, name, root, authorized string, see func(operation) error) (machine, error) {
		return newInProcess(name, root, authorized, []string{"PATH=" + bin + ":" + os.Getenv("PATH")}, see)
	})
	trial := &trial{world: w, rounds: [][]placed{nil}}
	must(t, trial.run(t.Context()))
	if !strings.Contains(strings.Join(trial.wrong, "\n"), "current was removed") {
		t.Errorf("nobody saw that current was away:\n%s\n%s", strings.Join(trial.wrong, "\n"), strings.Join(trial.logs, "\n"))
	}
}

func releaseOf(link string) string {
	target, _ := os.Readlink(link)
	return target
}
