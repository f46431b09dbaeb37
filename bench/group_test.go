//go:build bench && linux

package bench

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"
	"time"
)

// group is control groups (cgroups(7)) that runner and hosts are in, and all that they start, but not the relay, which is this process. They
// count CPU time, also that of processes whose end nobody waits for, and may hold it to a share of the machine's. nil is none.
type group struct {
	folders []string // the first is of version 2, and counts; one of version 1 follows where that has the control of the CPU
}

const (
	controlGroups = "/sys/fs/cgroup"
	period        = 100_000 // microseconds, as container runtimes have it
)

// newGroup makes one that the test's end takes away: the hosts in it are to be started after it. It fails where this process may not.
func newGroup(t *testing.T, share float64) (made *group, err error) {
	t.Helper()
	defer func() {
		if err != nil {
			made, err = nil, fmt.Errorf("no control groups: %w", err)
		}
	}()
	unified := controlGroups
	if _, err := os.Stat(filepath.Join(unified, "cgroup.controllers")); err != nil {
		unified = filepath.Join(controlGroups, "unified")
	}
	g := &group{}
	t.Cleanup(func() { g.remove(t) })
	name := fmt.Sprintf("slipway-bench-%d-%.0f", os.Getpid(), 100*share)
	if err := g.add(filepath.Join(unified, name)); err != nil || share == 1 {
		return g, err
	}
	quota := strconv.Itoa(int(share * float64(runtime.NumCPU()) * period))
	limit := filepath.Join(g.folders[0], "cpu.max")
	if _, err := os.Stat(limit); err != nil {
		_ = os.WriteFile(filepath.Join(unified, "cgroup.subtree_control"), []byte("+cpu"), 0) // the next lines say whether it could
	}
	modern := os.WriteFile(limit, fmt.Append(nil, quota, " ", period), 0)
	if modern == nil {
		return g, nil
	}
	legacy := filepath.Join(controlGroups, "cpu", name)
	if err := g.add(legacy); err != nil {
		return nil, fmt.Errorf("the CPU cannot be held: %w, and %w", modern, err)
	}
	return g, errors.Join(
		os.WriteFile(filepath.Join(legacy, "cpu.cfs_period_us"), fmt.Append(nil, period), 0),
		os.WriteFile(filepath.Join(legacy, "cpu.cfs_quota_us"), []byte(quota), 0),
	)
}

func (g *group) add(folder string) error {
	err := os.Mkdir(folder, 0o755)
	if err == nil {
		g.folders = append(g.folders, folder)
	}
	return err
}

// enter puts a process into all control groups whose folders are given; 0 is this one.
func enter(folders []string, pid int) error {
	for _, folder := range folders {
		if err := os.WriteFile(filepath.Join(folder, "cgroup.procs"), []byte(strconv.Itoa(pid)), 0); err != nil {
			return err
		}
	}
	return nil
}

// used is the CPU time of all that was in the group.
func (g *group) used(t *testing.T) time.Duration {
	t.Helper()
	if g == nil {
		return 0
	}
	micros, err := strconv.ParseInt(valueOf(filepath.Join(g.folders[0], "cpu.stat"), "usage_usec "), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return time.Duration(micros) * time.Microsecond
}

// remove takes the groups away once all their processes are gone.
func (g *group) remove(t *testing.T) {
	t.Helper()
	for _, folder := range g.folders {
		err := os.Remove(folder)
		for range 100 {
			if err == nil {
				break
			}
			<-time.After(50 * time.Millisecond)
			err = os.Remove(folder)
		}
		if err != nil {
			t.Logf("a control group stays: %v", err)
		}
	}
}

// TestGroupHoldsTheCPU: with a quarter of the machine a loop takes less CPU time a second than that, and a little.
func TestGroupHoldsTheCPU(t *testing.T) {
	const share = 0.25
	g, err := newGroup(t, share)
	if err != nil {
		t.Log(err)
		return
	}
	cmd := exec.CommandContext(t.Context(), "timeout", "2", "sh", "-c", "for _ in 1 2 3 4; do (while :; do :; done) & done; wait")
	cmd.Env = os.Environ()
	_ = underReaper(t, cmd, g)
	begun, before := time.Now(), g.used(t)
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	took := time.Since(begun).Seconds() * float64(runtime.NumCPU())
	if got := (g.used(t) - before).Seconds() / took; got > share*1.2 || got == 0 {
		t.Errorf("it had %.0f %% of the CPUs, wanted at most %.0f", 100*got, 100*share)
	}
}
