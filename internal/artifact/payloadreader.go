package artifact

import (
	"archive/tar"
	"io"
	"strings"

	"github.com/klauspost/compress/zstd"
)

// PayloadReader reads the members of a zstd payload in its order, folders before what lies in them. It has one block in memory.
type PayloadReader struct {
	plain *zstd.Decoder
	tar   *tar.Reader
}

// NewPayloadReader begins with the first member. A payload that looks further back than Slipway's own may is refused.
func NewPayloadReader(payload io.Reader) (*PayloadReader, error) {
	plain, err := zstd.NewReader(payload, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(largestPiece))
	if err != nil {
		return nil, err
	}
	return &PayloadReader{plain: plain, tar: tar.NewReader(plain)}, nil
}

// Next goes to the next member, and gives its path in the release, "" for the release itself. It ends with io.EOF before the manifest,
// which comes last.
func (r *PayloadReader) Next() (path string, header *tar.Header, err error) { return nextMember(r.tar) }

func nextMember(in *tar.Reader) (path string, header *tar.Header, err error) {
	if header, err = in.Next(); err != nil {
		return "", nil, err
	}
	name, isMember := strings.CutPrefix(header.Name, treeDir)
	if !isMember {
		return "", nil, io.EOF
	}
	return strings.TrimSuffix(name, "/"), header, nil
}

// Read reads the member.
func (r *PayloadReader) Read(p []byte) (int, error) { return r.tar.Read(p) }

// Close gives its memory back.
func (r *PayloadReader) Close() { r.plain.Close() }
