package step_test

import (
	"os"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// killProcess kills a process of a test; an error says that it was not there.
func killProcess(pid string) error {
	number, err := strconv.Atoi(pid)
	if err != nil {
		return err
	}
	return syscall.Kill(number, syscall.SIGKILL)
}

// await waits for a file that is about to be there with something in it.
func await(t *testing.T, path string) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	patience := time.After(20 * time.Second)
	for {
		if info, err := os.Stat(path); err == nil && info.Size() > 0 {
			return
		}
		select {
		case <-tick.C:
		case <-patience:
			t.Errorf("%s is not there", path)
			return
		}
	}
}
