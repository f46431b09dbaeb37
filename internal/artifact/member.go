package artifact

import (
	"archive/tar"
	"strings"

	"github.com/slipway/slipway/internal/artifact/content"
)

// fileMode keeps who may read and run a file, and nothing else of its mode. The owner may always read and write it.
func fileMode(mode int64) uint16 { return uint16(mode)&0o755 | 0o600 }

// dirMode keeps who may list and enter a folder, and nothing else of its mode. The owner may do everything in it.
func dirMode(mode int64) uint16 { return uint16(mode)&0o755 | 0o700 }

// stripped drops leading folders; "" is what is left of a path with no more parts than that.
func stripped(clean string, components int) string {
	for range components {
		_, rest, _ := strings.Cut(clean, "/")
		clean = rest
	}
	if clean == "." {
		return ""
	}
	return clean
}

// kindOf is what a member of an archive becomes. A hard link is a File.
func kindOf(header *tar.Header) (content.Kind, error) {
	switch header.Typeflag {
	case tar.TypeReg, tar.TypeCont, tar.TypeGNUSparse:
		if !strings.HasSuffix(header.Name, "/") {
			return content.File, nil
		}
		if header.Size == 0 {
			return content.Dir, nil // how archives from before 1988 state a folder; GNU tar reads it so, too
		}
		return 0, content.Refuse(content.HintAgain, "member %s is a file with the name of a folder", content.Quote(header.Name))
	case tar.TypeLink:
		return content.File, nil
	case tar.TypeDir:
		return content.Dir, nil
	case tar.TypeSymlink:
		return content.Link, nil
	}
	what := map[byte]string{
		tar.TypeChar:  "a device node",
		tar.TypeBlock: "a device node",
		tar.TypeFifo:  "a FIFO",
		'D':           "part of an incremental backup",
		'M':           "the rest of a file of another volume",
	}[header.Typeflag]
	if what == "" {
		what = "of the unknown kind " + content.Quote(string(rune(header.Typeflag)))
	}
	return 0, content.Refuse("leave it out of the tarball", "member %s is %s; a release holds files, folders and links", content.Quote(header.Name), what)
}
