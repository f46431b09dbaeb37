//go:build bench && linux

package bench

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/slipway/slipway/bench/report"
	"github.com/slipway/slipway/internal/sshtest"
)

// patience is how long the hosts' processes may go on after a deployment.
const patience = time.Minute

// measure runs a command that deploys over a link, and says what it took on both sides of it, to the end of the last process.
func measure(t *testing.T, over *link, cmd *exec.Cmd) (cost report.Cost, err error) {
	t.Helper()
	result := underReaper(t, cmd, over.group)
	servers := over.servers()
	wire, hosts := over.traffic.Counts(), processesCPU(t, servers)
	whole := over.group.used(t)
	self, machine, begun := usage(syscall.RUSAGE_SELF), machineCPU(t), time.Now()
	if err := cmd.Start(); err != nil {
		return cost, err
	}
	memory := watchMemory(cmd.Process.Pid, servers)
	err = cmd.Wait()
	runner, failed := result()
	if err := errors.Join(err, failed); err != nil {
		_, _ = memory()
		return cost, err
	}
	orphans, err := awaitHosts(servers)
	took := time.Since(begun)
	cost.RunnerMemory, cost.HostsMemory = memory()
	cost.Others = (machineCPU(t) - machine - (usage(syscall.RUSAGE_SELF) - self)).Seconds()
	cost.Wall, cost.Runner = runner.Wall, runner.CPU
	cost.Hosts = processesCPU(t, servers) - hosts + orphans
	if cost.Whole = over.group.used(t) - whole; over.group == nil {
		cost.Whole = cost.Runner + cost.Hosts
	}
	sent := over.traffic.Counts().Less(wire)
	cost.Up, cost.Down, cost.Turns = sent.Up, sent.Down, sent.Connections+sent.Turns
	cost.Others = max(0, (cost.Others-cost.Whole.Seconds())/(took.Seconds()*float64(runtime.NumCPU())))
	return cost, err
}

// awaitHosts waits until nothing runs on the hosts any more but sshd, and gives the CPU time of what did not end below it.
func awaitHosts(servers []int) (orphans time.Duration, err error) {
	for deadline := time.Now().Add(patience); ; <-time.After(2 * time.Millisecond) {
		var running []int
		for _, server := range servers {
			running = append(running, childrenOf(server)...)
		}
		for _, child := range childrenOf(os.Getpid()) {
			if slices.Contains(servers, child) || isServer(child) {
				continue
			}
			var usage syscall.Rusage
			if pid, err := syscall.Wait4(child, nil, syscall.WNOHANG, &usage); err == nil && pid == child {
				orphans += used(usage)
				continue
			}
			if strings.HasPrefix(command(child), "sleep ") { // a time limit whose end nobody awaits any more: it costs nothing, and may take long
				_ = syscall.Kill(child, syscall.SIGTERM)
			}
			running = append(running, child)
		}
		if len(running) == 0 {
			return orphans, nil
		}
		if time.Now().After(deadline) {
			return orphans, fmt.Errorf("after %v these still run on the hosts: %s", patience, commands(running))
		}
	}
}

// endAll ends what a deployment that failed has left running, on the hosts and here.
func endAll(servers []int) {
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); <-time.After(20 * time.Millisecond) {
		tree := processes()
		var running []int
		for _, server := range servers {
			running = append(running, tree.descendants(server)...)
		}
		for _, child := range tree[os.Getpid()] {
			if !isServer(child) {
				_, _ = syscall.Wait4(child, nil, syscall.WNOHANG, nil)
				running = append(append(running, child), tree.descendants(child)...)
			}
		}
		if len(running) == 0 {
			return
		}
		for _, pid := range running {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	}
}

// commands are processes by number and command, zombies without.
func commands(pids []int) string {
	var all []string
	for _, pid := range pids {
		all = append(all, fmt.Sprintf("%d %q", pid, command(pid)))
	}
	return strings.Join(all, ", ")
}

func command(pid int) string {
	line, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	return string(bytes.ReplaceAll(line, []byte{0}, []byte{' '}))
}

// isServer tells the sshd of a host that this course leaves alone.
func isServer(pid int) bool { return strings.Contains(command(pid), "sshd_config") }

// usage is the CPU time of this process (RUSAGE_SELF), of this thread (RUSAGE_THREAD), or of all of its children that have ended (RUSAGE_CHILDREN), and theirs.
func usage(who int) time.Duration {
	var usage syscall.Rusage
	_ = syscall.Getrusage(who, &usage) // fails for another who, or another address, alone
	return used(usage)
}

func used(usage syscall.Rusage) time.Duration {
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// tick is the unit of CPU times in /proc.
const tick = 10 * time.Millisecond

// machineCPU is the time that all CPUs were busy, or another virtual machine had them: the line cpu of /proc/stat (proc(5))
// less idle and iowait.
func machineCPU(t *testing.T) time.Duration {
	t.Helper()
	stat, err := os.ReadFile("/proc/stat")
	if err != nil {
		t.Fatal(err)
	}
	line, _, _ := strings.Cut(string(stat), "\n")
	fields := strings.Fields(line)[1:9]
	return ticks(t, append(fields[:3:3], fields[5:]...))
}

// processesCPU is the CPU time of processes and of their children that have ended: fields 14 to 17 of their stat (proc(5)).
func processesCPU(t *testing.T, pids []int) time.Duration {
	t.Helper()
	var all time.Duration
	for _, pid := range pids {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil {
			t.Fatal(err)
		}
		fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:])) // from the third on
		all += ticks(t, fields[11:15])
	}
	return all
}

func ticks(t *testing.T, fields []string) time.Duration {
	t.Helper()
	var sum int64
	for _, field := range fields {
		n, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		sum += n
	}
	return time.Duration(sum) * tick
}

// TestMeasure: bytes, round trips and memory of both sides are counted, and the CPU time of what outlives its session.
func TestMeasure(t *testing.T) {
	adoptOrphans(t)
	together, missing := newGroup(t, 1)
	key, authorized := sshtest.ClientKey()
	hosts := startHosts(t, 1, authorized, together)
	over := openLinks(t, hosts, together)[0]
	config, _ := newPeer(t, key, false).sshConfig(t, over)
	const busy = "i=0; while [ $i -lt 300000 ]; do i=$((i + 1)); done"
	once := exec.CommandContext(t.Context(), "sh", "-c", busy)
	if err := once.Run(); err != nil {
		t.Fatal(err)
	}
	unit := once.ProcessState.UserTime() + once.ProcessState.SystemTime()
	// Once in the session, and four times after it.
	const after = "for _ in 1 2 3 4; do " + busy + "; done"
	remote := "head -c 1000000 /dev/zero; " + busy + "; setsid sh -c '" + after + "' </dev/null >/dev/null 2>&1 &"
	cmd := exec.CommandContext(t.Context(), "ssh", "-F", config, hosts[0].name, remote)
	cmd.Env = os.Environ()
	cost, err := measure(t, over, cmd)
	if err != nil {
		t.Fatal(err)
	}
	if cost.Down < 1_000_000 || cost.Down > 1_100_000 || cost.Up < 1000 || cost.Up > 100_000 || cost.Turns < 5 {
		t.Errorf("a megabyte was received, and counted are %d bytes, %d sent, %d round trips", cost.Down, cost.Up, cost.Turns)
	}
	if cost.Hosts < unit*5/2 || cost.Runner <= 0 || cost.Wall <= 0 {
		t.Errorf("five times %v on the host, and counted are %v there, %v here, in %v", unit, cost.Hosts, cost.Runner, cost.Wall)
	}
	if cost.RunnerMemory < 1<<20 || cost.HostsMemory < 1<<20 {
		t.Errorf("memory of the runner is %d bytes, of the host %d", cost.RunnerMemory, cost.HostsMemory)
	}
	if missing != nil {
		t.Log(missing)
	} else if sum := cost.Runner + cost.Hosts; cost.Whole < sum*95/100 || cost.Whole > sum*110/100+50*time.Millisecond {
		t.Errorf("the control group counted %v, and the processes of both sides together %v", cost.Whole, sum)
	}
}
