package artifact

import (
	"io"
	"sync"
)

// ahead reads from a slower reader in a goroutine of its own and keeps some chunks ready. Reading the disk, decompressing
// and hashing so overlap, with a fixed amount of memory between them.
type ahead struct {
	full chan chunk
	free chan []byte
	stop chan struct{}
	once sync.Once
	done sync.WaitGroup
	now  chunk  // what Read takes from; its data shrinks
	buf  []byte // the whole buffer of now, to give back
}

type chunk struct {
	data []byte
	err  error // comes after the data
}

// aheadChunk and aheadCount are the memory of one ahead: 1 MiB. Larger ones were not faster.
const (
	aheadChunk = 256 << 10
	aheadCount = 4
)

func readAhead(r io.Reader) *ahead {
	a := &ahead{
		full: make(chan chunk, aheadCount),
		free: make(chan []byte, aheadCount),
		stop: make(chan struct{}),
	}
	for range aheadCount {
		a.free <- make([]byte, aheadChunk)
	}
	a.done.Go(func() { a.fill(r) })
	return a
}

func (a *ahead) fill(r io.Reader) {
	for {
		var buf []byte
		select {
		case buf = <-a.free:
		case <-a.stop:
			return
		}
		n, err := readUpTo(r, buf)
		a.full <- chunk{buf[:n], err} // never blocks: there are as many places as buffers
		if err != nil {
			return
		}
	}
}

// readUpTo fills buf as far as r gives, like io.ReadFull, but keeps r's own error.
func readUpTo(r io.Reader, buf []byte) (n int, err error) {
	for n < len(buf) && err == nil {
		var k int
		k, err = r.Read(buf[n:])
		n += k
	}
	return n, err
}

func (a *ahead) Read(p []byte) (int, error) {
	for len(a.now.data) == 0 {
		if a.now.err != nil {
			return 0, a.now.err
		}
		if a.buf != nil {
			a.free <- a.buf[:cap(a.buf)]
		}
		a.now = <-a.full
		a.buf = a.now.data
	}
	n := copy(p, a.now.data)
	a.now.data = a.now.data[n:]
	return n, nil
}

// Close ends the goroutine and waits for it. The reader below must not be closed before.
func (a *ahead) Close() {
	a.once.Do(func() { close(a.stop) })
	a.done.Wait()
}
