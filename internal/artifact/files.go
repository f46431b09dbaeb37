package artifact

import (
	"archive/tar"
	"context"
	"errors"
	"io"
	"io/fs"
	"strings"

	"github.com/klauspost/compress/zstd"

	"slipway/internal/artifact/content"
)

// Files are the contents of some files of the artifact, by path, of those that are no larger than most bytes. It reads the payload up
// to the last of them.
func (a *Artifact) Files(ctx context.Context, paths []string, most int64) (map[string][]byte, error) {
	wanted := make(map[string]bool, len(paths))
	for _, path := range paths {
		if member, ok := a.manifest.Find(path); ok && member.Kind == content.File && member.Size <= most {
			wanted[path] = true
		}
	}
	plain, err := zstd.NewReader(a.zstd.section(), zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true))
	if err != nil {
		return nil, err
	}
	defer plain.Close()
	in := tar.NewReader(plain)
	found := make(map[string][]byte, len(wanted))
	for len(found) < len(wanted) {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		header, err := in.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		path := strings.TrimPrefix(header.Name, treeDir)
		if !wanted[path] || header.Typeflag != tar.TypeReg {
			continue
		}
		if found[path], err = io.ReadAll(io.LimitReader(in, most)); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// mostOfFile is how large a file may be that FS reads.
const mostOfFile = 1 << 20

// FS is the content for reading small files, each by fs.ReadFile; there are no links and no folders in it. A context's error is a read's.
func (a *Artifact) FS(ctx context.Context) fs.FS { return contentFS{ctx, a} }

type contentFS struct {
	ctx context.Context
	a   *Artifact
}

func (c contentFS) ReadFile(name string) ([]byte, error) {
	files, err := c.a.Files(c.ctx, []string{name}, mostOfFile)
	if err != nil {
		return nil, err
	}
	text, ok := files[name]
	if !ok {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return text, nil
}

func (c contentFS) Open(name string) (fs.File, error) {
	return nil, &fs.PathError{Op: "open", Path: name, Err: errors.ErrUnsupported}
}
