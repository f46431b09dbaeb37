// Package source brings the artifact to this machine, as exactly one file: what a path or glob means, what CI built of a commit, or what
// lies at an address.
//
// It must not know what is in the file.
package source

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/slipway/slipway/internal/deploy"
)

// Find gives the path of the one file that the pattern means: the file of that very name, or the only match of a glob
// (`*`, `?`, `[a-z]`, `{a,b}`, and `**` for any folders). Folders do not count as matches of a glob. When it is not one
// file, the *deploy.Error says what matched and what is there.
func Find(pattern string) (string, error) {
	if pattern == "" {
		return "", refuse("set `artifact` to the tarball that the build wrote", "no artifact is named")
	}
	info, err := os.Stat(pattern)
	switch {
	case err == nil && info.IsDir():
		return "", refuse("name a file in it, or make a tarball of it with `slipway pack`", "%s is a folder; %s", pattern, listing(pattern))
	case err == nil:
		return found(pattern, info)
	case !isGlob(pattern) && !errors.Is(err, fs.ErrNotExist):
		return "", refuse("", "%w", err)
	case dangling(pattern) != "":
		return "", refuse("build what it points to, or name the file itself", "%s is a link to %s, which does not exist", pattern, printable(dangling(pattern)))
	case !isGlob(pattern):
		return "", refuse(missingHint(pattern), "%s does not exist; %s", pattern, listing(existing(filepath.Dir(pattern))))
	}
	return glob(pattern)
}

func glob(pattern string) (string, error) {
	matches, err := doublestar.FilepathGlob(pattern, doublestar.WithFilesOnly())
	if err != nil {
		return "", refuse("look at its brackets and braces; a backslash makes the character after it plain", "%s is no pattern: %w", pattern, err)
	}
	switch len(matches) {
	case 0:
		base, _ := doublestar.SplitPattern(filepath.ToSlash(pattern))
		return "", refuse(missingHint(pattern), "%s matches no file; %s", pattern, listing(existing(filepath.FromSlash(base))))
	case 1:
		info, err := os.Stat(matches[0])
		if target := dangling(matches[0]); err != nil && target != "" {
			return "", refuse("build what it points to, or write a narrower pattern", "%s is a link to %s, which does not exist", matches[0], printable(target))
		}
		if err != nil {
			return "", refuse("", "%w", err)
		}
		return found(matches[0], info)
	}
	return "", refuse("write a narrower pattern, or let the build clear the folder first", "%s matches %d files: %s", pattern, len(matches), names(matches))
}

// found is a path that matches, unless no tarball can be read from it. Opening a FIFO would wait for somebody to write to it.
func found(path string, info fs.FileInfo) (string, error) {
	var kind string
	switch mode := info.Mode(); {
	case mode.IsRegular():
		return path, nil
	case mode&fs.ModeNamedPipe != 0:
		kind = "a FIFO"
	case mode&fs.ModeSocket != 0:
		kind = "a socket"
	case mode&fs.ModeDevice != 0:
		kind = "a device"
	default:
		kind = "no regular file"
	}
	return "", refuse("write the tarball to a file first, and name that", "%s is %s", path, kind)
}

// dangling is the target of a link that leads nowhere; "" for all else.
func dangling(path string) string {
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return ""
	}
	target, err := os.Readlink(path)
	if err != nil {
		return ""
	}
	return target
}

func isGlob(pattern string) bool { return strings.ContainsAny(pattern, `*?[{\`) }

// existing is the folder itself or the closest one above it that exists.
func existing(dir string) string {
	for {
		if info, err := os.Stat(dir); err == nil && info.IsDir() || dir == filepath.Dir(dir) {
			return dir
		}
		dir = filepath.Dir(dir)
	}
}

// listing says what is in a folder.
func listing(dir string) string {
	entries, err := os.ReadDir(dir)
	shown := "folder " + dir
	if dir == "." {
		shown = "the working directory"
	}
	switch {
	case err != nil:
		return fmt.Sprintf("%s cannot be read: %v", shown, errors.Unwrap(err))
	case len(entries) == 0:
		return shown + " is empty"
	}
	list := make([]string, len(entries))
	for i, entry := range entries {
		list[i] = entry.Name()
		if entry.IsDir() {
			list[i] += "/"
		}
	}
	return shown + " has " + names(list)
}

// names lists the first of many.
func names(list []string) string {
	const most = 8
	shown := make([]string, len(list))
	for i, name := range list {
		shown[i] = printable(name)
	}
	return deploy.List(shown, ", ", most)
}

// printable quotes a name only where it would not show as it is.
func printable(name string) string {
	if quoted := fmt.Sprintf("%q", name); quoted != `"`+name+`"` || strings.ContainsAny(name, " ,") {
		return quoted
	}
	return name
}

// missingHint knows the usual causes: a job that did not fetch what another one built, and a container that sees no other folder.
func missingHint(pattern string) string {
	if entries, err := os.ReadDir("."); err == nil && len(entries) == 0 {
		return deploy.EmptyWorkspace
	}
	if filepath.IsAbs(pattern) {
		return "check the path that the build writes; in CI, a container sees the workspace alone"
	}
	return "check the path that the build writes and the one that download-artifact unpacks to"
}

func refuse(hint, format string, args ...any) error {
	return &deploy.Error{Op: "find artifact", Cause: fmt.Errorf(format, args...), Hint: hint}
}
