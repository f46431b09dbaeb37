package scaffold

import "path"

type staticFacts struct {
	Built bool // the folder is the build's, and git does not hold it
}

// static is a folder with a page to begin with.
func static(t tree) *Application {
	for _, dir := range []string{".", "public", "site", "www", "html", "htdocs", "web", "docs"} {
		page := path.Join(dir, "index.html")
		if !t.has(page) {
			continue
		}
		a := &Application{Kind: "a static site", Page: "static", Signs: []string{page}, template: "static.yml", facts: staticFacts{}}
		if dir != "." {
			a.Folder = dir
		}
		return a
	}
	return nil
}
