package artifact

import (
	"archive/tar"
	"crypto/sha256"
	"path"
	"strings"
)

// Kind is what a member is, as the letter of its line in the manifest.
type Kind byte

// The kinds of members.
const (
	File Kind = 'f'
	Dir  Kind = 'd'
	Link Kind = 'l' // symbolic
)

func (k Kind) String() string {
	switch k {
	case File:
		return "a file"
	case Dir:
		return "a folder"
	case Link:
		return "a symbolic link"
	}
	return "unknown"
}

// Member is one file, folder or link of an artifact's content.
type Member struct {
	Path   string            // below the release: relative, clean, with slashes
	Target string            // of a link, as written; "" otherwise
	Size   int64             // of a file, bytes; 0 otherwise
	Hash   [sha256.Size]byte // of a file's content; zero otherwise
	Mode   uint16            // permission bits
	Kind   Kind
}

// The modes of folders that an archive does not list, and of links.
const (
	impliedDirMode = 0o755
	linkMode       = 0o777
)

// fileMode keeps who may read and run a file, and nothing else of its mode. The owner may always read and write it.
func fileMode(mode int64) uint16 { return uint16(mode)&0o755 | 0o600 }

// dirMode keeps who may list and enter a folder, and nothing else of its mode. The owner may do everything in it.
func dirMode(mode int64) uint16 { return uint16(mode)&0o755 | 0o700 }

// What Linux file systems take, in bytes. The longest path leaves room for the deploy path before it.
const (
	longestName   = 255
	longestPath   = 3500
	longestTarget = 4000
)

// cleanName gives the path that a name in an archive means; "." is the release itself.
func cleanName(name string) (string, error) {
	switch {
	case name == "":
		return "", refuse(hintAgain, "it has a member without a name")
	case strings.ContainsAny(name, "\x00\n\r"):
		return "", refuse(hintRename, "member %s has a line break or NUL in its name", quote(name))
	case name[0] == '/':
		return "", refuse("build the tarball from within the folder: tar -C <folder> -cf <file> .", "member %s has an absolute name", quote(name))
	case len(name) > longestPath:
		return "", refuse(hintRename, "member %s has a name of %d bytes; hosts take %d", quote(name), len(name), longestPath)
	}
	for part := range strings.SplitSeq(name, "/") {
		if part == ".." {
			return "", refuse("build the tarball from within the folder: tar -C <folder> -cf <file> .", "member %s has a `..` in its name, which can lead out of the release", quote(name))
		}
		if len(part) > longestName {
			return "", refuse(hintRename, "member %s has a part of %d bytes in its name; file systems take %d", quote(name), len(part), longestName)
		}
	}
	return path.Clean(name), nil
}

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
func kindOf(header *tar.Header) (Kind, error) {
	switch header.Typeflag {
	case tar.TypeReg, tar.TypeCont, tar.TypeGNUSparse:
		if !strings.HasSuffix(header.Name, "/") {
			return File, nil
		}
		if header.Size == 0 {
			return Dir, nil // how archives from before 1988 state a folder; GNU tar reads it so, too
		}
		return 0, refuse(hintAgain, "member %s is a file with the name of a folder", quote(header.Name))
	case tar.TypeLink:
		return File, nil
	case tar.TypeDir:
		return Dir, nil
	case tar.TypeSymlink:
		return Link, nil
	}
	what := map[byte]string{
		tar.TypeChar:  "a device node",
		tar.TypeBlock: "a device node",
		tar.TypeFifo:  "a FIFO",
		'D':           "part of an incremental backup",
		'M':           "the rest of a file of another volume",
	}[header.Typeflag]
	if what == "" {
		what = "of the unknown kind " + quote(string(rune(header.Typeflag)))
	}
	return 0, refuse("leave it out of the tarball", "member %s is %s; a release holds files, folders and links", quote(header.Name), what)
}
