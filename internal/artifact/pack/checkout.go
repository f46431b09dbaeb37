package pack

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/slipway/slipway/internal/artifact/content"
)

// CheckedOut is the commit that is checked out in the git repository that a folder lies in; "" where it is in none, or the
// repository is of a kind that is not understood (references in a table). Only what git itself writes is read, no program run.
func CheckedOut(dir string) string {
	git := gitDir(dir)
	if git == "" {
		return ""
	}
	common := git // a linked work tree has its HEAD, and shares the rest
	if text := readLine(filepath.Join(git, "commondir")); text != "" {
		common = text
		if !filepath.IsAbs(text) {
			common = filepath.Join(git, text)
		}
	}
	head := readLine(filepath.Join(git, "HEAD"))
	name, symbolic := strings.CutPrefix(head, "ref: ")
	if symbolic {
		if name = strings.TrimSpace(name); !filepath.IsLocal(name) {
			return ""
		}
		if head = readLine(filepath.Join(common, filepath.FromSlash(name))); head == "" {
			head = packedRef(common, name)
		}
	}
	if !content.IsCommit(head) {
		return ""
	}
	return head
}

// gitDir is the repository of the closest folder that has one: a folder .git, or a file of that name that says where it is.
func gitDir(dir string) string {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return ""
	}
	for {
		at := filepath.Join(dir, ".git")
		if info, err := os.Stat(at); err == nil {
			if info.IsDir() {
				return at
			}
			target, _ := strings.CutPrefix(readLine(at), "gitdir: ")
			if target != "" && !filepath.IsAbs(target) {
				target = filepath.Join(dir, target)
			}
			return target
		}
		if dir == filepath.Dir(dir) {
			return ""
		}
		dir = filepath.Dir(dir)
	}
}

func packedRef(git, name string) string {
	text, err := os.ReadFile(filepath.Join(git, "packed-refs"))
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(text)) {
		if hash, ref, ok := strings.Cut(strings.TrimSpace(line), " "); ok && ref == name {
			return hash
		}
	}
	return ""
}

// readLine is the first line of a small file; "" when it cannot be read.
func readLine(path string) string {
	if info, err := os.Stat(path); err != nil || info.Mode().Type() != fs.FileMode(0) {
		return ""
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	line, _, _ := strings.Cut(string(text), "\n")
	return strings.TrimSpace(line)
}
