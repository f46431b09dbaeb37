package distribution

import (
	"errors"
	"fmt"
	"io"
	"sync"
)

// TempFile is a temporary file: empty, written by one and read by many at the same time, and gone once it is closed.
type TempFile interface {
	io.Writer
	io.ReaderAt
	io.Closer
}

// spool holds a stream from one host for all that want it. Each reads at its own pace, and waits where it has read all that came. The
// stream lies in a file, not in memory. A host that is slow, late or away for a while holds up neither the sender nor the others.
type spool struct {
	file TempFile

	mu    sync.Mutex
	grown *sync.Cond
	size  int64 // bytes so far
	over  error // io.EOF: it is whole; else no more will come; nil: more may come
}

// errCut says that a spool will never be whole. It is not the fault of who reads it.
var errCut = errors.New("the host that sends it was lost")

func newSpool(file TempFile) *spool {
	s := &spool{file: file}
	s.grown = sync.NewCond(&s.mu)
	return s
}

func (s *spool) Write(p []byte) (int, error) {
	n, err := s.file.Write(p)
	if err != nil {
		err = fmt.Errorf("the runner's temporary folder (TMPDIR): %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.size += int64(n)
	s.grown.Broadcast()
	return n, err
}

// End says that nothing more comes: with nil that it is whole.
func (s *spool) End(err error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over = io.EOF; err != nil {
		s.over = errCut
	}
	s.grown.Broadcast()
	return err
}

// begun waits for the first byte, or for the end.
func (s *spool) begun() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.size == 0 && s.over == nil {
		s.grown.Wait()
	}
}

// bytes is how many there are so far.
func (s *spool) bytes() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.size
}

// cut reports whether it will never be whole.
func (s *spool) cut() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return errors.Is(s.over, errCut)
}

// reader reads it from the beginning. progress is called with the bytes read so far and, once it is known, how many there
// are.
func (s *spool) reader(progress func(done, total int64)) io.Reader {
	return &spoolReader{spool: s, progress: progress}
}

type spoolReader struct {
	spool    *spool
	done     int64
	progress func(done, total int64)
}

func (r *spoolReader) Read(p []byte) (int, error) {
	s := r.spool
	s.mu.Lock()
	for r.done == s.size && s.over == nil {
		s.grown.Wait()
	}
	size, over := s.size, s.over
	s.mu.Unlock()
	if r.done == size {
		return 0, over
	}
	n, err := s.file.ReadAt(p[:min(int64(len(p)), size-r.done)], r.done)
	r.done += int64(n)
	if errors.Is(over, io.EOF) {
		r.progress(r.done, size)
	}
	if n > 0 {
		err = nil
	}
	return n, err
}
