package artifact

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/klauspost/readahead"

	"slipway/internal/artifact/content"
	"slipway/internal/deploy"
)

// The encodings of a payload.
const (
	Zstd = "zstd"
	Gzip = "gzip"
)

// Payload is what a host unpacks: a GNU tar with tree/ and the manifest (docs/packages.md, Shared formats), compressed.
type Payload struct {
	store    store
	size     int64
	encoding string
}

// Open reads it from its beginning; each reader is independent of the others.
func (p *Payload) Open() (io.ReadCloser, error) { return io.NopCloser(p.section()), nil }

// Size is compressed, in bytes.
func (p *Payload) Size() int64 { return p.size }

// Encoding is Zstd or Gzip.
func (p *Payload) Encoding() string { return p.encoding }

func (p *Payload) section() *io.SectionReader { return io.NewSectionReader(p.store, 0, p.size) }

// Write adds to it while it is made.
func (p *Payload) Write(b []byte) (int, error) {
	n, err := p.store.Write(b)
	p.size += int64(n)
	return n, err
}

// Payload gives the payload in an encoding. The gzip one is made when it is first asked for, once however many ask; the
// others wait for it, or for their contexts. It is good until the artifact is closed.
func (a *Artifact) Payload(ctx context.Context, encoding string) (*Payload, error) {
	switch encoding {
	case Zstd:
		return a.zstd, nil
	case Gzip:
	default:
		return nil, fmt.Errorf("unknown payload encoding %q", encoding)
	}
	leave, err := a.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	if a.gzip == nil {
		made, err := recompress(ctx, a.zstd, a.store)
		if err != nil {
			return nil, err
		}
		a.gzip = made
	}
	return a.gzip, nil
}

// enter waits until what is made on demand is nobody else's.
func (a *Artifact) enter(ctx context.Context) (leave func(), err error) {
	select {
	case a.gate <- struct{}{}:
		return func() { <-a.gate }, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// recompress makes a gzip payload of a zstd one.
func recompress(ctx context.Context, from *Payload, newStore newStore) (_ *Payload, err error) {
	plain, err := zstd.NewReader(from.section(), zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true))
	if err != nil {
		return nil, err
	}
	defer plain.Close()
	in, err := readahead.NewReaderSize(plain, aheadCount, aheadChunk)
	if err != nil {
		return nil, err
	}
	defer func() { _ = in.Close() }() // it ends the goroutine that reads
	kept, err := newStore()
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			_ = kept.Close() // the error that led here says more
		}
	}()
	made := &Payload{store: kept, encoding: Gzip}
	out, err := gzip.NewWriterLevel(made, gzipLevel)
	if err != nil {
		return nil, err
	}
	if err := copyAll(ctx, out, in, make([]byte, copyBuffer)); err != nil {
		return nil, err
	}
	return made, out.Close()
}

// gzipLevel is where time spent on compressing stops to pay on a 100 Mbit/s link.
const gzipLevel = 5

// payloadWriter writes the payload: plain members, then the manifest, compressed with zstd into a temporary file. The
// encoder compresses in goroutines of its own.
type payloadWriter struct {
	tar        *tar.Writer
	compressor io.WriteCloser
	made       *Payload
}

// next ends what is compressed so far, and goes on with another compressor: the decompressors of hosts take one stream behind the other
// for one.
func (w *payloadWriter) next(compress compressor) error {
	if err := errors.Join(w.tar.Flush(), w.compressor.Close()); err != nil {
		return err
	}
	out, err := compress(w.made)
	if err != nil {
		return err
	}
	w.compressor = out
	return nil
}

// compressing writes to the compressor of the moment.
type compressing struct{ *payloadWriter }

func (c compressing) Write(p []byte) (int, error) { return c.compressor.Write(p) }

// payloadWindow is how far back the payload's zstd looks, in bytes: 8 MiB made source code 1 % smaller in a third more time.
// The encoder holds twice as much, so that it moves what it looks back at once for each window. With WithLowerEncoderMem it
// would move it for each block of 128 KiB, which took half as much time again as compressing does.
const payloadWindow = 1 << 20

func newPayloadWriter(newStore newStore, compress compressor) (*payloadWriter, error) {
	kept, err := newStore()
	if err != nil {
		return nil, err
	}
	made := &Payload{store: kept, encoding: Zstd}
	out, err := compress(made)
	if err != nil {
		_ = kept.Close() // the error that led here says more
		return nil, err
	}
	w := &payloadWriter{compressor: out, made: made}
	w.tar = tar.NewWriter(compressing{w})
	return w, nil
}

// compressor puts compression before a writer.
type compressor func(io.Writer) (io.WriteCloser, error)

// toZstd compresses with two goroutines: one compresses, one writes. More (WithConcurrentBlocks) took a third off the time
// and 50 MiB of memory.
func toZstd(out io.Writer) (io.WriteCloser, error) {
	return zstd.NewWriter(out, zstd.WithEncoderConcurrency(2), zstd.WithWindowSize(payloadWindow))
}

func toGzip(out io.Writer) (io.WriteCloser, error) { return gzip.NewWriterLevel(out, gzipLevel) }

const treeDir = "tree/"

func (w *payloadWriter) header(kind byte, name, target string, mode uint16, size int64) error {
	return w.tar.WriteHeader(&tar.Header{Typeflag: kind, Name: name, Linkname: target, Mode: int64(mode), Size: size, Format: tar.FormatGNU})
}

func (w *payloadWriter) dir(path string, mode uint16) error {
	name := treeDir
	if path != "." {
		name += path + "/"
	}
	return w.header(tar.TypeDir, name, "", mode, 0)
}

func (w *payloadWriter) link(path, target string) error {
	return w.header(tar.TypeSymlink, treeDir+path, target, content.LinkMode, 0)
}

// file begins a file; its content is written with Write.
func (w *payloadWriter) file(member content.Member) error {
	return w.header(tar.TypeReg, treeDir+member.Path, "", member.Mode, member.Size)
}

func (w *payloadWriter) Write(p []byte) (int, error) { return w.tar.Write(p) }

// payloadFile is a file of the payload beside the tree.
type payloadFile struct {
	name  string
	write func(io.Writer) error
}

func manifestFiles(manifest content.Manifest) []payloadFile {
	return []payloadFile{{"manifest/sha256", manifest.WriteSHA256}, {"manifest/entries", manifest.WriteEntries}}
}

func contentFile(digest deploy.Digest) payloadFile {
	return payloadFile{"manifest/content", content.DigestLine(digest)}
}

func (w *payloadWriter) writeManifest(manifest content.Manifest, digest deploy.Digest) error {
	return w.writeFiles(append(manifestFiles(manifest), contentFile(digest)))
}

func (w *payloadWriter) writeFiles(files []payloadFile) error {
	for _, file := range files {
		n, err := size(file.write)
		if err != nil {
			return err
		}
		if err := w.header(tar.TypeReg, file.name, "", 0o644, n); err != nil {
			return err
		}
		if err := file.write(w.tar); err != nil {
			return err
		}
	}
	return nil
}

// size is how many bytes write will write.
func size(write func(io.Writer) error) (int64, error) {
	var n counter
	err := write(&n)
	return int64(n), err
}

type counter int64

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}

// finish ends the payload.
func (w *payloadWriter) finish() (*Payload, error) {
	if err := w.tar.Close(); err != nil {
		return nil, err
	}
	return w.made, w.compressor.Close()
}

// discard gives the temporary file back after an error, which says more than any of closing.
func (w *payloadWriter) discard() {
	_ = w.compressor.Close()
	_ = w.made.store.Close()
}
