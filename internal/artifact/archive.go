package artifact

import (
	"archive/tar"
	"errors"
	"fmt"
	"strings"

	"github.com/slipway/slipway/internal/artifact/content"
)

// shape is what the artifact's own file is for a tar that unpacks it: GNU's, or BusyBox's.
type shape struct {
	encoding string
	dotted   bool // its names begin with ./
	looked   bool
	odd      error // why tar makes something else of it than what the manifest lists
}

// Archive is how tar makes the content of the artifact's file as it stands: it is decompressed from zstd, gzip or none, and so many leading
// folders of its names are dropped. The error says why tar would make something else; where there is none it still may, and whoever
// unpacks it holds it against the manifest. Modes of files are tar's.
func (a *Artifact) Archive(strip int) (encoding string, components int, err error) {
	if a.shape.dotted && strip > 0 { // tar takes the dot for a folder
		strip++
	}
	return a.shape.encoding, strip, a.shape.odd
}

// encoding is the format's name.
func (f format) encoding() string {
	return map[format]string{formatTar: "none", formatGzip: Gzip, formatZstd: Zstd}[f]
}

// look judges one member by its header and its clean name.
func (s *shape) look(header *tar.Header, clean string) {
	if s.odd != nil {
		return
	}
	if why := s.oddity(header, clean); why != "" {
		s.odd = fmt.Errorf("member %s %w", content.Quote(header.Name), errors.New(why))
	}
}

func (s *shape) oddity(header *tar.Header, clean string) string {
	raw := strings.TrimSuffix(header.Name, "/")
	plain, dotted := strings.CutPrefix(raw, "./")
	isRoot := clean == "."
	if !s.looked && !isRoot {
		s.dotted, s.looked = dotted, true
	}
	switch {
	case header.Typeflag == tar.TypeLink:
		return "is a hard link"
	case header.Typeflag == tar.TypeGNUSparse || header.PAXRecords["GNU.sparse.major"] != "" || header.PAXRecords["GNU.sparse.map"] != "":
		return "is a sparse file"
	case header.Typeflag != tar.TypeReg && header.Typeflag != tar.TypeDir && header.Typeflag != tar.TypeSymlink:
		return "is of a kind that few programs write"
	case !isRoot && (plain != clean || dotted != s.dotted):
		return "is not named like the others"
	case header.Mode&0o7000 != 0:
		return "is setuid, setgid or sticky"
	case header.Typeflag == tar.TypeDir && header.Mode&0o700 != 0o700:
		return "is a folder in which its owner may not do everything"
	}
	return ""
}
