//go:build long

package artifact

import (
	"bytes"
	"io"
	"sync"
	"testing"
)

// TestMemoryIsFlatWithText is TestMemoryIsFlat with files as compressible as source code, which takes longer to compress.
func TestMemoryIsFlatWithText(t *testing.T) {
	for _, encoding := range []string{Gzip, Zstd} {
		t.Run(encoding, func(t *testing.T) { staysFlat(t, encoding, 96<<20, 10<<10, pooledText) })
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
