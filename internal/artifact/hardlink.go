package artifact

import (
	"archive/tar"
	"context"
	"io"

	"github.com/slipway/slipway/internal/artifact/content"
)

// writeHardLinks writes each hard link as a file of its own, with the content that was written of the file before: an archive cannot be
// read backwards, and what became of it can.
func writeHardLinks(ctx context.Context, copies map[string][]string, manifest content.Manifest, out *payloadWriter) error {
	if err := out.flush(); err != nil {
		return err
	}
	written, left, buf := out.made.section(), len(copies), make([]byte, copyBuffer)
	return eachMember(ctx, written, func(path string, header *tar.Header, _ io.Reader) (more bool, err error) {
		links := copies[path]
		if len(links) == 0 || header.Typeflag != tar.TypeReg {
			return true, nil
		}
		begins, err := written.Seek(0, io.SeekCurrent) // a reader of a tar reads no further than the header
		if err != nil {
			return false, err
		}
		for _, link := range links {
			member, _ := manifest.Find(link) // every hard link is in it
			if err := out.file(member); err != nil {
				return false, err
			}
			if err := copyAll(ctx, out, io.NewSectionReader(written, begins, member.Size), buf); err != nil {
				return false, err
			}
		}
		left--
		return left > 0, nil
	})
}
