package artifact

import (
	"archive/tar"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/slipway/slipway/internal/needtest"
)

// What tar unpacks as the manifest has it is told from what it does not.
func TestArchive(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("n", 150)
	for name, c := range map[string]struct {
		entries []entry
		strip   int
		odd     string // "": tar does it
		drops   int
	}{
		"plain":             {entries: []entry{dir("a/"), file("a/b", "x"), symlink("a/c", "b"), fileModed("d", 0o444), file("e/"+long, "x")}},
		"dotted":            {entries: []entry{dir("./"), dir("./a/"), file("./a/b", "x")}},
		"stripped":          {entries: []entry{file("readme", "x"), file("a/b", "x")}, strip: 1, drops: 1},
		"dotted, stripped":  {entries: []entry{dir("./"), file("./a/b", "x")}, strip: 1, drops: 2},
		"a commit":          {entries: []entry{{Header: tar.Header{Typeflag: tar.TypeXGlobalHeader, PAXRecords: map[string]string{"comment": "1a2b3c4"}}}, file("a", "x")}},
		"a hard link":       {entries: []entry{file("a", "x"), hardlink("b", "a")}, odd: `member "b" is a hard link`},
		"now and then dots": {entries: []entry{file("a", "x"), file("./b", "x")}, odd: `member "./b" is not named like the others`},
		"two slashes":       {entries: []entry{file("a//b", "x")}, odd: `member "a//b" is not named like the others`},
		"setuid":            {entries: []entry{fileModed("a", 0o4755)}, odd: `member "a" is setuid, setgid or sticky`},
		"a closed folder":   {entries: []entry{dirModed("a/", 0o555), file("a/b", "x")}, odd: `member "a/" is a folder in which its owner may not do everything`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for want, data := range map[string][]byte{"none": archive(t, c.entries...), Gzip: gzipped(t, archive(t, c.entries...)), Zstd: zstded(t, archive(t, c.entries...))} {
				encoding, drops, err := open(t, saved(t, data), c.strip).Archive(c.strip)
				if (err == nil) != (c.odd == "") || err != nil && err.Error() != c.odd {
					t.Errorf("got %v, wanted %q", err, c.odd)
				}
				if encoding != want || err == nil && drops != c.drops {
					t.Errorf("got %s, %d folders, wanted %s, %d", encoding, drops, want, c.drops)
				}
			}
		})
	}
}

// Sparse files are not what every tar can unpack, in either format that GNU's writes them in.
func TestArchiveSparse(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	sparse, err := os.Create(filepath.Join(dir, "sparse"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := sparse.WriteAt([]byte("x"), 1<<20); err != nil {
		t.Fatal(err)
	}
	_ = sparse.Close()
	for _, format := range []string{"gnu", "posix"} {
		file := filepath.Join(dir, format+".tar")
		if out, err := exec.Command(needtest.Program(t, "tar"), "--format="+format, "-S", "-C", dir, "-cf", file, "sparse").CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		if _, _, err := open(t, file, 0).Archive(0); err == nil || !strings.Contains(err.Error(), "sparse") {
			t.Errorf("%s: %v", format, err)
		}
	}
}

// A listing is the manifest alone, made once.
func TestListing(t *testing.T) {
	t.Parallel()
	a := open(t, saved(t, archive(t, file("a", strings.Repeat("noise", 1000)))), 0)
	for _, encoding := range []string{Zstd, Gzip} {
		first, err := a.Listing(t.Context(), encoding)
		if err != nil {
			t.Fatal(err)
		}
		again, err := a.Listing(t.Context(), encoding)
		if err != nil || again != first {
			t.Errorf("made again: %v", err)
		}
		in, _ := first.Open()
		program := exec.Command(needtest.Program(t, "tar"), "--"+encoding, "-tf", "-")
		program.Stdin = in
		if out, err := program.Output(); err != nil || string(out) != "manifest/sha256\nmanifest/entries\nmanifest/content\n" {
			t.Errorf("%s: %v, %s", encoding, err, out)
		}
	}
}
