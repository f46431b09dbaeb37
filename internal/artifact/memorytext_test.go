//go:build long

package artifact

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"slipway/internal/artifact/content"
	"slipway/internal/needtest"
)

// TestMemoryIsFlatWithText is TestMemoryIsFlat with files as compressible as source code, which takes longer to compress.
func TestMemoryIsFlatWithText(t *testing.T) {
	for _, encoding := range []string{Gzip, Zstd} {
		t.Run(encoding, func(t *testing.T) { staysFlat(t, encoding, 96<<20, 10<<10, pooledText) })
	}
}

// A patch of as many bytes as there may be takes no more than a runner has for it.
func TestMemoryOfAPatch(t *testing.T) {
	needtest.Linux(t)
	needtest.NoRace(t)
	path := filepath.Join(t.TempDir(), "artifact")
	writeLarge(t, path, "", content.MaxPatched/2, content.MaxPatched/2, randomBytes)
	command := exec.Command(os.Args[0])
	command.Env = append(os.Environ(), openOnly+"="+path, patchToo+"=yes")
	out, err := command.Output()
	if err != nil {
		t.Fatal(err)
	}
	peak, err := strconv.ParseInt(strings.TrimSpace(string(out)), 10, 64)
	const limit = 256 << 20
	if err != nil || peak > limit {
		t.Errorf("peak RSS is %q bytes: %v", out, err)
	}
	t.Logf("peak RSS is %d MiB", peak>>20)
}

// pooledText is cut out of one text, which costs less than to make another for each file.
func pooledText(seed uint64) io.Reader {
	pool := textPool()
	at := seed * 0x9e3779b97f4a7c15 % uint64(len(pool)/2)
	return bytes.NewReader(pool[at:])
}

var textPool = sync.OnceValue(func() []byte {
	pool := make([]byte, 8<<20)
	_, _ = io.ReadFull(randomText(1), pool)
	return pool
})
