//go:build bench && linux

package bench

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// siteSize is how large a site is.
type siteSize struct{ files, sheets int }

// full is 5,000 files that make a tarball of about 40 MB; small is for trying.
var (
	full  = siteSize{files: 5000, sheets: 200}
	small = siteSize{files: 200, sheets: 10}
)

//go:embed site/deploy
var steps embed.FS

// site is a tarball and what is in it.
type site struct {
	path   string
	bytes  int64 // of the tarball
	plain  int64 // of all files
	sums   map[string][sha256.Size]byte
	sheets []string // names in assets/
}

// Nine of ten files are text, the tenth does not compress, as pictures and fonts do not. Sizes are spread exponentially.
const (
	textMean   = 14 << 10
	binaryMean = 40 << 10
)

// build makes the tarball of a round; each round's is another, in every file, and the same whenever it is built.
func build(t testing.TB, size siteSize, round int) *site {
	t.Helper()
	path := filepath.Join(t.TempDir(), "site.tar.gz")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	compressed := gzip.NewWriter(file)
	s := &site{path: path, sums: map[string][sha256.Size]byte{}}
	archive := tar.NewWriter(compressed)
	add := func(name string, mode int64, content []byte) {
		s.sums[name] = sha256.Sum256(content)
		s.plain += int64(len(content))
		header := &tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: mode, Size: int64(len(content))}
		if err := archive.WriteHeader(header); err != nil {
			t.Fatal(err)
		}
		if _, err := archive.Write(content); err != nil {
			t.Fatal(err)
		}
	}
	scripts, err := fs.Glob(steps, "site/deploy/*.sh")
	if err != nil || len(scripts) == 0 {
		t.Fatalf("no scripts of the site: %v", err)
	}
	for _, name := range scripts {
		content, err := steps.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		add(strings.TrimPrefix(name, "site/"), 0o755, content)
	}
	write := newWriter(uint64(round))
	for i := len(scripts); i < size.files; i++ {
		switch {
		case len(s.sheets) < size.sheets:
			name := fmt.Sprintf("sheet%d.css", i)
			s.sheets = append(s.sheets, name)
			add("assets/"+name, 0o644, write.text())
		case i%10 == 0:
			add(fmt.Sprintf("images/%02d/picture%d.webp", i%40, i), 0o644, write.binary())
		default:
			add(fmt.Sprintf("app/package%02d/module%d.py", i%90, i), 0o644, write.text())
		}
	}
	var sums strings.Builder
	for _, name := range slices.Sorted(maps.Keys(s.sums)) {
		fmt.Fprintf(&sums, "%x  %s\n", s.sums[name], name)
	}
	add("SHA256SUMS", 0o644, []byte(sums.String())) // for those who verify with it
	for _, close := range []func() error{archive.Close, compressed.Close, file.Close} {
		if err := close(); err != nil {
			t.Fatal(err)
		}
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	s.bytes = info.Size()
	return s
}

func (s *site) remove() { _ = os.Remove(s.path) }

// writer makes up files.
type writer struct {
	random *rand.Rand
	source *rand.ChaCha8
	words  []string
	common *rand.Zipf
}

func newWriter(seed uint64) *writer {
	var key [32]byte
	copy(key[:], fmt.Sprint("site ", seed))
	source := rand.NewChaCha8(key)
	w := &writer{random: rand.New(source), source: source}
	for range 4000 {
		word := make([]byte, 2+w.random.IntN(9))
		for i := range word {
			word[i] = byte('a' + w.random.IntN(26))
		}
		w.words = append(w.words, string(word))
	}
	w.common = rand.NewZipf(w.random, 1.25, 8, uint64(len(w.words)-1))
	return w
}

func (w *writer) size(mean float64) int {
	return min(int(w.random.ExpFloat64()*mean), int(20*mean)) + 1
}

// text is lines of words, some far more common than others, and lines that were there before, as in a program. gzip makes
// a third of it.
func (w *writer) text() []byte {
	size := w.size(textMean)
	var b bytes.Buffer
	b.Grow(size + 200)
	var starts []int
	for b.Len() < size {
		if n := len(starts); n > 1 && w.random.IntN(10) < 2 {
			i := w.random.IntN(n - 1)
			b.Write(b.Bytes()[starts[i]:starts[i+1]])
			continue
		}
		starts = append(starts, b.Len())
		b.WriteString(strings.Repeat("    ", w.random.IntN(4)))
		for range 3 + w.random.IntN(9) {
			b.WriteString(w.words[w.common.Uint64()])
			b.WriteByte(" .(_)="[w.random.IntN(6)])
		}
		b.WriteByte('\n')
	}
	return b.Bytes()[:size]
}

// binary does not compress.
func (w *writer) binary() []byte {
	content := make([]byte, w.size(binaryMean))
	_, _ = w.source.Read(content)
	return content
}
