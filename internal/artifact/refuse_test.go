package artifact

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/slipway/slipway/internal/artifact/treetest"
	"github.com/slipway/slipway/internal/deploy"
)

func TestRefusals(t *testing.T) {
	t.Parallel()
	good := archive(t, dir("app/"), file("app/a", strings.Repeat("text ", 3000)), file("app/b", "b"))
	long := strings.Repeat("n", 256)
	for _, test := range []struct {
		name  string
		data  []byte
		strip int
		want  string // in the message
		hint  string // in the hint
	}{
		{"no bytes", nil, 0, "it is empty (0 bytes)", "build"},
		{"no members", archive(t), 0, "empty: it has no members", "build"},
		{"no members, gzip", gzipped(t, archive(t)), 0, "empty: it has no members", "build"},
		{"nothing in gzip", gzipped(t, nil), 0, "nothing in it", "build"},
		{"only folders", archive(t, dir("a/"), dir("a/b/"), dir("c/")), 0, `nothing in it to deploy: it has only folders, links, and empty or hidden files ("a/", "a/b/", "c/")`, "build"},
		{"only empty and hidden files", archive(t, file("static/.gitkeep", "x"), file("empty", ""), symlink("l", "empty")), 0, `("empty", "l", "static/", "static/.gitkeep")`, "build"},
		{"only empty files once stripped", archive(t, file("index.html", "x"), file("dist/a/.keep", ""), file("dist/b", "")), 1, `("a/", "a/.keep", "b")`, "strip_components"},
		{"two archives, joined", append(slices.Clone(good), good...), 0, "other data after the end of the archive", "tar -A"},
		{"two gzips, joined", append(gzipped(t, good), gzipped(t, good)...), 0, "other data after the end of the archive", "build one"},
		{"text after gzip", append(gzipped(t, good), "<html>"...), 0, "other data after the end of the compressed stream", "zeros"},
		{"line breaks after gzip", append(gzipped(t, good), "\n\n\n"...), 0, "other data after the end of the compressed stream", "one line break"},
		{"endless", sparse(t, 1<<62), 0, `it unpacks to more than 20.0 GB: member "s" has 4611686 TB`, "max_size"},
		{"endless, dropped", sparse(t, 1<<62), 1, `it unpacks to more than 20.0 GB`, "max_size"},
		{"only the folder", archive(t, dir("./")), 0, "nothing in it", "build"},
		{"zip", []byte("PK\x03\x04rest"), 0, "zip archive", "download-artifact"},
		{"empty zip", []byte("PK\x05\x06rest"), 0, "empty zip", "uploaded nothing"},
		{"xz", []byte("\xfd7zXZ\x00rest"), 0, "compressed with xz", "zstd"},
		{"bzip2", []byte("BZh91AY"), 0, "compressed with bzip2", "zstd"},
		{"html", []byte("\n<!DOCTYPE html><html>"), 0, "HTML page", "curl --fail"},
		{"json", []byte(`{"message":"Not Found"}` + "\n\x1b[2J"), 0, `{\"message\":\"not found\"}"`, "answer"},
		{"lfs", []byte("version https://git-lfs.github.com/spec/v1\noid"), 0, "Git LFS pointer", "lfs: true"},
		{"text", []byte("hello\x1b[2J\n"), 0, `begins "hello\x1b[2J"`, "slipway pack"},
		{"gzip of a text", gzipped(t, []byte("hello")), 0, "no tar", "slipway pack"},
		{"gzip twice", gzipped(t, gzipped(t, good)), 0, "compressed twice", "slipway pack"},
		{"tar of no good sum", append([]byte("x"), good[1:]...), 0, "no tarball", "slipway pack"},

		{"cut in a member", good[:4*512], 0, `cut off, in or after member "app/a"`, "disk was full"},
		{"cut between members", archive(t, file("a", "a"))[:1024], 0, `end marker is missing after member "a"`, "disk was full"},
		{"cut between members, zeros at the end", archive(t, file("a", strings.Repeat("\x00", 2048)))[:512+2048], 0, `end marker is missing`, "disk was full"},
		{"cut in a header", archive(t, file("a", "a"), file("b", ""))[:1024+100], 0, `cut off, in or after member "a"`, "disk was full"},
		{"gzip cut", gzipped(t, good)[:60], 0, "cut off", "disk was full"},
		{"gzip without its sum", cutEnd(gzipped(t, good), 8), 0, "cut off", "disk was full"},
		{"gzip of a wrong sum", flip(gzipped(t, good), -6), 0, "damaged", "build it again"},
		{"zstd cut", cutEnd(zstded(t, good), 20), 0, "cut off", "disk was full"},
		{"zstd of a wrong sum", flip(zstded(t, good), -2), 0, "damaged", "build it again"},
		{"header damaged", flip(append([]byte(nil), good...), len(archive(t, dir("app/")))-1024+5), 0, `damaged: no valid header follows member "app/"`, "build it again"},
		{"data after tar", append(append([]byte(nil), good...), "garbage"...), 0, `other data after the end of the archive, after member "app/b"`, "joined"},
		{"two tars", append(append([]byte(nil), good...), good...), 0, "other data after the end of the archive", "joined"},
		{"data after gzip", append(gzipped(t, good), "garbage garbage"...), 0, "other data after the end of the compressed stream", "again"},
		{"data after zstd", append(zstded(t, good), "garbage garbage"...), 0, "other data after the end of the compressed stream", "again"},

		{"absolute name", archive(t, file("/etc/passwd", "x")), 0, `"/etc/passwd" has an absolute name`, "tar -C"},
		{"escaping name", archive(t, file("../x", "x")), 0, "\"../x\" has a `..`", "tar -C"},
		{"dots inside", archive(t, file("a/../b", "x")), 0, "\"a/../b\" has a `..`", "tar -C"},
		{"escaping and stripped", archive(t, file("../x", "x"), file("a/b", "b")), 1, "has a `..`", "tar -C"},
		{"line break in name", archive(t, file("a\nb", "x")), 0, `"a\nb" has a line break`, "rename"},
		{"carriage return in name", archive(t, file("a\r", "x")), 0, `"a\r" has a line break`, "rename"},
		{"NUL in name", nulName(t), 0, "no valid header", "again"},
		{"long part", archive(t, file("d/"+long, "x")), 0, "part of 256 bytes", "rename"},
		{"long path", archive(t, file(strings.Repeat("dir/", 900)+"f", "x")), 0, "name of 3601 bytes", "rename"},
		{"file as root", archive(t, symlink(".", "a")), 0, "the name of the release itself", "rename"},

		{"link to absolute", archive(t, symlink("a", "/etc/passwd")), 0, `link "a" points outside the release, to "/etc/passwd"`, "shared"},
		{"link up", archive(t, symlink("a/b", "../../c")), 0, `link "a/b" points outside the release`, "shared"},
		{"link up, stripped", archive(t, file("p/f", "x"), symlink("p/b", "../c")), 1, `link "b" points outside the release`, "shared"},
		{"link by way of a link", archive(t, file("a/b/f", ""), symlink("up", "a/b"), symlink("x", "up/../../.."), file("f", "")), 0, `link "x" points outside the release`, "shared"},
		{"link by way of a link that looks inside", archive(t, symlink("d/e/s", "../.."), symlink("t", "d/e/s/..")), 0, `link "t" points outside the release, to "d/e/s/..", by way of another link`, "shared"},
		{"link without target", archive(t, symlink("a", "")), 0, `link "a" has no target`, "rename"},
		{"line break in target", archive(t, symlink("a", "b\nc")), 0, "line break or NUL in its target", "rename"},
		{"arrow in link name", archive(t, symlink("a -> b", "c")), 0, "` -> ` in its name", "rename"},

		{"hard link to absolute", archive(t, hardlink("a", "/etc/passwd")), 0, `hard link "a" points outside`, ""},
		{"hard link up", archive(t, hardlink("a", "../x")), 0, `hard link "a" points outside`, ""},
		{"hard link to nothing", archive(t, hardlink("a", "b")), 0, `hard link "a" is to "b", which is no file`, "--hard-dereference"},
		{"hard link to a later file", archive(t, hardlink("a", "b"), file("b", "x")), 0, "no file that comes before it", ""},
		{"hard link to a link that leads out from there", archive(t, file("c", "x"), symlink("d/b", "../c"), hardlink("a", "d/b")), 0, `link "a" points outside the release, to "../c"`, "shared"},
		{"hard link to a folder", archive(t, dir("b"), hardlink("a", "b")), 0, "no file that comes before it", ""},
		{"hard link to itself", archive(t, file("a", "x"), hardlink("a", "a")), 0, `"a" is there twice`, ""},
		{"hard link to a dropped file", archive(t, file("x", "x"), hardlink("d/a", "x")), 1, "strip_components 1 drops", "strip_components"},

		{"character device", archive(t, special(tar.TypeChar, "dev/null")), 0, `"dev/null" is a device node`, "leave it out"},
		{"block device", archive(t, special(tar.TypeBlock, "sda")), 0, `"sda" is a device node`, "leave it out"},
		{"FIFO", archive(t, special(tar.TypeFifo, "pipe")), 0, `"pipe" is a FIFO`, "leave it out"},
		{"unknown kind", retyped(t, file("a", "x"), 'Z'), 0, `unknown kind "Z"`, "leave it out"},
		{"incremental", retyped(t, file("a", "x"), 'D'), 0, "incremental backup", "leave it out"},

		{"file twice", archive(t, file("a", "x"), file("./a", "x")), 0, `"a" is there twice`, "tar -r"},
		{"file and link", archive(t, file("a", "x"), symlink("a", "b")), 0, "as a file and as a symbolic link", "tar -r"},
		{"below a file", archive(t, file("a", "x"), file("a/b", "x")), 0, `"a" is a file, and a folder too`, ""},
		{"below a link", archive(t, dir("real"), symlink("a", "real"), file("a/b", "x")), 0, `"a" is a symbolic link, and a folder too`, ""},
		{"link after what is below it", archive(t, file("a/b", "x"), symlink("a", "c")), 0, `"a" is a symbolic link, and a folder too`, ""},
		{"twice once stripped", archive(t, file("a/x", "1"), file("b/x", "2")), 1, `"x" is there twice`, ""},
		{"everything stripped", archive(t, dir("a/"), file("a/x", "1")), 2, "strip_components 2 drops every member", "lower"},
		{"file named like a folder", retyped(t, file("a/", "content"), tar.TypeReg), 0, "name of a folder", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			path, temp := saved(t, test.data), t.TempDir()
			_, err := Open(t.Context(), path, Options{StripComponents: test.strip, TempDir: temp})
			var refusal *deploy.Error
			if !errors.As(err, &refusal) {
				t.Fatalf("got %v, want a *deploy.Error", err)
			}
			if cause := refusal.Cause.Error(); !strings.HasPrefix(cause, path+": ") || !strings.Contains(cause, test.want) {
				t.Errorf("cause %q, want the path and %q", cause, test.want)
			}
			if refusal.Hint == "" || !strings.Contains(refusal.Hint, test.hint) {
				t.Errorf("hint %q, want %q", refusal.Hint, test.hint)
			}
			if strings.ContainsAny(err.Error(), "\n\x1b") {
				t.Errorf("message has bytes that steer: %q", err)
			}
			if left, _ := os.ReadDir(temp); len(left) != 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

func TestRefusesWhatIsNoFile(t *testing.T) {
	t.Parallel()
	fifo, dangling := filepath.Join(t.TempDir(), "fifo"), filepath.Join(t.TempDir(), "dangling")
	treetest.Must(t, syscall.Mkfifo(fifo, 0o600)) // nobody ever writes to it
	treetest.Must(t, os.Symlink("nothing", dangling))
	socket, err := net.Listen("unix", filepath.Join(t.TempDir(), "socket"))
	treetest.Must(t, err)
	defer socket.Close()
	for path, want := range map[string]string{
		fifo:                                  "no regular file, but a FIFO",
		socket.Addr().String():                "no regular file, but a socket",
		dangling:                              "no such file",
		t.TempDir():                           "it is a folder",
		filepath.Join(t.TempDir(), "missing"): "no such file",
		os.DevNull:                            "no regular file, but a device",
	} {
		if _, err := Open(t.Context(), path, Options{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", path, err, want)
		}
	}
}

func TestTempDirThatIsMissing(t *testing.T) {
	t.Parallel()
	_, err := Open(t.Context(), saved(t, archive(t, file("a", "x"))), Options{TempDir: "/nonexistent"})
	if err == nil || !strings.Contains(err.Error(), "TMPDIR") {
		t.Errorf("got %v", err)
	}
}

func TestCancelled(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	temp := t.TempDir()
	data := archive(t, file("a", strings.Repeat("x", 4<<20)), file("b", "b"))
	from := func() (io.ReadCloser, int64, error) {
		return io.NopCloser(io.MultiReader(bytes.NewReader(data[:1<<20]), readerFunc(func([]byte) (int, error) { cancel(); return 0, nil }))), int64(len(data)), nil
	}
	_, err := read(ctx, from, Options{}, storeIn(temp))
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if left, _ := os.ReadDir(temp); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

func cutEnd(data []byte, n int) []byte { return data[:len(data)-n] }

// flip changes one byte; from the end when at is negative.
func flip(data []byte, at int) []byte {
	if at < 0 {
		at += len(data)
	}
	data[at] ^= 0x55
	return data
}

// retyped is an archive of one entry whose kind is one that archive/tar does not write.
func retyped(tb testing.TB, e entry, kind byte) []byte {
	tb.Helper()
	name := e.Name
	e.Name = strings.TrimSuffix(e.Name, "/")
	data := archive(tb, e)
	copy(data, name)
	data[156] = kind
	return summed(data)
}

// summed puts the right sum into the first header.
func summed(data []byte) []byte {
	copy(data[148:156], "        ")
	sum := 0
	for _, c := range data[:512] {
		sum += int(c)
	}
	for i, shift := 0, 15; i < 6; i, shift = i+1, shift-3 {
		data[148+i] = byte('0' + sum>>shift&7)
	}
	data[154] = 0
	return data
}

// sparse is an archive of one sparse file without data and a plain one; GNU's old format, where the size is binary.
func sparse(tb testing.TB, size uint64) []byte {
	tb.Helper()
	e := file("s", "")
	e.Format = tar.FormatGNU
	data := archive(tb, e, file("f", "x"))
	data[156] = tar.TypeGNUSparse
	data[483] = 0x80
	binary.BigEndian.PutUint64(data[487:], size)
	return summed(data)
}

// nulName is a PAX archive whose path record holds a NUL.
func nulName(tb testing.TB) []byte {
	tb.Helper()
	e := file("a", "x")
	e.Format = tar.FormatPAX
	e.PAXRecords = map[string]string{"comment": "aXb"}
	data := archive(tb, file("first", "x"), e)
	return []byte(strings.Replace(string(data), "15 comment=aXb\n", "15 path=abc\x00de\n", 1))
}
