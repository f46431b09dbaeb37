package artifact

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"

	"github.com/slipway/slipway/internal/artifact/content"
	"github.com/slipway/slipway/internal/deploy"
)

// What a zip may make of its reader.
const (
	longestDirectory = 4 << 20 // bytes that are read to find its files
	mostInZip        = 1000    // files that are looked at
)

// Unwrap gives the path of the tarball in a file that CI kept: the file itself, or where it is a zip, as most artifacts are, the one
// tarball in it, which is written beside it. What is what is told by content, never by name. called is how messages name the file;
// a tarball of more than most bytes is refused.
func Unwrap(ctx context.Context, path, called string, most int64) (string, error) {
	tarball, err := unwrap(ctx, path, most)
	if err != nil {
		return "", explain(ctx, called, err)
	}
	return tarball, nil
}

func unwrap(ctx context.Context, path string, most int64) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", errors.Unwrap(err)
	}
	defer file.Close()
	head := make([]byte, 4)
	if _, err := file.ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	if !bytes.HasPrefix(head, []byte("PK\x03\x04")) {
		return path, nil // Open judges it
	}
	info, err := file.Stat()
	if err != nil {
		return "", err
	}
	entry, err := tarballIn(ctx, file, info.Size())
	if err != nil {
		return "", err
	}
	inner := filepath.Join(filepath.Dir(path), "unwrapped")
	return inner, extract(ctx, entry, inner, most)
}

// tarballIn is the only file in a zip that is a tarball.
func tarballIn(ctx context.Context, file io.ReaderAt, size int64) (*zip.File, error) {
	directory := &budgeted{ReaderAt: file, left: longestDirectory}
	archive, err := zip.NewReader(directory, size)
	switch {
	case directory.left < 0:
		return nil, content.Refuse("upload the tarball alone", "it is a zip of very many files, and not of one tarball")
	case errors.Is(err, zip.ErrInsecurePath): // names are not used
	case err != nil:
		return nil, content.Refuse(content.HintAgain, "it is a damaged zip: %w", err)
	}
	directory.left = math.MaxInt64 // from here on files are read, each with a bound of its own
	var found, last *zip.File
	var lastErr error
	names := []string{}
	for _, entry := range archive.File {
		if !entry.Mode().IsRegular() {
			continue
		}
		if names = append(names, entry.Name); len(names) > mostInZip {
			return nil, content.Refuse("upload the tarball alone", "it is a zip of more than %d files, and not of one tarball", mostInZip)
		}
		err := isTarball(ctx, entry)
		switch {
		case ctx.Err() != nil:
			return nil, context.Cause(ctx)
		case err != nil:
			last, lastErr = entry, err
		case found != nil:
			return nil, content.Refuse("upload each as an artifact of its own", "it is a zip with more than one tarball in it: %s, %s", content.Quote(found.Name), content.Quote(entry.Name))
		default:
			found = entry
		}
	}
	switch {
	case found != nil:
		return found, nil
	case len(names) == 0:
		return nil, content.Refuse("look at the path that the build uploads", "it is a zip without a file in it")
	case len(names) == 1:
		return nil, inside(last, lastErr)
	}
	return nil, content.Refuse("upload a tarball of it: `slipway pack`, or tar", "it is a zip without a tarball in it: it has %s", content.Examples(names))
}

// isTarball reads the beginning of a file in a zip.
func isTarball(ctx context.Context, entry *zip.File) error {
	stream, err := openStream(ctx, func() (io.ReadCloser, int64, error) {
		content, err := entry.Open()
		return content, int64(min(entry.UncompressedSize64, aheadChunk)), err
	}, defaultMaxSize)
	if err == nil {
		stream.Close()
	}
	return err
}

// inside says of which file in a zip an error is.
func inside(entry *zip.File, err error) error {
	var refusal *deploy.Error
	if !errors.As(err, &refusal) {
		return content.Refuse(content.HintAgain, "%s in it is damaged: %w", content.Quote(entry.Name), err)
	}
	named := *refusal
	named.Cause = fmt.Errorf("%s in it: %w", content.Quote(entry.Name), refusal.Cause)
	return &named
}

// extract writes a file of a zip, as many bytes as it has and not as many as it says.
func extract(ctx context.Context, entry *zip.File, path string, most int64) (err error) {
	member, err := entry.Open()
	if err != nil {
		return inside(entry, err)
	}
	defer member.Close()
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return tempError(err)
	}
	out := &tempFile{File: file}
	defer func() { err = errors.Join(err, out.Close()) }()
	in := readerFunc(func(p []byte) (int, error) {
		if ctx.Err() != nil {
			return 0, context.Cause(ctx)
		}
		return member.Read(p)
	})
	n, err := io.Copy(out, io.LimitReader(in, most+1))
	if err != nil {
		return inside(entry, err)
	}
	if n > most {
		return content.Refuse("if it is meant to be so large, raise `max_size`", "%s in it has more than %s", content.Quote(entry.Name), deploy.Size(most))
	}
	return nil
}

// budgeted reads no more than it may.
type budgeted struct {
	io.ReaderAt
	left int64
}

func (b *budgeted) ReadAt(p []byte, at int64) (int, error) {
	if b.left -= int64(len(p)); b.left < 0 {
		return 0, errors.New("too much is read")
	}
	return b.ReaderAt.ReadAt(p, at)
}

type readerFunc func(p []byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }
