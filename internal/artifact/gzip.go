package artifact

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"

	"github.com/slipway/slipway/internal/artifact/inflate"
)

// gzipStream reads the members of a gzip file one after the other, and the padding that may follow: zeros, as tape blocks
// and some upload tools add, and one line break, as text tools do. The gzip package alone takes both for a broken header.
type gzipStream struct {
	raw    *bufio.Reader
	header *gzip.Reader // of a member, and nothing else
	member *inflate.Reader
	sum    uint32
	size   uint32
	end    error // once there is no more; callers drop an error that comes with data, and ask again
}

func newGzipStream(r io.Reader) (*gzipStream, error) {
	raw := bufio.NewReaderSize(r, 64<<10)
	header, err := gzip.NewReader(raw)
	if err != nil {
		return nil, err
	}
	return &gzipStream{raw: raw, header: header, member: inflate.NewReader(raw)}, nil
}

func (g *gzipStream) Read(p []byte) (int, error) {
	if g.end != nil {
		return 0, g.end
	}
	n, err := g.member.Read(p)
	g.sum = crc32.Update(g.sum, crc32.IEEETable, p[:n])
	g.size += uint32(n)
	if errors.Is(err, io.EOF) {
		if err = g.trailer(); err == nil {
			err = g.next()
		}
	}
	g.end = err
	return n, err
}

// trailer compares what follows a member with it.
func (g *gzipStream) trailer() error {
	var trailer [8]byte
	if _, err := io.ReadFull(g.raw, trailer[:]); err != nil {
		if errors.Is(err, io.EOF) {
			return io.ErrUnexpectedEOF
		}
		return err
	}
	if binary.LittleEndian.Uint32(trailer[:4]) != g.sum || binary.LittleEndian.Uint32(trailer[4:]) != g.size {
		return gzip.ErrChecksum
	}
	g.sum, g.size = 0, 0
	return nil
}

// next begins the next member, or is io.EOF where there is none.
func (g *gzipStream) next() error {
	if head, _ := g.raw.Peek(2); !bytes.Equal(head, []byte("\x1f\x8b")) {
		return g.padding()
	}
	if err := g.header.Reset(g.raw); err != nil {
		return err
	}
	g.member.Reset()
	return nil
}

func (g *gzipStream) padding() error {
	breaks := 0
	for {
		c, err := g.raw.ReadByte()
		switch {
		case err != nil:
			return err
		case c == '\n' || c == '\r':
			if breaks++; breaks > 2 { // CR and LF
				return gzip.ErrHeader
			}
		case c != 0:
			return gzip.ErrHeader
		}
	}
}
