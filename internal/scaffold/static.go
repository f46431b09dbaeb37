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
		a := &Application{Kind: "a static site", Page: "static", Signs: []string{page}, kind: staticFacts{}}
		if dir != "." {
			a.Folder = dir
		}
		return a
	}
	return nil
}

func (staticFacts) deployFile(w *lines, o Options) {
	w.add("preset: static")
	w.where(o)
	w.add("")
	w.add("# Better than the preset's look at index.html: what visitors get.")
	w.add(`# activate: {verify: [{name: Front page, http: "http://127.0.0.1/", headers: {Host: www.example.com}, within: 30s}]}`)
}
