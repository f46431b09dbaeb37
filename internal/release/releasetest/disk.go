package releasetest

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/slipway/slipway/internal/needtest"
)

// SmallDisk mounts a file system of a size (bytes) and a number of inodes on the host, and gives its folder.
func (h *Host) SmallDisk(t testing.TB, size, inodes int) string {
	t.Helper()
	folder := filepath.Join(h.Home, "small")
	if err := os.Mkdir(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(needtest.Disk(t, folder, fmt.Sprintf("size=%d,nr_inodes=%d", size, inodes)))
	return folder
}
