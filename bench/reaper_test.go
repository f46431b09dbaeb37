//go:build bench && linux

package bench

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// reaperFile is the variable that makes this program a reaper, and names the file of its report. A reaper runs a command and becomes the
// parent of all that the command leaves behind, such as ssh's masters of shared connections: the CPU time of a process is told to its
// parent alone.
const reaperFile = "SLIPWAY_BENCH_REAPER"

// reaperGroup is the variable with the folders of control groups that a reaper enters first, joined by colons.
const reaperGroup = "SLIPWAY_BENCH_REAPER_GROUP"

// reaped is what a reaper reports.
type reaped struct {
	Wall   time.Duration // until the command ended
	CPU    time.Duration // of the command and all of its descendants, those that it left behind too
	Status int           // of the command, as shells have it
}

// reap runs a command and ends what it leaves behind.
func reap(file string, args []string) int {
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	if err := enter(filepath.SplitList(os.Getenv(reaperGroup)), 0); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	program, err := exec.LookPath(args[0])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	begun := time.Now()
	process, err := os.StartProcess(program, args, &os.ProcAttr{
		Env: withoutReaper(os.Environ()), Files: []*os.File{os.Stdin, os.Stdout, os.Stderr},
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	var r reaped
	for {
		var status syscall.WaitStatus
		pid, err := syscall.Wait4(-1, &status, 0, nil)
		if errors.Is(err, syscall.EINTR) {
			continue
		}
		if err != nil { // there are no children any more
			break
		}
		if pid == process.Pid {
			r.Wall, r.Status = time.Since(begun), status.ExitStatus()
			if status.Signaled() {
				r.Status = 128 + int(status.Signal())
			}
		}
		if r.Wall > 0 {
			for _, child := range childrenOf(os.Getpid()) {
				_ = syscall.Kill(child, syscall.SIGTERM)
			}
		}
	}
	r.CPU = usage(syscall.RUSAGE_CHILDREN)
	text, err := json.Marshal(r)
	if err == nil {
		err = os.WriteFile(file, text, 0o600)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func withoutReaper(env []string) []string {
	var rest []string
	for _, pair := range env {
		if !strings.HasPrefix(pair, reaperFile) {
			rest = append(rest, pair)
		}
	}
	return rest
}

// underReaper makes a command one that a reaper runs, in a group where one is given; its report is read once it has ended.
func underReaper(t *testing.T, cmd *exec.Cmd, in *group) (report func() (reaped, error)) {
	t.Helper()
	self := fmt.Sprintf("/proc/%d/exe", os.Getpid()) // its path may be gone by now: somebody tidied up the folder of temporary files
	file := filepath.Join(t.TempDir(), "reaped")
	cmd.Args = append([]string{self}, cmd.Args...)
	cmd.Path = self
	cmd.Env = append(cmd.Env, reaperFile+"="+file)
	if in != nil {
		cmd.Env = append(cmd.Env, reaperGroup+"="+strings.Join(in.folders, string(filepath.ListSeparator)))
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) } // the command, too
	return func() (r reaped, err error) {
		text, err := os.ReadFile(file)
		if err == nil {
			err = json.Unmarshal(text, &r)
		}
		if err == nil && r.Status != 0 {
			err = fmt.Errorf("it ended with status %d", r.Status)
		}
		return r, err
	}
}

// adoptOrphans makes this process the parent of what the hosts' sessions leave behind: Slipway's shells end after sshd.
func adoptOrphans(t *testing.T) {
	t.Helper()
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		t.Fatal(err)
	}
}

// childrenOf lists the processes that have a parent.
func childrenOf(parent int) []int {
	files, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", parent))
	var children []int
	for _, file := range files {
		text, _ := os.ReadFile(file)
		for _, field := range strings.Fields(string(text)) {
			if pid, err := strconv.Atoi(field); err == nil {
				children = append(children, pid)
			}
		}
	}
	return children
}

// TestReaper: what a command leaves behind is counted, and ended.
func TestReaper(t *testing.T) {
	fifo := filepath.Join(t.TempDir(), "fifo")
	if err := unix.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	// The busy one becomes a sleep that nobody waits for: its parent ends before it.
	const busy = `(i=0; while [ $i -lt 300000 ]; do i=$((i + 1)); done; : >"$0"; exec sleep 600) & read -r line <"$0"; exit 3`
	cmd := exec.CommandContext(t.Context(), "sh", "-c", busy, fifo)
	cmd.Env = os.Environ()
	report := underReaper(t, cmd, nil)
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	r, err := report()
	if err == nil || r.Status != 3 {
		t.Errorf("a command that ended with 3 gave status %d, %v", r.Status, err)
	}
	if r.CPU < 30*time.Millisecond || r.Wall <= 0 {
		t.Errorf("300,000 rounds of a loop took %v of CPU time in %v", r.CPU, r.Wall)
	}
}
