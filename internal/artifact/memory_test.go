package artifact

import (
	"archive/tar"
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/artifact/content"
	"github.com/slipway/slipway/internal/needtest"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// residentLimit is what a process may have in memory while it reads an artifact, at the most, in bytes.
const residentLimit = 64 << 20

// openOnly makes the test binary open the artifact that it names, make both payloads and a delta, print the most memory that it ever
// had, and exit: the memory of a process that does nothing else.
const openOnly = "SLIPWAY_TEST_OPEN_ONLY"

// patchToo makes it make a patch of all files instead, against so many bytes.
const patchToo = "SLIPWAY_TEST_PATCH_TOO"

func TestMain(m *testing.M) {
	if path := os.Getenv(openOnly); path != "" {
		report := openAndReport
		if old, err := strconv.Atoi(os.Getenv(patchToo)); err == nil {
			report = func(path string) error { return patchAndReport(path, old) }
		}
		if err := report(path); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

func openAndReport(path string) error {
	ctx := context.Background()
	start := time.Now()
	a, err := Open(ctx, path, Options{})
	if err != nil {
		return err
	}
	defer a.Close()
	opened := time.Since(start)
	peakOpen, err := peakResident()
	if err != nil {
		return err
	}
	var size int64
	for _, encoding := range []string{Zstd, Gzip} {
		payload, err := a.Payload(ctx, encoding)
		if err != nil {
			return err
		}
		if err := payload.Wait(ctx); err != nil {
			return err
		}
		if encoding == Zstd {
			size = payload.Size()
		}
	}
	all := content.NewReuse(a.Manifest(), a.Manifest(), func(string) bool { return true })
	if _, err := a.Delta(ctx, all, Zstd); err != nil { // all that a delta can be
		return err
	}
	peak, err := peakResident()
	fmt.Printf("%d %d %d %d %d\n", peak, peakOpen, opened.Milliseconds(), time.Since(start).Milliseconds(), size)
	return err
}

// patchAndReport makes the most thorough patch that there may be, against contents that have nothing in common with the new ones.
func patchAndReport(path string, size int) error {
	ctx := context.Background()
	a, err := Open(ctx, path, Options{})
	if err != nil {
		return err
	}
	defer a.Close()
	all := content.NewReuse(a.Manifest(), a.Manifest(), func(string) bool { return true })
	old := content.Old{Bytes: make([]byte, size)}
	_, _ = rand.NewChaCha8([32]byte{}).Read(old.Bytes) // never fails
	for m := range a.Manifest().Members() {
		if m.Kind == content.File {
			old.Next = append(old.Next, m.Path)
		}
	}
	if _, err := a.Patched(ctx, all, old, true); err != nil {
		return err
	}
	peak, err := peakResident()
	fmt.Println(peak)
	return err
}

// peakResident is VmHWM of proc(5): the most memory that the process had so far, in bytes.
func peakResident() (int64, error) {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(text), "VmHWM:")
	kib, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
	return kib << 10, err
}

// TestMemoryIsFlat opens artifacts in a process of their own. With SLIPWAY_BENCH=1 (make bench) they are of 1 GiB, else of
// 96 MiB, which a reader that keeps contents in memory cannot pass either. What repeats itself is compressed the fastest; the tests
// behind the tag long have a text that does not.
func TestMemoryIsFlat(t *testing.T) {
	total, words := int64(96<<20), repeatedText
	if os.Getenv("SLIPWAY_BENCH") != "" {
		total, words = 1<<30, randomText
	}
	for _, test := range []struct {
		name, encoding string
		fileSize       int64
		content        func(seed uint64) io.Reader
	}{
		{"one file, incompressible, tar", "", total, randomBytes},
		{"one file, incompressible, tar.gz", Gzip, total, randomBytes},
		{"many files of 10 KiB, text, tar.gz", Gzip, 10 << 10, words},
		{"many files of 10 KiB, text, tar.zst", Zstd, 10 << 10, words},
	} {
		t.Run(test.name, func(t *testing.T) { staysFlat(t, test.encoding, total, test.fileSize, test.content) })
	}
}

// staysFlat opens an artifact of so many bytes of content, and judges the most memory that it took.
func staysFlat(t *testing.T, encoding string, total, fileSize int64, content func(seed uint64) io.Reader) {
	t.Helper()
	needtest.Linux(t)
	needtest.NoRace(t)
	path := filepath.Join(t.TempDir(), "artifact")
	writeLarge(t, path, encoding, total, fileSize, content)
	command := exec.Command(os.Args[0])
	command.Env = append(os.Environ(), openOnly+"="+path)
	var stderr bytes.Buffer
	command.Stderr = &stderr
	out, err := command.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr.String())
	}
	var peak, peakOpen, opened, all, payload int64
	if _, err := fmt.Sscan(string(out), &peak, &peakOpen, &opened, &all, &payload); err != nil {
		t.Fatalf("%q: %v", out, err)
	}
	t.Logf("%d MiB: peak RSS %.1f MiB opening, %.1f MiB with gzip; opened in %d ms, gzip after %d ms; payload %d MiB",
		total>>20, float64(peakOpen)/(1<<20), float64(peak)/(1<<20), opened, all, payload>>20)
	if peak > residentLimit {
		t.Errorf("peak RSS is %d bytes, over %d", peak, residentLimit)
	}
}

// writeLarge writes a tarball of so many bytes of content, in files of one size, 64 to a folder.
func writeLarge(tb testing.TB, path, encoding string, total, fileSize int64, content func(seed uint64) io.Reader) {
	tb.Helper()
	file, err := os.Create(path)
	if err != nil {
		tb.Fatal(err)
	}
	defer file.Close()
	buffered := bufio.NewWriterSize(file, 1<<20)
	var out io.WriteCloser
	switch encoding {
	case Gzip:
		out, err = gzip.NewWriterLevel(buffered, gzip.BestSpeed)
	case Zstd:
		out, err = zstd.NewWriter(buffered, zstd.WithEncoderLevel(zstd.SpeedFastest))
	default:
		out = flushing{buffered}
	}
	if err != nil {
		tb.Fatal(err)
	}
	w := tar.NewWriter(out)
	for i := int64(0); i*fileSize < total; i++ {
		name := fmt.Sprintf("node_modules/package-%05d/dist/lib/module-%07d.js", i/64, i)
		if err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: 0o644, Size: fileSize}); err != nil {
			tb.Fatal(err)
		}
		if _, err := io.CopyN(w, content(uint64(i)), fileSize); err != nil {
			tb.Fatal(err)
		}
	}
	for _, close := range []func() error{w.Close, out.Close, buffered.Flush, file.Close} {
		if err := close(); err != nil {
			tb.Fatal(err)
		}
	}
}

func randomBytes(seed uint64) io.Reader {
	var key [32]byte
	binary.LittleEndian.PutUint64(key[:], seed)
	return rand.NewChaCha8(key)
}

// randomText is about as compressible as source code: words of a small vocabulary.
func randomText(seed uint64) io.Reader { return &text{rng: rand.New(rand.NewPCG(seed, 1))} }

// repeatedText is one page of text over and over.
func repeatedText(seed uint64) io.Reader { return &repeated{rest: page()[seed%1000:]} }

var page = sync.OnceValue(func() []byte {
	page := make([]byte, 8<<10)
	_, _ = io.ReadFull(randomText(1), page)
	return page
})

type repeated struct{ rest []byte }

func (r *repeated) Read(p []byte) (int, error) {
	if len(r.rest) == 0 {
		r.rest = page()
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

type text struct {
	rng  *rand.Rand
	rest []byte
}

func (t *text) Read(p []byte) (int, error) {
	for len(t.rest) < 512 {
		word := t.rng.Uint64N(4096)
		t.rest = fmt.Appendf(t.rest, "%x", word*word*0x9e3779b9&(1<<(8+word%48)-1))
		t.rest = append(t.rest, " .;(\n"[t.rng.IntN(5)])
	}
	n := copy(p, t.rest)
	t.rest = t.rest[n:]
	return n, nil
}

// BenchmarkOpen opens an artifact like that of a Django site: 40 MiB in 5,000 files.
func BenchmarkOpen(b *testing.B) {
	for _, encoding := range []string{"", Gzip, Zstd} {
		b.Run("tar."+encoding, func(b *testing.B) {
			path := filepath.Join(b.TempDir(), "artifact")
			const total = 40 << 20
			writeLarge(b, path, encoding, total, total/5000, randomText)
			b.SetBytes(total)
			for b.Loop() {
				a, err := Open(b.Context(), path, Options{TempDir: b.TempDir()})
				if err != nil {
					b.Fatal(err)
				}
				a.Close()
			}
		})
	}
}

// BenchmarkPayload compresses the payload.
func BenchmarkPayload(b *testing.B) {
	path := filepath.Join(b.TempDir(), "artifact")
	const total = 40 << 20
	writeLarge(b, path, Gzip, total, total/5000, randomText)
	for _, encoding := range []string{Zstd, Gzip} {
		b.Run(encoding, func(b *testing.B) {
			b.SetBytes(total)
			for b.Loop() {
				a, err := Open(b.Context(), path, Options{TempDir: b.TempDir()})
				if err != nil {
					b.Fatal(err)
				}
				made, err := a.Payload(b.Context(), encoding)
				if err == nil {
					err = made.Wait(b.Context())
				}
				if err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(float64(made.Size())/(1<<20), "MiB")
				a.Close()
			}
		})
	}
}
