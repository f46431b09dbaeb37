package artifact

import (
	"archive/tar"
	"context"
	"crypto/sha256"
	"errors"
	"hash"
	"io"
	"os"

	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// maxWindow is the largest window of a zstd stream that is read: what `zstd --long` writes (128 MiB). The memory that it
// takes is the writer's choice; a stream that was not made with --long or --ultra takes at most 8 MiB.
const maxWindow = 128 << 20

// stream is an artifact as a row of tar members. It reads the file in one goroutine, decompresses in another, and
// hashes the file on the way.
type stream struct {
	file   *os.File
	size   int64
	sum    hash.Hash // of the file; complete after drain
	layers []func()  // to close, the last one first
	in     *tail
	tar    *tar.Reader
	before int64  // bytes of the tar read before the last header
	last   string // name of the last member, for messages
	format format
}

// openStream opens the file and finds its format.
func openStream(ctx context.Context, path string, progress func(done, total int64)) (_ *stream, err error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, errors.Unwrap(err) // the path is put before every refusal
	}
	s := &stream{file: file, sum: sha256.New()}
	defer func() {
		if err != nil {
			s.Close()
		}
	}()
	info, err := file.Stat()
	switch {
	case err != nil:
		return nil, err
	case info.IsDir():
		return nil, refuse("`slipway pack` makes a tarball of a folder", "it is a folder")
	case !info.Mode().IsRegular():
		return nil, refuse("name a file", "it is no regular file")
	case info.Size() == 0:
		return nil, refuse("look at what the build wrote", "it is empty (0 bytes)")
	}
	s.size = info.Size()
	var raw io.Reader = readAheadOf(s, &source{ctx: ctx, file: file, sum: s.sum, total: s.size, progress: progress})
	head, raw, err := peek(raw)
	if err != nil {
		return nil, err
	}
	if s.format, err = sniff(head); err != nil {
		return nil, err
	}
	if raw, err = s.decompress(raw); err != nil {
		return nil, s.damage(err)
	}
	s.in = &tail{r: raw}
	s.tar = tar.NewReader(s.in)
	return s, nil
}

// decompress puts the decompressor before raw, and looks whether what comes out is a tar.
func (s *stream) decompress(raw io.Reader) (io.Reader, error) {
	switch s.format {
	case formatTar:
		return raw, nil
	case formatGzip:
		plain, err := gzip.NewReader(raw)
		if err != nil {
			return nil, err
		}
		raw = readAheadOf(s, plain)
	case formatZstd:
		plain, err := zstd.NewReader(raw, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxWindow))
		if err != nil {
			return nil, err
		}
		s.layers = append(s.layers, plain.Close)
		raw = readAheadOf(s, plain)
	}
	head, raw, err := peek(raw)
	if err != nil {
		return nil, err
	}
	if len(head) == 0 {
		return nil, refuse("look at what the build wrote", "there is nothing in it once it is decompressed")
	}
	if !isTar(head) {
		return nil, refuse(hintPack, "it is compressed, but what is inside is no tar (it begins %s)", quote(firstLine(string(head))))
	}
	return raw, nil
}

func readAheadOf(s *stream, r io.Reader) *ahead {
	a := readAhead(r)
	s.layers = append(s.layers, a.Close)
	return a
}

// peek gives the first block and a reader that begins with it.
func peek(r io.Reader) (head []byte, again io.Reader, err error) {
	head = make([]byte, blockSize)
	n, err := readUpTo(r, head)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, nil, err
	}
	head = head[:n]
	return head, io.MultiReader(&prefix{head}, r), nil
}

// prefix gives bytes once.
type prefix struct{ rest []byte }

func (p *prefix) Read(b []byte) (int, error) {
	if len(p.rest) == 0 {
		return 0, io.EOF
	}
	n := copy(b, p.rest)
	p.rest = p.rest[n:]
	return n, nil
}

// next is the next member, or io.EOF after the last one. The member before it must have been read to its end.
func (s *stream) next() (*tar.Header, error) {
	s.before = s.in.count
	header, err := s.tar.Next()
	if errors.Is(err, tar.ErrInsecurePath) {
		err = nil // names are judged by our own rules, whatever GODEBUG says
	}
	if errors.Is(err, io.EOF) {
		return nil, s.end()
	}
	if err != nil {
		return nil, s.damage(err)
	}
	s.last = header.Name
	return header, nil
}

// Read reads the current member.
func (s *stream) Read(p []byte) (int, error) {
	n, err := s.tar.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = s.damage(err)
	}
	return n, err
}

// end checks what comes after the last member: the end marker (two zero blocks; one will do), then nothing but padding.
// archive/tar takes a file that just stops for a good end, and so would hide a file that was cut between two members.
func (s *stream) end() error {
	if s.in.count-s.before < blockSize || s.in.zeros < blockSize {
		return refuse(hintAgain, "it is cut off: the end marker is missing after %s", s.place())
	}
	buf := make([]byte, 32<<10)
	for {
		n, err := s.in.Read(buf)
		for _, c := range buf[:n] {
			if c != 0 {
				return refuse("if several tarballs were joined, build one", "there is other data after the end of the archive, after %s", s.place())
			}
		}
		if errors.Is(err, io.EOF) {
			return io.EOF
		}
		if err != nil {
			return s.damage(err)
		}
	}
}

// place names where reading stopped.
func (s *stream) place() string {
	if s.last == "" {
		return "its beginning"
	}
	return "member " + quote(s.last)
}

// damage says what an error from the layers below means.
func (s *stream) damage(err error) error {
	var corrupt flate.CorruptInputError
	trailing := errors.Is(err, gzip.ErrHeader) || errors.Is(err, zstd.ErrMagicMismatch)
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return refuse(hintAgain, "it is cut off, in or after %s", s.place())
	case trailing && s.tar == nil:
		return refuse(hintAgain, "its header is damaged: %w", err)
	case trailing:
		return refuse(hintAgain, "there is other data after the end of the compressed stream, after %s", s.place())
	case errors.Is(err, zstd.ErrWindowSizeExceeded):
		return refuse("compress it without --long and --ultra", "it needs more than %d MiB of memory to be decompressed", maxWindow>>20)
	case errors.Is(err, tar.ErrHeader):
		return refuse(hintAgain, "it is damaged: no valid header follows %s", s.place())
	case errors.Is(err, gzip.ErrChecksum), errors.Is(err, zstd.ErrCRCMismatch), errors.As(err, &corrupt):
		return refuse(hintAgain, "it is damaged, in or after %s: %w", s.place(), err)
	}
	return err
}

// Close ends the goroutines and closes the file.
func (s *stream) Close() {
	for i := len(s.layers) - 1; i >= 0; i-- {
		s.layers[i]()
	}
	s.layers = nil
	_ = s.file.Close() // it was only read
}

// source reads the file, hashes it, says how far it is, and ends with its context.
type source struct {
	ctx      context.Context
	file     *os.File
	sum      hash.Hash
	done     int64
	total    int64
	progress func(done, total int64)
}

func (s *source) Read(p []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := s.file.Read(p)
	s.sum.Write(p[:n])
	s.done += int64(n)
	if s.progress != nil && n > 0 {
		s.progress(s.done, s.total)
	}
	return n, err
}

// tail counts what was read, and the zero bytes at its end.
type tail struct {
	r     io.Reader
	count int64
	zeros int64
}

func (t *tail) Read(p []byte) (int, error) {
	n, err := t.r.Read(p)
	t.count += int64(n)
	run := 0
	for run < n && p[n-1-run] == 0 {
		run++
	}
	if run < n {
		t.zeros = 0
	}
	t.zeros += int64(run)
	return n, err
}
