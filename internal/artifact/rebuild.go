package artifact

import (
	"archive/tar"
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/gzip"

	"github.com/slipway/slipway/internal/artifact/content"
)

// Rebuild makes a tarball of a content again, of its manifest and of what a host sent of its files and links: tars one behind the
// other, perhaps compressed with gzip. Whether the files are those of the manifest, Open tells by the content digest. most is how many
// bytes the files may have together.
func Rebuild(ctx context.Context, m content.Manifest, sent io.Reader, most int64, to io.Writer) error {
	in := bufio.NewReaderSize(sent, 64<<10)
	if head, _ := in.Peek(2); bytes.Equal(head, []byte("\x1f\x8b")) {
		plain, err := gzip.NewReader(in)
		if err != nil {
			return err
		}
		in = bufio.NewReaderSize(plain, 64<<10)
	}
	out := tar.NewWriter(to)
	missing := map[string]bool{}
	for member := range m.Members() {
		if member.Kind != content.Dir {
			missing[member.Path] = true
			continue
		}
		if err := out.WriteHeader(&tar.Header{Typeflag: tar.TypeDir, Name: member.Path + "/", Mode: int64(member.Mode), Format: tar.FormatGNU}); err != nil {
			return err
		}
	}
	for {
		more, err := skipPadding(in)
		if err != nil {
			return err
		}
		if !more {
			break
		}
		if most, err = copyMembers(ctx, m, tar.NewReader(in), out, missing, most); err != nil {
			return err
		}
	}
	for path := range missing {
		return fmt.Errorf("the host did not send %s", content.Quote(path))
	}
	return out.Close()
}

// copyMembers copies the members of one archive, and gives what is left of the bytes that there may be.
func copyMembers(ctx context.Context, m content.Manifest, in *tar.Reader, out *tar.Writer, missing map[string]bool, most int64) (int64, error) {
	for {
		if ctx.Err() != nil {
			return most, context.Cause(ctx)
		}
		header, err := in.Next()
		if errors.Is(err, io.EOF) {
			return most, nil
		}
		if err != nil {
			return most, err
		}
		path, err := content.CleanName(header.Name)
		if err != nil {
			return most, err
		}
		if !missing[path] {
			return most, fmt.Errorf("the host sent %s, which was not asked for", content.Quote(path))
		}
		delete(missing, path)
		member, _ := m.Find(path)
		copied := tar.Header{Typeflag: tar.TypeReg, Name: path, Mode: int64(member.Mode), Size: header.Size, Format: tar.FormatGNU}
		switch {
		case member.Kind == content.Link && header.Typeflag == tar.TypeSymlink && header.Linkname == member.Target:
			copied.Typeflag, copied.Linkname, copied.Size = tar.TypeSymlink, member.Target, 0
		case member.Kind == content.File && header.Typeflag == tar.TypeReg:
			if most -= header.Size; most < 0 {
				return most, errors.New("the host sent more than an artifact may have")
			}
		default:
			return most, fmt.Errorf("%s is not what it was any more", content.Quote(path))
		}
		if err := out.WriteHeader(&copied); err != nil {
			return most, err
		}
		if _, err := io.Copy(out, in); err != nil {
			return most, err
		}
	}
}

// skipPadding reads over the zeros behind an archive; more says that another follows.
func skipPadding(in *bufio.Reader) (more bool, err error) {
	zero := make([]byte, blockSize)
	for {
		block, err := in.Peek(blockSize)
		switch {
		case len(block) == 0 && errors.Is(err, io.EOF):
			return false, nil
		case err != nil:
			return false, err
		case !bytes.Equal(block, zero):
			return true, nil
		}
		if _, err := in.Discard(blockSize); err != nil {
			return false, err
		}
	}
}
