package artifact

import (
	"archive/tar"
	"context"
	"errors"
	"io"
)

// writeHardLinks reads the artifact a second time and writes the content of every hard link as a file of its own. Only
// artifacts that have hard links pay for it.
func writeHardLinks(ctx context.Context, path string, opts Options, found *tree, manifest Manifest, out *payloadWriter) error {
	in, err := openStream(ctx, path, nil)
	if err != nil {
		return err
	}
	defer in.Close()
	w := linkWriter{ctx: ctx, in: in, out: out, manifest: manifest, tempDir: opts.TempDir, buf: make([]byte, copyBuffer)}
	left := len(found.copies)
	for {
		header, err := in.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		var copies []string
		if kind, err := kindOf(header); err == nil && kind == File && header.Typeflag != tar.TypeLink && isMember(header) {
			if clean, err := cleanName(header.Name); err == nil {
				copies = found.copies[stripped(clean, opts.StripComponents)]
			}
		}
		if len(copies) > 0 {
			left--
			err = w.write(copies)
		} else {
			err = copyAll(ctx, io.Discard, in, w.buf)
		}
		if err != nil {
			return err
		}
	}
	if left != 0 {
		return errChanged()
	}
	return nil
}

func errChanged() error {
	return refuse("something writes to it still: wait for the build to end", "it changed while it was read")
}

type linkWriter struct {
	ctx      context.Context
	in       *stream
	out      *payloadWriter
	manifest Manifest
	tempDir  string
	buf      []byte
}

// write writes the stream's current file once for each path; for more than one it goes by way of a temporary file.
func (w *linkWriter) write(paths []string) error {
	if len(paths) == 1 {
		return w.file(paths[0], w.in)
	}
	spool, name, err := tempFile(w.tempDir)
	if err != nil {
		return err
	}
	kept := &blob{file: spool, name: name}
	defer func() { _ = kept.close() }() // a temporary file: what matters was read from it
	if err := copyAll(w.ctx, tempWriter{spool}, w.in, w.buf); err != nil {
		return err
	}
	if kept.size, err = spool.Seek(0, io.SeekCurrent); err != nil {
		return err
	}
	for _, path := range paths {
		if err := w.file(path, io.NewSectionReader(spool, 0, kept.size)); err != nil {
			return err
		}
	}
	return nil
}

func (w *linkWriter) file(path string, content io.Reader) error {
	member, _ := w.manifest.Find(path) // every hard link is in it
	if err := w.out.file(member); err != nil {
		return err
	}
	hash, err := copyHashed(w.ctx, w.out, content, w.buf)
	if errors.Is(err, tar.ErrWriteTooLong) || err == nil && hash != member.Hash {
		return errChanged()
	}
	return err
}
