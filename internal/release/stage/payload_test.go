package stage_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
)

// member is a member of a release in a test: a directory when its name ends in a slash, a link when it has a target.
type member struct {
	name, content, target string
	mode                  int64 // 0644 or 0755 unless given; of a folder, of its line in the manifest
	tarred                int64 // the mode that the tar has, where it is another
}

// site is a release with names that shells stumble over.
var site = []member{
	{name: "index.html", content: "<h1>hello</h1>\n"},
	{name: "bin/"},
	{name: "bin/run me", content: "#!/bin/sh\n", mode: 0o755},
	{name: "bin/it's \"odd\" $HOME *", content: "odd"},
	{name: "bin/back\\slash", content: "back"},
	{name: "bin/schön", content: "schön"},
	{name: "bin/-n", content: "dash"},
	{name: "empty/"},
	{name: "empty file"},
	{name: "private", content: "for the owner", mode: 0o600},
	{name: "link", target: "bin/run me"},
	{name: "bin/up", target: "../index.html"},
	{name: "nowhere", target: "not there -> at all"},
	{name: "media/"},
	{name: "media/logo.png", content: "png"},
	{name: "long/"},
	{name: "long/" + strings.Repeat("n", 250), content: "long"},
}

// payload is what stage.Upload takes, whole in memory.
type payload struct {
	encoding string
	bytes    []byte
}

func (p *payload) Open() (io.ReadCloser, error) {
	return io.NopCloser(bytes.NewReader(p.bytes)), nil
}
func (p *payload) Size() int64      { return int64(len(p.bytes)) }
func (p *payload) Encoding() string { return p.encoding }

// pack makes a payload of members, as docs/packages.md has it. tamper may change the names of the tar's files to their
// content before it is written; an entry that becomes nil is left out.
func pack(t *testing.T, encoding string, members []member, tamper func(files map[string]*member)) *payload {
	t.Helper()
	var sums, entries []string
	files := map[string]*member{}
	order := []string{}
	add := func(name string, m member) {
		files[name] = &m
		order = append(order, name)
	}
	add("tree/", member{mode: 0o755})
	for _, m := range members {
		clean := path.Clean(m.name)
		switch {
		case m.target != "":
			entries = append(entries, fmt.Sprintf("l 777 ./%s -> %s\n", clean, m.target))
		case strings.HasSuffix(m.name, "/"):
			if m.mode == 0 {
				m.mode = 0o755
			}
			entries = append(entries, fmt.Sprintf("d %o ./%s\n", m.mode, clean))
		default:
			if m.mode == 0 {
				m.mode = 0o644
			}
			entries = append(entries, fmt.Sprintf("f %o ./%s\n", m.mode, clean))
			sums = append(sums, fmt.Sprintf("%x  ./%s\n", sha256.Sum256([]byte(m.content)), clean))
		}
		add("tree/"+m.name, m)
	}
	slices.Sort(entries)
	add("manifest/", member{mode: 0o755})
	add("manifest/sha256", member{content: strings.Join(sums, ""), mode: 0o644})
	add("manifest/entries", member{content: strings.Join(entries, ""), mode: 0o644})
	add("manifest/content", member{content: strings.Repeat("a", 64) + "\n", mode: 0o644})
	if tamper != nil {
		tamper(files)
	}
	for name := range files {
		if !slices.Contains(order, name) {
			order = append(order, name)
		}
	}

	var packed bytes.Buffer
	var compressor io.WriteCloser = gzip.NewWriter(&packed)
	if encoding == "zstd" {
		var err error
		if compressor, err = zstd.NewWriter(&packed); err != nil {
			t.Fatal(err)
		}
	}
	archive := tar.NewWriter(compressor)
	for _, name := range order {
		m := files[name]
		if m == nil {
			continue
		}
		header := &tar.Header{Name: name, Mode: m.mode, Size: int64(len(m.content)), Typeflag: tar.TypeReg, Format: tar.FormatGNU}
		if m.tarred != 0 {
			header.Mode = m.tarred
		}
		if m.target != "" {
			header.Typeflag, header.Linkname, header.Mode = tar.TypeSymlink, m.target, 0o777
		} else if strings.HasSuffix(name, "/") {
			header.Typeflag = tar.TypeDir
		}
		if err := archive.WriteHeader(header); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(archive, m.content); err != nil {
			t.Fatal(err)
		}
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	if err := compressor.Close(); err != nil {
		t.Fatal(err)
	}
	return &payload{encoding: encoding, bytes: packed.Bytes()}
}
