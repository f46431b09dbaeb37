package distribution

import (
	"bytes"
	"errors"
	"io"
	"os"
	"sync"
	"testing"
)

func tempSpool(t *testing.T) *spool {
	t.Helper()
	file, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	return newSpool(file)
}

func write(t *testing.T, s *spool, text string) {
	t.Helper()
	if _, err := s.Write([]byte(text)); err != nil {
		t.Error(err)
	}
}

// Many read at the same time what one writes, from the beginning, whenever they come.
func TestSpoolHasManyReaders(t *testing.T) {
	t.Parallel()
	s := tempSpool(t)
	var readers sync.WaitGroup
	texts := make([]string, 5)
	read := func(i int) {
		text, err := io.ReadAll(s.reader(func(int64, int64) {}))
		if err != nil {
			t.Error(err)
		}
		texts[i] = string(text)
	}
	for i := range 4 {
		readers.Go(func() { read(i) })
	}
	write(t, s, "one ")
	write(t, s, "two ")
	s.begun()
	write(t, s, "three")
	if err := s.End(nil); err != nil {
		t.Error(err)
	}
	readers.Wait()
	read(4) // one that comes late
	for i, text := range texts {
		if text != "one two three" {
			t.Errorf("reader %d read %q", i, text)
		}
	}
	if s.cut() || s.bytes() != 13 {
		t.Errorf("cut %v, %d bytes", s.cut(), s.bytes())
	}
}

// Progress is told once it is known how much there is.
func TestSpoolProgress(t *testing.T) {
	t.Parallel()
	s := tempSpool(t)
	write(t, s, "12345678")
	var done, total int64
	told := 0
	r := s.reader(func(d, n int64) { told, done, total = told+1, d, n })
	buffer := make([]byte, 4)
	if _, err := io.ReadFull(r, buffer); err != nil || told != 0 {
		t.Errorf("told %d times before the end was known: %v", told, err)
	}
	_ = s.End(nil)
	if _, err := io.ReadFull(r, buffer); err != nil || told != 1 || done != 8 || total != 8 {
		t.Errorf("told %d times: %d of %d, %v", told, done, total, err)
	}
}

// A spool that was cut gives what it has, and says that there is no more.
func TestSpoolThatIsCut(t *testing.T) {
	t.Parallel()
	s := tempSpool(t)
	write(t, s, "half")
	lost := errors.New("connection lost")
	if err := s.End(lost); !errors.Is(err, lost) {
		t.Errorf("the sender's error became %v", err)
	}
	text, err := io.ReadAll(s.reader(func(int64, int64) { t.Error("progress of what is cut") }))
	if string(text) != "half" || !errors.Is(err, errCut) || !s.cut() {
		t.Errorf("%q, %v", text, err)
	}
	none := tempSpool(t)
	_ = none.End(lost)
	none.begun() // the end is enough
	if none.bytes() != 0 || !none.cut() {
		t.Error("one that was cut at once")
	}
}

type fullDisk struct{ bytes.Reader }

func (*fullDisk) Write([]byte) (int, error) { return 0, errors.New("no space left on device") }
func (*fullDisk) Close() error              { return nil }

func TestSpoolOnAFullDisk(t *testing.T) {
	t.Parallel()
	_, err := newSpool(&fullDisk{}).Write([]byte("x"))
	if err == nil || err.Error() != "the runner's temporary folder (TMPDIR): no space left on device" {
		t.Error(err)
	}
}
