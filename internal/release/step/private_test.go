package step_test

import (
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	"github.com/slipway/slipway/internal/release/releasetest"
)

// What a step printed may hold what is nobody else's business: all that is kept of it is its owner's alone, by mode.
func TestRecordsArePrivate(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		host.Site.Umask = "002"
		inst := instance(t, host, "i=0; while [ $i -lt 3000 ]; do echo a line of a log that is longer than what is kept of it; i=$((i + 1)); done")
		inst.Head, inst.Tail = 4<<10, 1<<20
		run(t, host, inst)
		files := 0
		err := filepath.WalkDir(filepath.Join(host.Site.Root, inst.Folder()), func(path string, entry fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			info, err := entry.Info()
			if err != nil {
				return err
			}
			files++
			if info.Mode().Perm()&0o077 != 0 {
				t.Errorf("%s has the mode %s", path, info.Mode())
			}
			return nil
		})
		if logs, _ := filepath.Glob(filepath.Join(host.Site.Root, inst.Folder(), "log.*")); err != nil || files < 5 || len(logs) == 0 {
			t.Errorf("%d files, logs %v, %v", files, logs, err)
		}
	})
}

// Who has lost the lock by the last moment starts no step, and leaves no try of it.
func TestStartIsFenced(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		inst := instance(t, host, "echo ran >>../count")
		host.Patch = func(script string) string { return "fence() { \"$@\"; exit 79; }\n" + script }
		if _, _, err := releasetest.RunStep(t.Context(), host, host.Site, inst, nil); err == nil {
			t.Error("it succeeds")
		}
		for _, pattern := range []string{"releases/count", strings.TrimPrefix(inst.Folder(), "/")} {
			if left, _ := filepath.Glob(strings.ReplaceAll(filepath.Join(host.Site.Root, pattern), "[", "?")); len(left) > 0 {
				t.Errorf("there is %v", left)
			}
		}
	})
}
