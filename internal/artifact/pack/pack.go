// Package pack builds a tarball of a folder that depends on nothing but what is in it.
//
// The package must not know how an artifact is read, or hosts.
package pack

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/slipway/slipway/internal/artifact/content"
	"github.com/slipway/slipway/internal/deploy"
)

// Options are what may be asked of Folder.
type Options struct {
	Encoding   string            // Gzip, Zstd, or "" for a plain tar
	Time       time.Time         // of every member; the zero time is 1970. See SourceDate
	Skip       []string          // paths below the folder, with slashes, that are left out beside the ignored ones
	Revision   string            // the commit that the folder was built of, written where git archive writes it; "" for none
	AllowLinks []string          // absolute paths that symbolic links may have as their target
	Note       func(text string) // takes what is odd about the content, a sentence each; may be nil
}

// The encodings of a tarball.
const (
	Gzip = "gzip"
	Zstd = "zstd"
)

// EncodingFor is the encoding that a file's name promises.
func EncodingFor(name string) (string, error) {
	switch {
	case strings.HasSuffix(name, ".tar.gz"), strings.HasSuffix(name, ".tgz"):
		return Gzip, nil
	case strings.HasSuffix(name, ".tar.zst"), strings.HasSuffix(name, ".tzst"):
		return Zstd, nil
	case strings.HasSuffix(name, ".tar"):
		return "", nil
	}
	return "", &deploy.Error{Op: "pack", Cause: fmt.Errorf("%s has no ending that says how to compress it", name), Hint: "end it in .tar.gz, .tar.zst or .tar"}
}

// SourceDate is the time that SOURCE_DATE_EPOCH asks for (reproducible-builds.org/specs/source-date-epoch): seconds since
// 1970; the zero time when it is empty.
func SourceDate(value string) (time.Time, error) {
	if value == "" {
		return time.Time{}, nil
	}
	seconds, err := strconv.ParseInt(value, 10, 64)
	if err != nil || seconds < 0 {
		return time.Time{}, &deploy.Error{Op: "pack", Cause: fmt.Errorf("SOURCE_DATE_EPOCH is %s, not seconds since 1970", content.Quote(value)), Hint: "set it to `git log -1 --format=%ct`, or unset it"}
	}
	return time.Unix(seconds, 0), nil
}

// Folder writes a tarball of a folder, without the folder itself, that depends on nothing but the paths, contents and links
// in it, on who may run a file, and on the revision: the same tree gives the same bytes on every machine with the same
// Slipway. It leaves out .git and what .slipwayignore lists. What is refused of an artifact it refuses before anything is written.
func Folder(ctx context.Context, dir string, out io.Writer, opts Options) error {
	members, err := listTree(ctx, dir, out, opts)
	if err != nil {
		return packError(ctx, dir, err)
	}
	if len(members) == 0 {
		return packError(ctx, dir, content.Refuse("build something into it first; "+content.IgnoreFile+" may leave out too much", "there is nothing in it to pack"))
	}
	var list content.List
	for _, member := range members {
		list.Add(member)
	}
	manifest, err := content.NewManifest(list, opts.AllowLinks)
	if err == nil {
		err = content.RefuseEmpty(manifest, 0)
	}
	if err != nil {
		return packError(ctx, dir, err)
	}
	if opts.Note != nil {
		for _, text := range new(content.Noticed).Notes(manifest) {
			opts.Note(text)
		}
	}
	compressor, err := compressTo(out, opts.Encoding)
	if err != nil {
		return err
	}
	if err := writeTree(ctx, dir, members, compressor, opts); err != nil {
		return packError(ctx, dir, err)
	}
	return compressor.Close()
}

// packError says which folder it is about.
func packError(ctx context.Context, dir string, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	var problems deploy.Problems
	if errors.As(err, &problems) {
		return err
	}
	var refusal *deploy.Error
	if !errors.As(err, &refusal) {
		refusal = &deploy.Error{Cause: err}
	}
	return &deploy.Error{Op: "pack", Cause: fmt.Errorf("%s: %w", dir, refusal.Cause), Hint: refusal.Hint}
}

// listTree finds what is packed, folders before what is in them.
func listTree(ctx context.Context, dir string, out io.Writer, opts Options) ([]content.Member, error) {
	info, err := os.Stat(dir)
	if err != nil {
		return nil, errors.Unwrap(err)
	}
	if !info.IsDir() {
		return nil, content.Refuse("name a folder", "it is no folder")
	}
	rules, err := readIgnoreRules(dir)
	if err != nil {
		return nil, err
	}
	own := ownFile(out)
	var members []content.Member
	// Through os.DirFS a link that is named as the folder is followed, and names come sorted and with slashes.
	err = fs.WalkDir(os.DirFS(dir), ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if path == "." {
			return ctx.Err()
		}
		if slices.Contains(opts.Skip, path) || rules.ignored(path, entry.IsDir()) {
			if entry.IsDir() {
				return fs.SkipDir
			}
			return ctx.Err()
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		if own != nil && os.SameFile(own, info) {
			return nil
		}
		member, err := memberOf(dir, path, info, opts.AllowLinks)
		members = append(members, member)
		return errors.Join(err, ctx.Err())
	})
	return members, err
}

// ownFile is the file that the tarball is written to, which may lie in the packed folder; nil when out is no file.
func ownFile(out io.Writer) fs.FileInfo {
	if file, ok := out.(interface{ Stat() (fs.FileInfo, error) }); ok {
		if info, err := file.Stat(); err == nil {
			return info
		}
	}
	return nil
}

// memberOf is what a file of the folder becomes. Of a mode only who may run a file is kept, as git does: the rest, and all of
// a folder's, depends on the umask of whoever checked it out.
func memberOf(dir, path string, info fs.FileInfo, allowed []string) (content.Member, error) {
	if _, err := content.CleanName(path); err != nil {
		return content.Member{}, err
	}
	switch info.Mode().Type() {
	case 0:
		mode := uint16(0o644)
		if info.Mode()&0o100 != 0 {
			mode = 0o755
		}
		return content.Member{Path: path, Kind: content.File, Mode: mode, Size: info.Size()}, nil
	case fs.ModeDir:
		return content.Member{Path: path, Kind: content.Dir, Mode: content.ImpliedDirMode}, nil
	case fs.ModeSymlink:
		target, err := os.Readlink(filepath.Join(dir, filepath.FromSlash(path)))
		if err != nil {
			return content.Member{}, err
		}
		return content.Member{Path: path, Kind: content.Link, Mode: content.LinkMode, Target: target}, content.CheckTarget(path, target, allowed)
	}
	return content.Member{}, content.Refuse("remove it, or list it in "+content.IgnoreFile, "%s is no file, folder or link (%s)", content.Quote(path), info.Mode().Type())
}

// packWindow is how far back zstd looks in a packed tarball, in bytes.
const packWindow = 4 << 20

func compressTo(out io.Writer, encoding string) (io.WriteCloser, error) {
	switch encoding {
	case Gzip:
		return gzip.NewWriterLevel(out, gzip.DefaultCompression)
	case Zstd:
		// One goroutine: the bytes must not depend on how many processors there are.
		return zstd.NewWriter(out, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(packWindow))
	case "":
		return nopCloser{out}, nil
	}
	return nil, fmt.Errorf("unknown encoding %q", encoding)
}

type nopCloser struct{ io.Writer }

func (nopCloser) Close() error { return nil }

func writeTree(ctx context.Context, dir string, members []content.Member, out io.Writer, opts Options) error {
	w := tar.NewWriter(out)
	if opts.Revision != "" {
		header := &tar.Header{Typeflag: tar.TypeXGlobalHeader, Name: "pax_global_header", PAXRecords: map[string]string{content.RevisionKey: opts.Revision}, Format: tar.FormatPAX}
		if err := w.WriteHeader(header); err != nil {
			return err
		}
	}
	buf := make([]byte, 128<<10)
	for _, member := range members {
		header := &tar.Header{Name: member.Path, Linkname: member.Target, Mode: int64(member.Mode), Size: member.Size, ModTime: opts.Time, Format: tar.FormatGNU}
		switch member.Kind {
		case content.File:
			header.Typeflag = tar.TypeReg
		case content.Dir:
			header.Typeflag = tar.TypeDir
			header.Name += "/"
		case content.Link:
			header.Typeflag = tar.TypeSymlink
		}
		if err := w.WriteHeader(header); err != nil {
			return err
		}
		if member.Kind == content.File {
			if err := packFile(ctx, w, dir, member, buf); err != nil {
				return err
			}
		}
	}
	return w.Close()
}

// packFile copies a file that had a size when it was listed and must have it still.
func packFile(ctx context.Context, w *tar.Writer, dir string, member content.Member, buf []byte) error {
	file, err := os.Open(filepath.Join(dir, filepath.FromSlash(member.Path)))
	if err != nil {
		return err
	}
	defer file.Close()
	counted := &counter{ctx: ctx, r: file}
	_, err = io.CopyBuffer(w, counted, buf)
	if errors.Is(err, tar.ErrWriteTooLong) || err == nil && counted.count != member.Size {
		return content.Refuse("wait for whatever writes to it, or list it in "+content.IgnoreFile, "%s changed while it was packed", content.Quote(member.Path))
	}
	return err
}

// counter counts what is read, and ends with its context.
type counter struct {
	ctx   context.Context
	r     io.Reader
	count int64
}

func (c *counter) Read(p []byte) (int, error) {
	if c.ctx.Err() != nil {
		return 0, context.Cause(c.ctx)
	}
	n, err := c.r.Read(p)
	c.count += int64(n)
	return n, err
}
