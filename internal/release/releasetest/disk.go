package releasetest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// SmallDisk mounts a file system of a size (bytes) and a number of inodes on the host, and gives its folder. Only the
// superuser may mount: for others the test is skipped, SLIPWAY_TEST_NO_SKIP or not.
func (h *Host) SmallDisk(t testing.TB, size, inodes int) string {
	t.Helper()
	folder := filepath.Join(h.Home, "small")
	if err := os.Mkdir(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	limits := fmt.Sprintf("size=%d,nr_inodes=%d", size, inodes)
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", limits, "tmpfs", folder).CombinedOutput(); err != nil {
		t.Skipf("no right to mount a tmpfs: %v %s", err, out)
	}
	t.Cleanup(func() { _ = exec.Command("umount", "-l", folder).Run() })
	return folder
}
