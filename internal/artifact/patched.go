package artifact

import (
	"context"
	"io"
	"math/bits"

	"github.com/klauspost/compress/zstd"

	"github.com/slipway/slipway/internal/artifact/content"
)

// Patched is a delta in zstd whose changed files, those that old names, are compressed with their old contents as a dictionary: a host
// decompresses it with `zstd --patch-from`. Thorough compression takes three to five times as long; of many MB, and of two builds of a program, it alone
// finds most of what they have in common. It is made anew each time, and good until the artifact is closed.
func (a *Artifact) Patched(ctx context.Context, reuse *content.Reuse, old content.Old, thorough bool) (*Payload, error) {
	leave, err := a.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	patched, size := map[string]bool{}, len(old.Bytes)
	for _, path := range old.Next {
		member, _ := a.manifest.Find(path)
		patched[path] = true
		size += int(member.Size) + 4*blockSize // its header, and those of folders
	}
	out, err := newPayloadWriter(a.store, Zstd, against(old.Bytes, size, thorough))
	if err != nil {
		return nil, err
	}
	made, err := a.writeDelta(ctx, out, reuse, patched)
	if err != nil {
		out.discard()
		return nil, err
	}
	a.patched = append(a.patched, made)
	return made, nil
}

// against compresses with a dictionary that can be reached until as many bytes as size are in the window, with those of the dictionary.
// Less memory for the encoder means that what is in the window is moved once the window is full, which it never is.
func against(dictionary []byte, size int, thorough bool) compressor {
	level := zstd.SpeedBetterCompression // faster ones keep too little of a dictionary in mind: of 4 MB next to nothing
	if thorough {
		level = zstd.SpeedBestCompression
	}
	window := min(max(payloadWindow, 1<<bits.Len(uint(size))), content.MaxPatched)
	return func(out io.Writer) (io.WriteCloser, error) {
		return zstd.NewWriter(out, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(level), zstd.WithWindowSize(window),
			zstd.WithEncoderDictRaw(0, dictionary), zstd.WithLowerEncoderMem(true))
	}
}
