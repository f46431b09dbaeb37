package contents

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"errors"
	"io"
	"strconv"
	"strings"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/release"
	"github.com/slipway/slipway/internal/transport"
)

//go:embed old.sh
var oldScript string

// Old asks for the contents of many files, of together no more than most bytes, and adds those that hold what the manifest says: a few
// programs read them all.
func Old(site release.Site, id deploy.ReleaseID, files []File, most int64, found map[string][]byte) release.Operation {
	var list strings.Builder
	for _, f := range files {
		list.WriteString("./" + f.Path + "\n")
	}
	const line = 32 // for the size, and the empty ones
	most += int64(list.Len() + line*len(files))
	return release.Operation{
		Name: "read files", Script: oldScript, Args: []string{site.Release(id)}, Limit: most, Silence: transport.LongSilence, Ahead: true,
		Stdin: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(list.String())), nil },
		Read: func(a release.Answer) error {
			text, err := unpacked(a.Text, most)
			if err == nil {
				err = readOld(text, files, found)
			}
			return err
		},
	}
}

var errOld = errors.New("the host's answer cannot be read")

// readOld reads what old.sh prints.
func readOld(text []byte, files []File, found map[string][]byte) error {
	hashes := make(map[string][sha256.Size]byte, len(files))
	for _, f := range files {
		hashes[f.Path] = f.Hash
	}
	for len(text) > 0 {
		head, rest, ok := bytes.Cut(text, []byte("\n\n"))
		if !ok {
			return errOld
		}
		text = rest
		for line := range strings.SplitSeq(string(head), "\n") {
			number, path, _ := strings.Cut(line, " ./")
			size, err := strconv.ParseUint(number, 10, 48)
			hash, asked := hashes[path]
			if err != nil || !asked || size > uint64(len(text)) {
				return errOld
			}
			delete(hashes, path)
			if sha256.Sum256(text[:size]) == hash {
				found[path] = text[:size:size]
			}
			text = text[size:]
		}
	}
	return nil
}
