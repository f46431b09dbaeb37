package releasetest

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Tree is what lies below a folder: of a file what describe says and the content, of a folder, whose name ends in a slash, what
// describe says, of a link its target.
func Tree(t testing.TB, root string, describe func(fs.FileInfo) string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || path == root {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		name := strings.TrimPrefix(path, root+"/")
		switch {
		case entry.Type() == fs.ModeSymlink:
			target, err := os.Readlink(path)
			all[name] = "-> " + target
			return err
		case entry.IsDir():
			all[name+"/"] = describe(info)
		default:
			content, err := os.ReadFile(path)
			all[name] = describe(info) + " " + string(content)
			return err
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
