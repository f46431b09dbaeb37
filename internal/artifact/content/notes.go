package content

import (
	"bytes"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/slipway/slipway/internal/deploy"
)

// IgnoreFile lists what a packed tarball leaves out, at the top of the packed folder, in the language of .gitignore.
const IgnoreFile = ".slipwayignore"

// Noticed is what is seen of contents while they are read, for Notes.
type Noticed struct {
	pointers   []string // files that are Git LFS pointers
	submodules []byte   // the text of .gitmodules
}

// The beginning of a Git LFS pointer (github.com/git-lfs/git-lfs, docs/spec.md), and how long one can be.
const (
	pointerStart   = "version https://git-lfs.github.com/spec/v1\n"
	longestPointer = 1024
	longestModules = 64 << 10
)

// Look gives the content of a file, and keeps what notes need of it.
func (n *Noticed) Look(member Member, content io.Reader) io.Reader {
	switch {
	case member.Path == ".gitmodules" && member.Size <= longestModules:
		return io.TeeReader(content, writerFunc(func(p []byte) { n.submodules = append(n.submodules, p...) }))
	case member.Size > int64(len(pointerStart)) && member.Size < longestPointer:
		var head []byte
		return io.TeeReader(content, writerFunc(func(p []byte) {
			before := len(head)
			head = append(head, p...)
			if before < len(pointerStart) && bytes.HasPrefix(head, []byte(pointerStart)) {
				n.pointers = append(n.pointers, member.Path)
			}
		}))
	}
	return content
}

type writerFunc func(p []byte)

func (f writerFunc) Write(p []byte) (int, error) { f(p); return len(p), nil }

// Notes are sentences about what is odd in the content.
func (n *Noticed) Notes(manifest Manifest) []string {
	var notes, leftovers, private []string
	for m := range manifest.Members() {
		name := path.Base(m.Path)
		switch {
		case name == ".DS_Store" || name == "__MACOSX" || m.Kind == File && strings.HasPrefix(name, "._"):
			leftovers = append(leftovers, m.Path)
		case m.Path == ".git" || m.Path == ".github" || m.Path == "slipway.yml":
			private = append(private, m.Path)
		}
	}
	if len(n.pointers) > 0 {
		notes = append(notes, fmt.Sprintf("the artifact has Git LFS pointers in the place of files (%s): check out with `lfs: true`", Examples(n.pointers)))
	}
	if empty := n.emptySubmodules(manifest); len(empty) > 0 {
		notes = append(notes, fmt.Sprintf("the artifact has empty folders in the place of submodules (%s): check out with `submodules: true`; git archive leaves them out", Examples(empty)))
	}
	if len(leftovers) > 0 {
		notes = append(notes, fmt.Sprintf("the artifact has files of macOS (%s): build it with COPYFILE_DISABLE=1, or leave them out", Examples(leftovers)))
	}
	if len(private) > 0 {
		notes = append(notes, fmt.Sprintf("the artifact has %s in it, which a web server may publish: %s, or `export-ignore` of git archive, leaves out what is named there", Examples(private), IgnoreFile))
	}
	return notes
}

// emptySubmodules are the folders of .gitmodules that have nothing in them.
func (n *Noticed) emptySubmodules(manifest Manifest) []string {
	folders := map[string]bool{}
	for _, name := range submodulePaths(string(n.submodules)) {
		if m, ok := manifest.Find(name); ok && m.Kind == Dir {
			folders[name] = true
		}
	}
	for m := range manifest.Members() {
		if len(folders) == 0 {
			return nil
		}
		for dir := path.Dir(m.Path); dir != "."; dir = path.Dir(dir) {
			delete(folders, dir)
		}
	}
	var empty []string
	for m := range manifest.Members() {
		if folders[m.Path] {
			empty = append(empty, m.Path)
		}
	}
	return empty
}

// submodulePaths are the paths that a .gitmodules file names (gitmodules(5)).
func submodulePaths(text string) []string {
	var paths []string
	for line := range strings.Lines(text) {
		name, value, ok := strings.Cut(line, "=")
		if ok && strings.EqualFold(strings.TrimSpace(name), "path") {
			paths = append(paths, path.Clean(strings.Trim(strings.TrimSpace(value), `"`)))
		}
	}
	return paths
}

// Folder is the one folder that all members lie in; "" when there is none. Tarballs of GitHub, npm and git archive --prefix
// have one, and strip_components drops it.
func (m Manifest) Folder() string {
	folder := ""
	for member := range m.Members() {
		top, _, below := strings.Cut(member.Path, "/")
		switch {
		case folder == "" && member.Kind == Dir && !below:
			folder = top
		case top != folder:
			return ""
		}
	}
	return folder
}

// RefuseEmpty refuses content without a file that a site could be made of: only folders, links, empty and hidden files.
func RefuseEmpty(manifest Manifest, strip int) error {
	var all []string
	for m := range manifest.Members() {
		if m.Kind == File && m.Size > 0 && !strings.HasPrefix(path.Base(m.Path), ".") {
			return nil
		}
		name := m.Path
		if m.Kind == Dir {
			name += "/"
		}
		all = append(all, name)
	}
	hint := "look at what the build put into it"
	if strip > 0 {
		hint += ", and whether strip_components drops too much"
	}
	return Refuse(hint, "there is nothing in it to deploy: it has only folders, links, and empty or hidden files (%s)", Examples(all))
}

// Examples lists the first of many members.
func Examples(names []string) string {
	const most = 5
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = Quote(name)
	}
	return deploy.List(quoted, ", ", most)
}
