package inflate

import (
	"bufio"
	"bytes"
	"compress/flate"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"

	klauspost "github.com/klauspost/compress/flate"
)

// contents are what the ways to encode are made for.
func contents() map[string][]byte {
	random := rand.New(rand.NewPCG(1, 2))
	noise := make([]byte, 700_000)
	for i := range noise {
		noise[i] = byte(random.Uint32())
	}
	var text, runs bytes.Buffer
	for text.Len() < 1_000_000 {
		fmt.Fprintf(&text, "%x", random.Uint64N(1<<(1+random.Uint64N(60))))
		if from := text.Len() - random.IntN(60_000); from > 0 {
			text.Write(text.Bytes()[from:min(from+random.IntN(300), text.Len())])
		}
	}
	for runs.Len() < 600_000 {
		runs.WriteString(strings.Repeat("abcdefghijk"[:1+random.IntN(11)], random.IntN(100)))
	}
	skewed := make([]byte, 500_000) // some bytes far more often than others: codes of 15 bits
	for i := range skewed {
		skewed[i] = byte(min(random.ExpFloat64()*8, 255))
	}
	return map[string][]byte{
		"nothing": nil, "a byte": {7}, "zeros": make([]byte, 900_000), "noise": noise, "text": text.Bytes(), "runs": runs.Bytes(), "skewed": skewed,
		"text and noise": bytes.Join([][]byte{text.Bytes()[:300_000], noise[:200_000], text.Bytes()[300_000:]}, nil),
	}
}

func deflate(t testing.TB, content []byte, level int, standard bool) []byte {
	t.Helper()
	var to bytes.Buffer
	var w interface {
		io.WriteCloser
		Flush() error
	}
	var err error
	if w, err = flate.NewWriter(&to, level); !standard {
		w, err = klauspost.NewWriter(&to, level)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range [][]byte{content[:len(content)/3], content[len(content)/3:]} {
		if _, err := w.Write(part); err != nil {
			t.Fatal(err)
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return to.Bytes()
}

// TestRead: whatever was deflated comes back, and what lies behind a stream is left there, also where a second stream does.
func TestRead(t *testing.T) {
	for name, content := range contents() {
		for _, level := range []int{flate.HuffmanOnly, flate.NoCompression, 1, 6, 9} {
			for _, standard := range []bool{true, false} {
				t.Run(fmt.Sprintf("%s, level %d, the standard library's %v", name, level, standard), func(t *testing.T) {
					packed := deflate(t, content, level, standard)
					from := bufio.NewReaderSize(bytes.NewReader(bytes.Join([][]byte{packed, packed, []byte("behind")}, nil)), 4<<10)
					r := NewReader(from)
					for range 2 {
						if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, content) {
							t.Fatalf("%d bytes, %v; want the %d that were deflated", len(got), err, len(content))
						}
						r.Reset()
					}
					if rest, err := io.ReadAll(from); err != nil || string(rest) != "behind" {
						t.Errorf("%q, %v are left of the input", rest, err)
					}
				})
			}
		}
	}
}

// TestSmallReads: it does not matter in which pieces the input comes and the output goes.
func TestSmallReads(t *testing.T) {
	content := contents()["text and noise"]
	packed := deflate(t, content, 6, true)
	for name, from := range map[string]io.Reader{
		"bytes": iotest.OneByteReader(bytes.NewReader(packed)), "halves": iotest.HalfReader(bytes.NewReader(packed)), "end with data": iotest.DataErrReader(bytes.NewReader(packed)),
	} {
		t.Run(name, func(t *testing.T) {
			if got, err := io.ReadAll(iotest.OneByteReader(NewReader(bufio.NewReaderSize(from, 16)))); err != nil || !bytes.Equal(got, content) {
				t.Errorf("%d bytes, %v", len(got), err)
			}
		})
	}
}

// TestCut: a stream that ends too soon is none, wherever it was cut, and nothing is made up of what is missing. An error of the input is told
// as it is.
func TestCut(t *testing.T) {
	content := contents()["text and noise"][290_000:310_000]
	for _, level := range []int{0, 6, flate.HuffmanOnly} {
		packed := deflate(t, content, level, true)
		for n := range packed {
			if got, err := read(packed[:n]); !errors.Is(err, io.ErrUnexpectedEOF) || !bytes.HasPrefix(content, got) {
				t.Fatalf("level %d, %d of %d bytes: %d bytes, %v", level, n, len(packed), len(got), err)
			}
			if n%97 != 0 {
				continue
			}
			broken := errors.New("broken")
			from := io.MultiReader(bytes.NewReader(packed[:n]), iotest.ErrReader(broken))
			if _, err := io.ReadAll(NewReader(bufio.NewReader(from))); !errors.Is(err, broken) {
				t.Fatalf("level %d, broken after %d bytes: %v", level, n, err)
			}
		}
	}
}

func read(packed []byte) ([]byte, error) {
	return io.ReadAll(NewReader(bufio.NewReader(bytes.NewReader(packed))))
}

// FuzzRead holds that the standard library says the same of any input.
func FuzzRead(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{3, 0})
	for _, content := range contents() {
		for _, level := range []int{flate.HuffmanOnly, 0, 1, 9} {
			f.Add(deflate(f, content[:min(len(content), 3000)], level, true))
		}
	}
	f.Fuzz(func(t *testing.T, packed []byte) {
		same(t, packed)
	})
}

// TestDamaged is what FuzzRead holds, of streams with some bits changed.
func TestDamaged(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for name, content := range contents() {
		content = content[:min(len(content), 5000)]
		for _, level := range []int{flate.HuffmanOnly, 1, 9} {
			good := deflate(t, content, level, true)
			for range 300 {
				packed := bytes.Clone(good)
				for range 1 + random.IntN(3) {
					packed[random.IntN(min(len(packed), 200))] ^= 1 << random.IntN(8)
				}
				if same(t, packed); t.Failed() {
					t.Fatalf("%s, level %d", name, level)
				}
			}
		}
	}
}

func same(t *testing.T, packed []byte) {
	t.Helper()
	const most = 4 << 20
	from := bytes.NewReader(packed)
	want, expected := io.ReadAll(io.LimitReader(flate.NewReader(from), most))
	to := bufio.NewReader(bytes.NewReader(packed))
	got, err := io.ReadAll(io.LimitReader(NewReader(to), most))
	switch {
	case (err == nil) != (expected == nil):
		t.Errorf("%x: %d bytes, %v; the standard library has %d, %v", packed, len(got), err, len(want), expected)
	case err == nil && !bytes.Equal(got, want):
		t.Errorf("%x: other bytes than those of the standard library", packed)
	case err != nil && !errors.Is(err, ErrCorrupt) && !errors.Is(err, io.ErrUnexpectedEOF):
		t.Errorf("%x: %v", packed, err)
	}
	if left, _ := to.Peek(1); err == nil && len(got) < most && (from.Len() > 0) != (len(left) > 0) {
		t.Errorf("%x: %d bytes are left, the standard library leaves %d", packed, to.Buffered(), from.Len())
	}
}

// BenchmarkRead reads text as gzip writes it.
func BenchmarkRead(b *testing.B) {
	content := contents()["text"]
	packed := deflate(b, content, 6, true)
	for name, reader := range map[string]func(*bufio.Reader) io.Reader{
		"inflate":          func(from *bufio.Reader) io.Reader { return NewReader(from) },
		"klauspost":        func(from *bufio.Reader) io.Reader { return klauspost.NewReader(from) },
		"standard library": func(from *bufio.Reader) io.Reader { return flate.NewReader(from) },
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(content)))
			for b.Loop() {
				if _, err := io.Copy(io.Discard, struct{ io.Reader }{reader(bufio.NewReader(bytes.NewReader(packed)))}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
