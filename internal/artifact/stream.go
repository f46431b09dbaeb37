package artifact

import (
	"archive/tar"
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"hash"
	"io"

	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/klauspost/readahead"

	"github.com/slipway/slipway/internal/artifact/content"
	"github.com/slipway/slipway/internal/deploy"
)

// maxWindow is the largest window of a zstd stream that is read: what `zstd --long` writes (128 MiB). The memory that it
// takes is the writer's choice; a stream that was not made with --long or --ultra takes at most 8 MiB.
const maxWindow = 128 << 20

// stream is an artifact as a row of tar members. It reads the file in one goroutine, decompresses in another, and
// hashes the file on the way.
type stream struct {
	file     io.Closer
	size     int64
	sum      hash.Hash // of the file; complete after the last member
	layers   []func()  // to close, the last one first
	in       *tail
	tar      *tar.Reader
	before   int64  // bytes of the tar read before the last header
	last     string // name of the last member, for messages
	format   format
	revision string // as a global header states it
	budget   budget
}

// openStream opens the file and finds its format.
func openStream(ctx context.Context, from input, maxSize int64) (_ *stream, err error) {
	file, size, err := from()
	if err != nil {
		return nil, err
	}
	s := &stream{file: file, size: size, sum: sha256.New(), budget: budget{most: maxSize}}
	defer func() {
		if err != nil {
			s.Close()
		}
	}()
	raw, err := s.ahead(&hashed{ctx: ctx, file: file, sum: s.sum})
	if err != nil {
		return nil, err
	}
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
		plain, err := newGzipStream(raw)
		if err != nil {
			return nil, err
		}
		if raw, err = s.ahead(plain); err != nil {
			return nil, err
		}
	case formatZstd:
		plain, err := zstd.NewReader(raw, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxWindow))
		if err != nil {
			return nil, err
		}
		s.layers = append(s.layers, plain.Close)
		if raw, err = s.ahead(plain); err != nil {
			return nil, err
		}
	}
	head, raw, err := peek(raw)
	if err != nil {
		return nil, err
	}
	if len(head) == 0 {
		return nil, content.Refuse("look at what the build wrote", "there is nothing in it once it is decompressed")
	}
	if inner, err := sniff(head); err == nil && inner != formatTar {
		return nil, content.Refuse("compress it once: `tar -z` and `slipway pack x.tar.gz` do so already", "it is compressed twice")
	}
	if !isTar(head) {
		return nil, content.Refuse(hintPack, "it is compressed, but what is inside is no tar (it begins %s)", content.Quote(firstLine(string(head))))
	}
	return raw, nil
}

// aheadChunk and aheadCount are the memory of one read-ahead: 1 MiB. Larger ones were not faster.
const (
	aheadChunk = 256 << 10
	aheadCount = 4
)

// ahead reads in a goroutine of its own, so that reading the disk, decompressing and hashing overlap. A small file is read
// sooner than a goroutine is made.
func (s *stream) ahead(r io.Reader) (io.Reader, error) {
	if s.size <= aheadChunk {
		return r, nil
	}
	a, err := readahead.NewReaderSize(r, aheadCount, aheadChunk)
	if err != nil {
		return nil, err
	}
	s.layers = append(s.layers, func() { _ = a.Close() }) // r is closed by who made it
	return a, nil
}

// peek gives the first block and a reader that begins with it.
func peek(r io.Reader) (head []byte, again io.Reader, err error) {
	head = make([]byte, blockSize)
	n := 0
	for n < len(head) && err == nil { // io.ReadFull would hide that r itself ended too soon
		var more int
		more, err = r.Read(head[n:])
		n += more
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, nil, err
	}
	return head[:n], io.MultiReader(bytes.NewReader(head[:n]), r), nil
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
	s.revision = cmp.Or(s.revision, statedRevision(header))
	return header, s.budget.take(header)
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
		return content.Refuse(content.HintAgain, "it is cut off: the end marker is missing after %s", s.place())
	}
	buf := make([]byte, 32<<10)
	end := s.in.count
	var after []byte // what is there but zeros
	for {
		n, err := s.in.Read(buf)
		if len(after) > 0 {
			after = append(after, buf[:n]...)
		} else {
			after = append(after, bytes.TrimLeft(buf[:n], "\x00")...)
		}
		if text := string(after); text != "" && text != "\n" && text != "\r" && text != "\r\n" { // the line break that text tools add
			return content.Refuse("if several tarballs were joined (cat, tar -A, gzip -c >>), build one of all files", "there is other data after the end of the archive, after %s", s.place())
		}
		if s.in.count-end > longestPadding {
			return content.Refuse(content.HintAgain, "more than %s of padding follow the end of the archive", deploy.Size(longestPadding))
		}
		if errors.Is(err, io.EOF) {
			return io.EOF
		}
		if err != nil {
			return s.damage(err)
		}
	}
}

// longestPadding is how many zeros may follow the end of an archive, in bytes. Tapes have blocks of some MiB at most.
const longestPadding = 64 << 20

// place names where reading stopped.
func (s *stream) place() string {
	if s.last == "" {
		return "its beginning"
	}
	return "member " + content.Quote(s.last)
}

// damage says what an error from the layers below means.
func (s *stream) damage(err error) error {
	var corrupt flate.CorruptInputError
	trailing := errors.Is(err, gzip.ErrHeader) || errors.Is(err, zstd.ErrMagicMismatch)
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return content.Refuse(content.HintAgain, "it is cut off, in or after %s", s.place())
	case trailing && s.tar == nil:
		return content.Refuse(content.HintAgain, "its header is damaged: %w", err)
	case trailing:
		return content.Refuse("build it again, and upload it as it is written; of what follows a gzip stream only zeros and one line break are taken for padding",
			"there is other data after the end of the compressed stream, after %s", s.place())
	case errors.Is(err, zstd.ErrWindowSizeExceeded):
		return content.Refuse("compress it without --long and --ultra", "it needs more than %d MiB of memory to be decompressed", maxWindow>>20)
	case errors.Is(err, tar.ErrHeader):
		return content.Refuse(content.HintAgain, "it is damaged: no valid header follows %s", s.place())
	case errors.Is(err, gzip.ErrChecksum), errors.Is(err, zstd.ErrCRCMismatch), errors.As(err, &corrupt):
		return content.Refuse(content.HintAgain, "it is damaged, in or after %s: %w", s.place(), err)
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
