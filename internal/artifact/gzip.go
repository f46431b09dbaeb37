package artifact

import (
	"bufio"
	"bytes"
	"errors"
	"io"

	"github.com/klauspost/compress/gzip"
)

// gzipStream reads the members of a gzip file one after the other, and the padding that may follow: zeros, as tape blocks
// and some upload tools add, and one line break, as text tools do. The gzip package alone takes both for a broken header.
type gzipStream struct {
	raw     *bufio.Reader
	members *gzip.Reader
	end     error // once there is no more; callers drop an error that comes with data, and ask again
}

func newGzipStream(r io.Reader) (*gzipStream, error) {
	raw := bufio.NewReader(r) // the package would make one of its own, and read ahead into the padding
	members, err := gzip.NewReader(raw)
	if err != nil {
		return nil, err
	}
	members.Multistream(false)
	return &gzipStream{raw: raw, members: members}, nil
}

func (g *gzipStream) Read(p []byte) (int, error) {
	if g.end != nil {
		return 0, g.end
	}
	n, err := g.members.Read(p)
	if errors.Is(err, io.EOF) {
		g.end = g.next()
		err = g.end
	}
	return n, err
}

// next begins the next member, or is io.EOF where there is none.
func (g *gzipStream) next() error {
	if head, _ := g.raw.Peek(2); !bytes.Equal(head, []byte("\x1f\x8b")) {
		return g.padding()
	}
	if err := g.members.Reset(g.raw); err != nil {
		return err
	}
	g.members.Multistream(false)
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
