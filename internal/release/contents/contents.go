// Package contents reads of a release that lies on a host what its manifest says, and some of its files.
//
// It reads and changes nothing, and needs no lock. What it gives is what the artifact held: a file that was changed on the host since is
// not given. The package must not know what the contents are compared with.
package contents

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"errors"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/lazyregexp"
	"github.com/slipway/slipway/internal/release"
)

//go:embed digest.sh
var digestScript string

//go:embed files.sh
var filesScript string

var digestForm = lazyregexp.New(`^[0-9a-f]{64}$`)

// Digest asks for the content digest of a release; it is "" where the release has no manifest: another tool made it.
func Digest(site release.Site, id deploy.ReleaseID, digest *deploy.Digest) release.Operation {
	return release.Operation{
		Name: "read digest", Script: digestScript, Args: []string{site.Records(id)}, Limit: 1024, Silence: time.Minute,
		Read: func(a release.Answer) error {
			text := strings.TrimSpace(string(a.Text))
			if text != "" && !digestForm.MatchString(text) {
				return errors.New("the host's record of the release is damaged: manifest/content is no digest")
			}
			*digest = deploy.Digest(text)
			return nil
		},
	}
}

// File is a file of a release that is asked for.
type File struct {
	Path string
	Hash [sha256.Size]byte // of its content
}

// Files asks for the contents of files, of those that are no larger than most bytes each, are not links, and hold what the manifest says.
func Files(site release.Site, id deploy.ReleaseID, files []File, most int64, found map[string][]byte) release.Operation {
	var list strings.Builder
	for _, f := range files {
		list.WriteString(f.Path + "\n")
	}
	return release.Operation{
		Name: "read files", Script: filesScript, Args: []string{site.Release(id), strconv.FormatInt(most, 10)},
		Stdin: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(list.String())), nil },
		Limit: int64(len(files)) * (most + 64), Silence: time.Minute,
		Read: func(a release.Answer) error {
			for rest := a.Text; len(rest) > 0; {
				head, body, _ := bytes.Cut(rest, []byte("\n"))
				number, size, ok := strings.Cut(string(head), " ")
				i, err := strconv.Atoi(number)
				n, err2 := strconv.Atoi(size)
				if !ok || err != nil || err2 != nil || i < 0 || i >= len(files) || n < 0 || n > len(body) {
					return errors.New("the host's answer cannot be read")
				}
				if sha256.Sum256(body[:n]) == files[i].Hash {
					found[files[i].Path] = body[:n]
				}
				rest = body[n:]
			}
			return nil
		},
	}
}
