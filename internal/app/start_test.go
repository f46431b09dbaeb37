package app_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
	"time"
)

// Every start pays for what the packages do before main: they compile no expression and read nothing embedded. What
// libraries do is theirs.
func TestPackagesDoNothingBeforeMain(t *testing.T) {
	t.Parallel()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), program)
	cmd.Args = []string{"slipway", "version"} // as which this binary is the program: see TestMain
	cmd.Env = append(os.Environ(), "GODEBUG=inittrace=1")
	var trace bytes.Buffer
	cmd.Stderr = &trace
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	line := regexp.MustCompile(`(?m)^init (github\.com/slipway/slipway/\S+) @.*, (\d+) bytes, (\d+) allocs$`)
	seen := 0
	for _, found := range line.FindAllStringSubmatch(trace.String(), -1) {
		seen++
		bytes, _ := strconv.Atoi(found[2])
		allocations, _ := strconv.Atoi(found[3])
		if bytes > 8<<10 || allocations > 60 {
			t.Errorf("%s allocates %d times, %d bytes, before main: see lazyregexp, or sync.OnceValue", found[1], allocations, bytes)
		}
	}
	if seen < 20 {
		t.Errorf("%d packages in\n%s", seen, trace.String())
	}
}

// BenchmarkVersion is a start of the program, and how many of a program that does nothing take as long.
func BenchmarkVersion(b *testing.B) {
	dir := b.TempDir()
	build := func(name, source string) string {
		program := filepath.Join(dir, name)
		cmd := exec.CommandContext(b.Context(), "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", program, source)
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := cmd.CombinedOutput(); err != nil {
			b.Fatalf("%v\n%s", err, out)
		}
		return program
	}
	nothing := filepath.Join(dir, "nothing.go")
	if err := os.WriteFile(nothing, []byte("package main\n\nfunc main() {}\n"), 0o600); err != nil {
		b.Fatal(err)
	}
	empty, program := build("empty", nothing), build("slipway", "github.com/slipway/slipway")
	start := func(name string, args ...string) time.Duration {
		cmd := exec.CommandContext(b.Context(), name, args...)
		if err := cmd.Run(); err != nil {
			b.Fatal(err)
		}
		return cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	}
	var ours, theirs time.Duration
	for b.Loop() {
		ours += start(program, "version")
		theirs += start(empty)
	}
	b.ReportMetric(ours.Seconds()*1000/float64(b.N), "CPU-ms/start")
	b.ReportMetric(float64(ours)/float64(max(theirs, 1)), "x-empty")
}
