package artifact

import (
	"errors"
	"io"

	"github.com/klauspost/compress/zstd"
)

// Packed is about how many bytes a payload of all members has, before that is made.
func (a *Artifact) Packed() int64 { return a.packed }

// A sample is so many pieces of so many bytes each, spread over all.
const (
	samplePieces = 32
	samplePiece  = 64 << 10
)

// sampled is about how many bytes become of a section when it is compressed: what a sample of it becomes.
func sampled(all *io.SectionReader) (int64, error) {
	encoder, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithWindowSize(samplePiece))
	if err != nil {
		return 0, err
	}
	piece, packed := make([]byte, samplePiece), []byte(nil)
	var taken, made int64
	for at, step := int64(0), max(samplePiece, all.Size()/samplePieces); at < all.Size(); at += step {
		n, err := all.ReadAt(piece, at)
		if err != nil && !errors.Is(err, io.EOF) {
			return 0, err
		}
		packed = encoder.EncodeAll(piece[:n], packed[:0])
		taken, made = taken+int64(n), made+int64(len(packed))
	}
	return int64(float64(made) / float64(max(1, taken)) * float64(all.Size())), nil
}
