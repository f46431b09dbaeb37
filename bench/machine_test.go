//go:build bench && linux

package bench

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strings"

	"golang.org/x/sys/unix"
)

// machine is what runner, hosts and relay share.
func machine() string {
	var name unix.Utsname
	var memory unix.Sysinfo_t
	_ = unix.Uname(&name) // these fail for a bad address alone
	_ = unix.Sysinfo(&memory)
	return fmt.Sprintf("Runner, hosts and relay share one machine: %d CPUs (%s), %.0f GB of memory, %s, Linux %s; files in %s",
		runtime.NumCPU(), valueOf("/proc/cpuinfo", "model name\t:"), float64(memory.Totalram)*float64(memory.Unit)/1e9,
		strings.Trim(valueOf("/etc/os-release", "PRETTY_NAME="), `"`), unix.ByteSliceToString(name.Release[:]), os.TempDir())
}

// valueOf is what follows a key in a file, up to the line's end.
func valueOf(file, key string) string {
	text, _ := os.ReadFile(file)
	_, rest, _ := strings.Cut(string(text), key)
	line, _, _ := strings.Cut(rest, "\n")
	return strings.TrimSpace(line)
}

var versionNumber = regexp.MustCompile(`[0-9]+\.[0-9]+[0-9a-z.]*`)

// software is the contenders with their versions, and what the hosts run.
func software(contenders []contender) []string {
	seen := map[string]bool{}
	var all []string
	for _, c := range contenders {
		if seen[c.name()] {
			continue
		}
		seen[c.name()] = true
		command := c.version()
		out, _ := exec.Command(command[0], command[1:]...).CombinedOutput()
		all = append(all, strings.TrimSpace(c.name()+" "+versionNumber.FindString(string(out))))
	}
	return all
}
