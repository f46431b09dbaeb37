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

	"github.com/slipway/slipway/internal/artifact/content"
	"github.com/slipway/slipway/internal/needtest"
)

// TestMemoryIsFlatWithText is TestMemoryIsFlat with files as compressible as source code, which takes longer to compress.
func TestMemoryIsFlatWithText(t *testing.T) {
	for _, encoding := range []string{Gzip, Zstd} {
		t.Run(encoding, func(t *testing.T) { staysFlat(t, encoding, 96<<20, 10<<10, pooledText) })
	}
}

// A patch takes what the bound on its contents counts with, the largest and one beside 200 connections.
func TestMemoryOfAPatch(t *testing.T) {
	needtest.Linux(t)
	needtest.NoRace(t)
	for _, connections := range []int{0, 200} {
		contents := content.Patchable(connections)
		path := filepath.Join(t.TempDir(), "artifact")
		writeLarge(t, path, "", contents/2, contents/2, randomBytes)
		command := exec.Command(os.Args[0])
		command.Env = append(os.Environ(), openOnly+"="+path, patchToo+"="+strconv.FormatInt(contents/2, 10))
		out, err := command.Output()
		if err != nil {
			t.Fatal(err)
		}
		const own = 32 << 20
		peak, err := strconv.ParseInt(strings.TrimSpace(string(out)), 10, 64)
		if limit := own + content.PatchMemory(contents); err != nil || peak > limit {
			t.Errorf("%d MiB: peak RSS is %q bytes, over %d: %v", contents>>20, out, limit, err)
		}
		t.Logf("%d MiB: peak RSS is %d MiB", contents>>20, peak>>20)
	}
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
