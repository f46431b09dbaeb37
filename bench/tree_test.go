//go:build bench && linux

package bench

import (
	"bytes"
	"embed"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// tree is the files of a site by name.
type tree map[string][]byte

// treeSize is how large a tree is.
type treeSize struct {
	files, sheets int
	program       bool // with a program that is built
}

// full is 5,000 files that make a tarball of about 40 MB; small is for trying.
var (
	full  = treeSize{files: 5000, sheets: 200, program: true}
	small = treeSize{files: 200, sheets: 10}
)

// Nine of ten files are text, the tenth does not compress, as pictures and fonts do not. Sizes are spread exponentially.
const (
	textMean   = 12 << 10
	binaryMean = 28 << 10
)

//go:embed site/deploy
var steps embed.FS

// grow makes up a tree, the same one for the same seed.
func grow(t *testing.T, size treeSize, seed uint64) tree {
	t.Helper()
	files := tree{}
	scripts, err := fs.Glob(steps, "site/deploy/*.sh")
	if err != nil || len(scripts) == 0 {
		t.Fatalf("no scripts of the site: %v", err)
	}
	for _, name := range scripts {
		content, err := steps.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		files[strings.TrimPrefix(name, "site/")] = content
	}
	write := newWriter(seed)
	for i := len(files); i < size.files; i++ {
		switch {
		case i%10 == 0:
			files[fmt.Sprintf("images/%02d/picture%d.webp", i%40, i)] = write.binary()
		case i < size.sheets*10/9:
			files[fmt.Sprintf("assets/sheet%d.css", i)] = write.text()
		default:
			files[fmt.Sprintf("app/package%02d/module%d.py", i%90, i)] = write.text()
		}
	}
	return files
}

// edited is the tree with a line more in one file of a hundred.
func (f tree) edited() tree {
	files := maps.Clone(f)
	modules := slices.DeleteFunc(slices.Sorted(maps.Keys(files)), func(name string) bool { return !strings.HasSuffix(name, ".py") })
	random := rand.New(rand.NewPCG(1, 2))
	for _, i := range random.Perm(len(modules))[:max(1, len(files)/100)] {
		lines := bytes.SplitAfter(files[modules[i]], []byte("\n"))
		lines = slices.Insert(lines, random.IntN(len(lines)), []byte("    return self.answer  # as was asked for\n"))
		files[modules[i]] = bytes.Join(lines, nil)
	}
	return files
}

// with is the tree with one file as it is given.
func (f tree) with(name string, content []byte) tree {
	files := maps.Clone(f)
	files[name] = content
	return files
}

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
