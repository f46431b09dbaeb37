package artifact

import (
	"archive/tar"
	"context"
	"errors"
	"io"

	"slipway/internal/artifact/content"
)

// writeHardLinks reads the artifact a second time and writes the content of every hard link as a file of its own. Only
// artifacts that have hard links pay for it.
func writeHardLinks(ctx context.Context, from input, opts Options, found *tree, manifest content.Manifest, out *payloadWriter, store newStore) error {
	in, err := openStream(ctx, from, opts.MaxSize)
	if err != nil {
		return err
	}
	defer in.Close()
	w := linkWriter{ctx: ctx, in: in, out: out, manifest: manifest, store: store, buf: make([]byte, copyBuffer)}
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
		if kind, err := kindOf(header); err == nil && kind == content.File && header.Typeflag != tar.TypeLink && isMember(header) {
			if clean, err := content.CleanName(header.Name); err == nil {
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
	return content.Refuse("something writes to it still: wait for the build to end", "it changed while it was read")
}

type linkWriter struct {
	ctx      context.Context
	in       *stream
	out      *payloadWriter
	manifest content.Manifest
	store    newStore
	buf      []byte
}

// write writes the stream's current file once for each path; for more than one it goes by way of a temporary file.
func (w *linkWriter) write(paths []string) error {
	if len(paths) == 1 {
		return w.file(paths[0], w.in)
	}
	kept, err := w.store()
	if err != nil {
		return err
	}
	defer func() { _ = kept.Close() }() // a temporary file: what matters was read from it
	spool := &Payload{store: kept}
	if err := copyAll(w.ctx, spool, w.in, w.buf); err != nil {
		return err
	}
	for _, path := range paths {
		if err := w.file(path, spool.section()); err != nil {
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
