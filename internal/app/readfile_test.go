package app

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestReadNamed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	small, large, fifo := filepath.Join(dir, "small"), filepath.Join(dir, "large"), filepath.Join(dir, "fifo")
	if err := os.WriteFile(small, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(large, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(large, 1<<40); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	if text, err := readNamed(small); err != nil || string(text) != "{}" {
		t.Errorf("%q, %v", text, err)
	}
	for path, why := range map[string]string{large: "larger than 16 MiB", fifo: "no regular file", "/dev/zero": "no regular file", dir: "is a directory", dir + "/none": "no such file"} {
		if _, err := readNamed(path); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%s: %v, wanted %s", path, err, why)
		}
	}
}
