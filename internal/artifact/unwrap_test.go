package artifact

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/slipway/slipway/internal/artifact/pack"
	"github.com/slipway/slipway/internal/deploy"
)

// zipped is a zip of files, in order: name, content.
func zipped(t *testing.T, method uint16, files ...string) []byte {
	t.Helper()
	var buf bytes.Buffer
	w := zip.NewWriter(&buf)
	for i := 0; i < len(files); i += 2 {
		f, err := w.CreateHeader(&zip.FileHeader{Name: files[i], Method: method})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(f, files[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// tarballOf is a tarball of one file.
func tarballOf(t *testing.T, encoding string, content []byte) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "index.html"), content, 0o600); err != nil {
		t.Fatal(err)
	}
	return string(packed(t, dir, pack.Options{Encoding: encoding}))
}

func TestUnwrap(t *testing.T) {
	t.Parallel()
	tarball := tarballOf(t, Gzip, []byte("v1"))
	many := make([]string, 0, 2*(mostInZip+1))
	for i := range mostInZip + 1 {
		many = append(many, fmt.Sprintf("%d.html", i), "x")
	}
	crowd := make([]string, 0, 100_000)
	for i := range 50_000 {
		crowd = append(crowd, fmt.Sprintf("%0100d.html", i), "")
	}
	damaged := zipped(t, zip.Store, "site.tar.gz", tarball)
	damaged[len(damaged)/2] ^= 0xff
	bomb := zipped(t, zip.Deflate, "site.tar", tarballOf(t, "", make([]byte, 8<<20)))
	for name, test := range map[string]struct {
		file  []byte
		most  int64
		want  string // what the unwrapped file holds
		cause string
	}{
		"no zip":                     {file: []byte(tarball), want: tarball},
		"no zip, and no tarball":     {file: []byte("hello"), want: "hello"},
		"empty":                      {file: nil, want: ""},
		"one tarball":                {file: zipped(t, zip.Deflate, "dist/site.tar.gz", tarball), want: tarball},
		"of any name":                {file: zipped(t, zip.Store, "../../etc/passwd", tarball), want: tarball},
		"beside what is none":        {file: zipped(t, zip.Deflate, "site.tar.gz.sha256", "abc", "site.tar.gz", tarball, "folder/", ""), want: tarball},
		"two tarballs":               {file: zipped(t, zip.Deflate, "a.tar.gz", tarball, "b", tarball), cause: `more than one tarball in it: "a.tar.gz", "b"`},
		"no tarball":                 {file: zipped(t, zip.Deflate, "index.html", "<html>", "a.tar.gz", "no"), cause: `a zip without a tarball in it: it has "index.html", "a.tar.gz"`},
		"one file that is none":      {file: zipped(t, zip.Deflate, "site.tar.xz", "\xfd7zXZ\x00"), cause: `"site.tar.xz" in it: it is compressed with xz`},
		"a zip in the zip":           {file: zipped(t, zip.Deflate, "site.zip", string(zipped(t, zip.Deflate, "a", tarball))), cause: `"site.zip" in it: it is a zip archive`},
		"folders alone":              {file: zipped(t, zip.Store, "dist/", ""), cause: "a zip without a file in it"},
		"very many files":            {file: zipped(t, zip.Store, many...), cause: "a zip of more than 1000 files"},
		"so many that none is asked": {file: zipped(t, zip.Store, crowd...), cause: "a zip of very many files"},
		"cut off":                    {file: zipped(t, zip.Store, "site.tar.gz", tarball)[:200], cause: "it is a damaged zip"},
		"damaged":                    {file: damaged, cause: "checksum error"},
		"a bomb":                     {file: bomb, most: 1 << 20, cause: `"site.tar" in it has more than 1.05 MB`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "artifact")
			if err := os.WriteFile(path, test.file, 0o600); err != nil {
				t.Fatal(err)
			}
			if test.most == 0 {
				test.most = 1 << 30
			}
			inner, err := Unwrap(t.Context(), path, "artifact site", test.most)
			if test.cause != "" {
				var refusal *deploy.Error
				if !errors.As(err, &refusal) || !strings.Contains(refusal.Cause.Error(), test.cause) || !strings.HasPrefix(refusal.Cause.Error(), "artifact site: ") {
					t.Errorf("%v, wanted %q", err, test.cause)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got, err := os.ReadFile(inner); err != nil || string(got) != test.want {
				t.Errorf("%d bytes, %v", len(got), err)
			}
		})
	}
}

func TestUnwrapEndsWithItsContext(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "artifact")
	if err := os.WriteFile(path, zipped(t, zip.Deflate, "site.tar.gz", tarballOf(t, Gzip, []byte("v1"))), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Unwrap(ctx, path, "artifact", 1<<30); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
