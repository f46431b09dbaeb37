package recipetest

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

// Wheel is what a wheel (PEP 427) is made of: its name, its files by path, and what is said of it.
type Wheel struct {
	Project, Version string
	Tag              string // py3-none-any where it is not given
	Requires         []string
	Commands         map[string]string // name -> module:function
	Files            map[string]string
}

// Name is the wheel's file name.
func (w Wheel) Name() string {
	tag := w.Tag
	if tag == "" {
		tag = "py3-none-any"
	}
	return w.Project + "-" + w.Version + "-" + tag + ".whl"
}

// Bytes is the wheel itself; the same each time.
func (w Wheel) Bytes(t *testing.T) string {
	t.Helper()
	info := w.Project + "-" + w.Version + ".dist-info/"
	metadata := fmt.Sprintf("Metadata-Version: 2.1\nName: %s\nVersion: %s\n", w.Project, w.Version)
	for _, requires := range w.Requires {
		metadata += "Requires-Dist: " + requires + "\n"
	}
	files := maps.Clone(w.Files)
	files[info+"METADATA"] = metadata
	files[info+"WHEEL"] = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: " + strings.TrimSuffix(strings.SplitN(w.Name(), "-", 3)[2], ".whl") + "\n"
	if len(w.Commands) > 0 {
		commands := "[console_scripts]\n"
		for _, name := range slices.Sorted(maps.Keys(w.Commands)) {
			commands += name + " = " + w.Commands[name] + "\n"
		}
		files[info+"entry_points.txt"] = commands
	}
	record := info + "RECORD,,\n"
	for _, name := range slices.Sorted(maps.Keys(files)) {
		sum := sha256.Sum256([]byte(files[name]))
		record += fmt.Sprintf("%s,sha256=%s,%d\n", name, base64.RawURLEncoding.EncodeToString(sum[:]), len(files[name]))
	}
	files[info+"RECORD"] = record
	var b bytes.Buffer
	archive := zip.NewWriter(&b)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		file, err := archive.Create(name)
		if err == nil {
			_, err = file.Write([]byte(files[name]))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// Tarball is a .tar.gz of files by path.
func Tarball(t *testing.T, files map[string]string) string {
	t.Helper()
	var b bytes.Buffer
	zipped := gzip.NewWriter(&b)
	archive := tar.NewWriter(zipped)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		err := archive.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(files[name]))})
		if err == nil {
			_, err = archive.Write([]byte(files[name]))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	if err := zipped.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
