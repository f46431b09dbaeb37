// Package docs_test holds that what the documents name is there.
package docs_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const root = ".."

var (
	fence   = regexp.MustCompile("(?s)\n *```.*?\n *```")
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading = regexp.MustCompile(`(?m)^#+ (.*)$`)
	inCode  = regexp.MustCompile("`([^`\n]+)`")
	path    = regexp.MustCompile(`^(?:internal|docs|e2e|bench|examples|\.ci|\.github)/[A-Za-z0-9._/-]*$`)
	notSlug = regexp.MustCompile(`[^\p{L}\p{N} _-]`)
)

// pages are all documents, by their path from the repository's root.
func pages(t *testing.T) []string {
	t.Helper()
	var found []string
	err := fs.WalkDir(os.DirFS(root), ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (entry.Name() == "testdata" || entry.Name() == ".git"):
			return fs.SkipDir
		case strings.HasSuffix(name, ".md"):
			found = append(found, name)
		}
		return nil
	})
	if err != nil || len(found) == 0 {
		t.Fatalf("pages %v, %v", found, err)
	}
	return found
}

func read(t *testing.T, page string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, page))
	if err != nil {
		t.Fatal(err)
	}
	return fence.ReplaceAllString(string(text), "")
}

// anchors are what GitHub makes of a page's headings.
func anchors(text string) []string {
	var all []string
	for _, found := range heading.FindAllStringSubmatch(text, -1) {
		words := link.ReplaceAllString(strings.ReplaceAll(found[1], "[", ""), "")
		all = append(all, strings.ReplaceAll(notSlug.ReplaceAllString(strings.ToLower(words), ""), " ", "-"))
	}
	return all
}

// TestLinks: every link within the repository leads to a file, and to a heading that is in it.
func TestLinks(t *testing.T) {
	t.Parallel()
	for _, page := range pages(t) {
		for _, found := range link.FindAllStringSubmatch(read(t, page), -1) {
			file, anchor, _ := strings.Cut(found[1], "#")
			if strings.Contains(file, "://") || strings.HasPrefix(file, "mailto:") {
				continue
			}
			target := page
			if file != "" {
				target = filepath.Join(filepath.Dir(page), file)
			}
			if _, err := os.Stat(filepath.Join(root, target)); err != nil {
				t.Errorf("%s: %s leads nowhere", page, found[1])
				continue
			}
			if anchor != "" && !slices.Contains(anchors(read(t, target)), anchor) {
				t.Errorf("%s: %s has no heading #%s", page, target, anchor)
			}
		}
	}
}

// TestPaths: a path of the repository that a page for contributors names is there.
func TestPaths(t *testing.T) {
	t.Parallel()
	for _, page := range []string{"CONTRIBUTING.md", "docs/packages.md"} {
		for _, found := range inCode.FindAllStringSubmatch(read(t, page), -1) {
			if !path.MatchString(found[1]) {
				continue
			}
			if _, err := os.Stat(filepath.Join(root, found[1])); err != nil {
				t.Errorf("%s names %s, which is not there", page, found[1])
			}
		}
	}
}

// TestEveryPageIsListed: a page that the table of contents does not name is one that nobody finds.
func TestEveryPageIsListed(t *testing.T) {
	t.Parallel()
	contents := read(t, "docs/README.md")
	for _, page := range pages(t) {
		name, below := strings.CutPrefix(page, "docs/")
		if below && name != "README.md" && !strings.Contains(contents, "("+name+")") {
			t.Errorf("docs/README.md does not name %s", name)
		}
	}
}

// TestEveryPackageIsOnTheMap: docs/packages.md has a row for each package that offers something.
func TestEveryPackageIsOnTheMap(t *testing.T) {
	t.Parallel()
	text := read(t, "docs/packages.md")
	folders, err := filepath.Glob(filepath.Join(root, "internal", "*"))
	if err != nil || len(folders) == 0 {
		t.Fatal(folders, err)
	}
	for _, folder := range folders {
		if name := filepath.Base(folder); !strings.Contains(text, "\n| "+name+" |") && !strings.Contains(text, "\n| "+name+",") {
			t.Errorf("docs/packages.md has no row for internal/%s", name)
		}
	}
}
