package cache

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/klauspost/compress/zstd"

	"github.com/slipway/slipway/internal/artifact/content"
)

// What reading a manifest may take, in bytes: the window of zstd, and the text. That of a hundred thousand files is some 20 MB.
const (
	manifestWindow = 8 << 20
	maxManifest    = 256 << 20
)

// writeManifest writes a manifest, compressed: how many bytes its entries have, a line; these; the hashes.
func writeManifest(w io.Writer, m content.Manifest) error {
	var entries strings.Builder
	if err := m.WriteEntries(&entries); err != nil {
		return err
	}
	out, err := zstd.NewWriter(w, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(manifestWindow))
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%d\n%s", entries.Len(), entries.String())
	if err == nil {
		err = m.WriteSHA256(out)
	}
	return errors.Join(err, out.Close())
}

// readManifest reads what writeManifest wrote, or what somebody has made of it.
func readManifest(r io.Reader) (content.Manifest, error) {
	plain, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(manifestWindow))
	if err != nil {
		return content.Manifest{}, err
	}
	defer plain.Close()
	in := bufio.NewReader(io.LimitReader(plain, maxManifest))
	line, err := in.ReadSlice('\n')
	if err != nil {
		return content.Manifest{}, err
	}
	size, err := strconv.ParseInt(strings.TrimSuffix(string(line), "\n"), 10, 64)
	if err != nil {
		return content.Manifest{}, err
	}
	return content.ReadManifest(io.LimitReader(in, size), in)
}
