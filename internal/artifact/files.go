package artifact

import (
	"archive/tar"
	"context"
	"errors"
	"io"
	"io/fs"

	"github.com/slipway/slipway/internal/artifact/content"
)

// Files are the contents of some files of the artifact, by path, of those that are no larger than most bytes. It looks at members up
// to the last of them.
func (a *Artifact) Files(ctx context.Context, paths []string, most int64) (map[string][]byte, error) {
	wanted := make(map[string]bool, len(paths))
	for _, path := range paths {
		if member, ok := a.manifest.Find(path); ok && member.Kind == content.File && member.Size <= most {
			wanted[path] = true
		}
	}
	found := make(map[string][]byte, len(wanted))
	err := a.eachMember(ctx, func(path string, header *tar.Header, in io.Reader) (more bool, err error) {
		if wanted[path] && header.Typeflag == tar.TypeReg {
			found[path] = make([]byte, header.Size) // what grows takes several times as much
			_, err = io.ReadFull(in, found[path])
		}
		return len(found) < len(wanted), err
	})
	return found, err
}

// eachMember goes through the members in the order of the payload, folders before what lies in them, for as long as more are wanted.
func (a *Artifact) eachMember(ctx context.Context, do func(path string, header *tar.Header, in io.Reader) (more bool, err error)) error {
	return eachMember(ctx, a.plain.section(), do)
}

// eachMember goes through the members of a payload that is not compressed. What is not read of it costs nothing.
func eachMember(ctx context.Context, plain io.ReadSeeker, do func(path string, header *tar.Header, in io.Reader) (more bool, err error)) error {
	in := tar.NewReader(plain)
	for {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		path, header, err := nextMember(in)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if more, err := do(path, header, in); err != nil || !more {
			return err
		}
	}
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
