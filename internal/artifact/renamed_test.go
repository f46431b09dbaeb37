package artifact

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway/slipway/internal/artifact/content"
)

// What the old contents of a file are, for the names that builds give.
func TestRenamed(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		old, next []string
		was       map[string]string
	}{
		"the hash of a bundler":     {[]string{"js/app.3f2a.js", "js/app.3f2a.css"}, []string{"js/app.77bc.js", "js/app.77bc.css"}, map[string]string{"js/app.77bc.js": "js/app.3f2a.js", "js/app.77bc.css": "js/app.3f2a.css"}},
		"a hash of letters":         {[]string{"a/index-BxKzWqPf.js", "a/vendor-AaBbCcDd.js"}, []string{"a/index-Dk_3xB-a.js", "a/vendor-ZzYyXxWw.js"}, map[string]string{"a/index-Dk_3xB-a.js": "a/index-BxKzWqPf.js", "a/vendor-ZzYyXxWw.js": "a/vendor-AaBbCcDd.js"}},
		"a hash and nothing else":   {[]string{"c/1a2b.js", "c/3c4d.js"}, []string{"c/5e6f.js", "c/7a8b.js"}, map[string]string{"c/5e6f.js": "c/1a2b.js", "c/7a8b.js": "c/3c4d.js"}},
		"the folder of a version":   {[]string{"static-1.2/a/x.js", "static-1.2/b/x.js"}, []string{"static-1.3.1/a/x.js", "static-1.3.1/b/x.js"}, map[string]string{"static-1.3.1/a/x.js": "static-1.2/a/x.js", "static-1.3.1/b/x.js": "static-1.2/b/x.js"}},
		"one that is kept":          {[]string{"docs/1.2/index.html"}, []string{"docs/1.2/index.html", "docs/1.3/index.html"}, map[string]string{"docs/1.3/index.html": "docs/1.2/index.html"}},
		"another folder":            {[]string{"src/a/index.js", "src/b/index.js"}, []string{"lib/b/index.js", "lib/a/index.js"}, map[string]string{"lib/a/index.js": "src/a/index.js", "lib/b/index.js": "src/b/index.js"}},
		"the same path first":       {[]string{"app.1a.js", "app.js"}, []string{"app.js", "app.2b.js"}, map[string]string{"app.js": "app.js", "app.2b.js": "app.1a.js"}},
		"more than before":          {[]string{"c.1a.js"}, []string{"c.2b.js", "c.3c.js"}, map[string]string{"c.2b.js": "c.1a.js", "c.3c.js": "c.1a.js"}},
		"another name":              {[]string{"one.js", "folder/two.css"}, []string{"three.js", "folder/two.js"}, map[string]string{}},
		"of the name another stays": {[]string{"a/index.js"}, []string{"a/index.js", "b/index.js"}, map[string]string{}},
		"what is no line of a list": {[]string{`app\.1a.js`}, []string{`app\.2b.js`}, map[string]string{}},
	} {
		entries := func(names []string, text string) (list []entry) {
			for _, name := range names {
				if name == "docs/1.2/index.html" || name == "a/index.js" {
					text = "the same"
				}
				list = append(list, file(name, name+text))
			}
			return list
		}
		reuse := content.NewReuse(manifestOf(t, entries(c.old, "old")...), manifestOf(t, entries(c.next, "next")...), nil)
		was := map[string]string{}
		for _, change := range reuse.Changed {
			was[change.Path] = change.Was
		}
		if diff := cmp.Diff(c.was, was); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}
