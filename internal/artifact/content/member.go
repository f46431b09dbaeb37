// Package content has what an artifact unpacks to: its members, the rules for their names and links, and the manifest, which both
// who packs a tarball and who reads one go by.
//
// The package must not know tarballs, or how contents are read.
package content

import (
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
	ImpliedDirMode = 0o755
	LinkMode       = 0o777
)

// What Linux file systems take, in bytes. The longest path leaves room for the deploy path before it.
const (
	longestName   = 255
	longestPath   = 3500
	longestTarget = 4000
)

// CleanName gives the path that a name in an archive means; "." is the release itself.
func CleanName(name string) (string, error) {
	switch {
	case name == "":
		return "", Refuse(HintAgain, "it has a member without a name")
	case strings.ContainsAny(name, "\x00\n\r"):
		return "", Refuse(HintRename, "member %s has a line break or NUL in its name", Quote(name))
	case name[0] == '/':
		return "", Refuse("build the tarball from within the folder: tar -C <folder> -cf <file> .", "member %s has an absolute name", Quote(name))
	case len(name) > longestPath:
		return "", Refuse(HintRename, "member %s has a name of %d bytes; hosts take %d", Quote(name), len(name), longestPath)
	}
	for part := range strings.SplitSeq(name, "/") {
		if part == ".." {
			return "", Refuse("build the tarball from within the folder: tar -C <folder> -cf <file> .", "member %s has a `..` in its name, which can lead out of the release", Quote(name))
		}
		if len(part) > longestName {
			return "", Refuse(HintRename, "member %s has a part of %d bytes in its name; file systems take %d", Quote(name), len(part), longestName)
		}
	}
	return path.Clean(name), nil
}
