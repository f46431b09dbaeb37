package artifact

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/slipway/slipway/internal/artifact/content"
)

// hintPack is what to do with what is no tarball.
const hintPack = "build it with `slipway pack <folder>`, or with tar"

// format is what a file is by its first bytes; names are never asked.
type format int

const (
	formatTar format = iota
	formatGzip
	formatZstd
)

// blockSize is the size of a tar block: headers are one, contents are padded to it.
const blockSize = 512

// sniff tells the format from the first bytes of a file, at most blockSize of them. What is no tarball is refused with
// what it seems to be.
func sniff(head []byte) (format, error) {
	switch {
	case bytes.HasPrefix(head, []byte("\x1f\x8b")):
		return formatGzip, nil
	case bytes.HasPrefix(head, []byte("\x28\xb5\x2f\xfd")), isSkippableFrame(head):
		return formatZstd, nil
	case isTar(head):
		return formatTar, nil
	}
	return 0, notTar(head)
}

// isSkippableFrame knows the frames that a zstd file may begin with beside data (RFC 8878, 3.1.2); pzstd writes one.
func isSkippableFrame(head []byte) bool {
	return len(head) >= 4 && head[0]&0xf0 == 0x50 && bytes.Equal(head[1:4], []byte("\x2a\x4d\x18"))
}

// isTar checks the sum in a tar header, which all kinds of tar have at the same place since the first. A block of zeros
// is the end of an empty one.
func isTar(head []byte) bool {
	if len(head) < blockSize {
		return false
	}
	const at, size = 148, 8
	var sum, signedSum int64 // some old writers summed signed bytes
	zero := true
	for i, c := range head[:blockSize] {
		zero = zero && c == 0
		if i >= at && i < at+size {
			c = ' '
		}
		sum += int64(c)
		signedSum += int64(int8(c))
	}
	if zero {
		return true
	}
	text := strings.Trim(string(head[at:at+size]), " \x00")
	stated, err := strconv.ParseInt(text, 8, 64)
	return err == nil && (stated == sum || stated == signedSum)
}

// notTar says what a file is that is no tarball, and what to do.
func notTar(head []byte) error {
	const rebuild = "only .tar, .tar.gz and .tar.zst are read: " + hintPack
	for _, known := range []struct{ magic, what, hint string }{
		{"PK\x03\x04", "a zip archive", "take the tarball out of it first; actions/download-artifact unpacks the zip that CI keeps artifacts in"},
		{"PK\x05\x06", "an empty zip archive", "the build uploaded nothing: look at the path that it uploads"},
		{"\xfd7zXZ\x00", "compressed with xz", "compress with gzip or zstd instead (tar --zstd)"},
		{"BZh", "compressed with bzip2", "compress with gzip or zstd instead (tar --zstd)"},
		{"\x04\x22\x4d\x18", "compressed with lz4", "compress with gzip or zstd instead (tar --zstd)"},
		{"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", rebuild},
		{"!<arch>\n", "an ar archive or a Debian package", rebuild},
		{"\x7fELF", "a program, not an archive", rebuild},
		{"version https://git-lfs", "a Git LFS pointer, not the file it stands for", "check out with `lfs: true`"},
	} {
		if bytes.HasPrefix(head, []byte(known.magic)) {
			return content.Refuse(known.hint, "it is %s", known.what)
		}
	}
	start := strings.ToLower(strings.TrimLeft(strings.TrimPrefix(string(head), "\ufeff"), " \t\r\n"))
	switch {
	case strings.HasPrefix(start, "<!doctype html"), strings.HasPrefix(start, "<html"):
		return content.Refuse("what fetched it got an error or log-in page: check its address and token, and use curl --fail", "it is an HTML page")
	case strings.HasPrefix(start, "{"), strings.HasPrefix(start, "<?xml"):
		return content.Refuse("what fetched it got an answer that is no file: look at its text", "it is a text that begins %s", content.Quote(firstLine(start)))
	}
	return content.Refuse(rebuild, "it is no tarball (it begins %s)", content.Quote(firstLine(string(head))))
}

// firstLine is the beginning of a text that is shown to a person.
func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line[:min(len(line), 40)]
}
