package artifact

import (
	"bytes"
	"context"
	"errors"
	"io"
	"runtime"
	"sync"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"golang.org/x/sync/errgroup"
)

// largestPiece is how much of the tar is compressed by itself, in bytes: several pieces at the same time, each as a stream of its own, which
// hosts' programs take one behind the other for one. Of Go's sources the payload is 2 % smaller than with a window of 1 MiB over all, with
// pieces of half the size it is 1 % larger.
const largestPiece = 4 << 20

// atATime is how many pieces are compressed at the same time, and how large they are: as many as there are processors, and as fit into 8 MiB.
// A piece takes three times its size of memory.
func atATime(processors int) (pieces, size int) {
	switch {
	case processors >= 4:
		return 4, largestPiece / 2
	case processors >= 2:
		return 2, largestPiece
	}
	return 1, largestPiece
}

// effort is how thoroughly is compressed.
type effort int

const (
	usual  effort = iota // what pays on a link of 100 Mbit/s
	quick                // half of the time, for 4 % more bytes of a site with zstd: on a link that takes more than is made otherwise
	better               // twice to three times the time, for 2 % less
	efforts
)

var (
	zstdLevels = [efforts]zstd.EncoderLevel{usual: zstd.SpeedDefault, quick: zstd.SpeedFastest, better: zstd.SpeedBetterCompression}
	gzipLevels = [efforts]int{usual: gzipLevel, quick: 1, better: 8}
)

// gzipLevel is what is usual where all is compressed at once, too.
const gzipLevel = 5

// encoder compresses a piece, and writes it to what it is given.
type encoder func(to *bytes.Buffer, piece []byte, how effort) error

// newEncoders are as many as count, for as many pieces of a size at the same time.
func newEncoders(encoding string, count, size int) []encoder {
	encoders := make([]encoder, count)
	if encoding == Gzip {
		for i := range encoders {
			encoders[i] = gzipEncoder()
		}
		return encoders
	}
	var all [efforts]func() (*zstd.Encoder, error)
	for how, level := range zstdLevels {
		all[how] = sync.OnceValues(func() (*zstd.Encoder, error) {
			return zstd.NewWriter(nil, zstd.WithEncoderConcurrency(count), zstd.WithWindowSize(size), zstd.WithEncoderLevel(level))
		})
	}
	for i := range encoders {
		encoders[i] = func(to *bytes.Buffer, piece []byte, how effort) error {
			with, err := all[how]()
			if err == nil {
				_, err = to.Write(with.EncodeAll(piece, to.AvailableBuffer()))
			}
			return err
		}
	}
	return encoders
}

func gzipEncoder() encoder {
	var writers [efforts]*gzip.Writer
	return func(to *bytes.Buffer, piece []byte, how effort) (err error) {
		out := writers[how]
		if out != nil {
			out.Reset(to)
		} else if out, err = gzip.NewWriterLevel(to, gzipLevels[how]); err != nil {
			return err
		}
		writers[how] = out
		if _, err := out.Write(piece); err != nil {
			return err
		}
		return out.Close()
	}
}

// piece is a part of the tar, and what it became.
type piece struct {
	encode encoder
	plain  []byte
	packed *bytes.Buffer
	done   chan error
}

// compress compresses what it reads into a payload, with all processors.
func compress(ctx context.Context, from io.Reader, to *Payload) error {
	pieces, size := atATime(runtime.GOMAXPROCS(0))
	free, begun := make(chan *piece, pieces), make(chan *piece, pieces)
	for _, encode := range newEncoders(to.encoding, pieces, size) {
		free <- &piece{encode: encode, done: make(chan error, 1), plain: make([]byte, size), packed: bytes.NewBuffer(make([]byte, 0, size+size/64))}
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		defer close(begun)
		return begin(ctx, from, to, free, begun)
	})
	group.Go(func() error {
		for p := range begun {
			if err := <-p.done; err != nil {
				return err
			}
			if err := to.add(p.packed.Bytes(), int64(len(p.plain))); err != nil {
				return err
			}
			free <- p
		}
		return nil
	})
	return group.Wait()
}

// begin reads pieces, and has each compressed as soon as one of those before is written.
func begin(ctx context.Context, from io.Reader, to *Payload, free, begun chan *piece) error {
	for {
		how := to.keepPace(ctx)
		var p *piece
		select {
		case p = <-free:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		p.packed.Reset()
		n, err := io.ReadFull(from, p.plain[:cap(p.plain)])
		if p.plain = p.plain[:n]; n > 0 {
			go func() { p.done <- p.encode(p.packed, p.plain, how) }()
			begun <- p
		}
		switch {
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			return nil
		case err != nil:
			return err
		}
	}
}
