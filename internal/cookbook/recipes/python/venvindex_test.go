//go:build cookbook

package python_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/slipway/slipway/internal/cookbook/recipetest"
	"github.com/slipway/slipway/internal/cookbook/shelltest"
)

// index is a package index (PEP 503) that counts what it is asked.
type index struct {
	*httptest.Server
	mu    sync.Mutex
	asked []string
}

func newIndex(t *testing.T, files map[string]string) *index {
	t.Helper()
	i := &index{}
	i.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		i.mu.Lock()
		i.asked = append(i.asked, r.URL.Path)
		i.mu.Unlock()
		if content, found := files[strings.TrimPrefix(r.URL.Path, "/files/")]; found {
			_, _ = w.Write([]byte(content))
			return
		}
		w.Header().Set("Content-Type", "text/html")
		for name := range files {
			if strings.HasPrefix(name, strings.Trim(strings.TrimPrefix(r.URL.Path, "/simple"), "/")+"-") {
				_, _ = fmt.Fprintf(w, "<a href=\"/files/%s\">%s</a>\n", name, name)
			}
		}
	}))
	t.Cleanup(i.Close)
	return i
}

// count is how often the index was asked since the last count.
func (i *index) count() int {
	i.mu.Lock()
	defer i.mu.Unlock()
	n := len(i.asked)
	i.asked = nil
	return n
}

// TestVenvFromIndex: what a lock file names is fetched once; what is not pinned is looked for each time.
func TestVenvFromIndex(t *testing.T) {
	t.Parallel()
	wheel := greeting("1.0").Bytes(t)
	other := recipetest.Wheel{Project: "other", Version: "2.0", Files: map[string]string{"other.py": ""}}
	packages := newIndex(t, map[string]string{greeting("1.0").Name(): wheel, other.Name(): other.Bytes(t)})
	r := newRelease(t)
	r.env = []string{"PIP_INDEX_URL=" + packages.URL + "/simple", "PIP_RETRIES=0"}
	shelltest.Write(t, r.dir, map[string]string{"requirements.txt": "greeting>=1.0\n"})
	r.venv(t, nil).Expect(t, "not pinned", false, "Successfully installed greeting-1.0")
	shelltest.Write(t, r.dir, map[string]string{"requirements.txt": "greeting==1.0\n"})
	r.venv(t, map[string]string{"cache": "false"}).Expect(t, "without a cache", false, "Successfully installed greeting-1.0")
	if _, err := os.Stat(filepath.Join(r.shared, ".cache")); err == nil {
		t.Error("there is a cache")
	}
	r.venv(t, nil).Expect(t, "pinned", false, "Successfully installed greeting-1.0")
	if packages.count() == 0 {
		t.Error("the index was not asked")
	}

	next := r.next(t)
	shelltest.Write(t, next.dir, map[string]string{"requirements.txt": "# the same, said otherwise\n\ngreeting==1.0\n"})
	next.venv(t, nil).Expect(t, "an unchanged lock", false, "slipway-note: 1 from shared/.cache, none fetched or built")
	next.says(t, "import greeting; greeting.main()", "ahoy 1.0\n")
	next.knowsNothingOf(t, r)
	if n := packages.count(); n != 0 {
		t.Errorf("the index was asked %d times for what has not changed", n)
	}
	found, _ := filepath.Glob(filepath.Join(next.dir, "venv/lib/*/site-packages/*/direct_url.json"))
	if len(found) > 0 {
		t.Errorf("the wheel's place is kept: %v", found)
	}

	more := r.next(t)
	shelltest.Write(t, more.dir, map[string]string{"requirements.txt": "greeting==1.0 --hash=sha256:" + hash(wheel) + "\nother==2.0 --hash=sha256:" + hash(other.Bytes(t)) + "\n"})
	more.venv(t, nil).Expect(t, "one more", false, "Successfully installed greeting-1.0 other-2.0")
	packages.Close()
	shelltest.Write(t, r.dir, map[string]string{"requirements.txt": "greeting>=1.0\n"})
	r.venv(t, nil).Expect(t, "not pinned, no index", true, "python/venv: `pip install` failed")
	more.venv(t, nil).Expect(t, "pinned, no index", false, "2 from shared/.cache, none")
}

// TestVenvForbidsTheNetwork: with wheels nothing asks an index, whatever says that it should.
func TestVenvForbidsTheNetwork(t *testing.T) {
	t.Parallel()
	wheel := greeting("1.0").Bytes(t)
	packages := newIndex(t, map[string]string{greeting("1.0").Name(): wheel, greeting("2.0").Name(): greeting("2.0").Bytes(t)})
	home := t.TempDir()
	shelltest.Write(t, home, map[string]string{".config/pip/pip.conf": "[global]\nindex-url = " + packages.URL + "/simple\nno-index = false\n"})
	r := newRelease(t)
	r.env = []string{"HOME=" + home, "PIP_INDEX_URL=" + packages.URL + "/simple", "PIP_EXTRA_INDEX_URL=" + packages.URL + "/simple", "PIP_NO_INDEX=0", "no_proxy=*"}
	shelltest.Write(t, r.dir, map[string]string{
		"wheels/" + greeting("1.0").Name(): wheel, "requirements.txt": "--extra-index-url " + packages.URL + "/simple\ngreeting\n",
	})
	r.venv(t, bundled).Expect(t, "wheels", false, "Successfully installed greeting-1.0")
	shelltest.Write(t, r.dir, map[string]string{"requirements.txt": "greeting==2.0\n"})
	r.venv(t, bundled).Expect(t, "one that only the index has", true, "No matching distribution found for greeting==2.0")

	sly := recipetest.Wheel{Project: "sly", Version: "1.0", Requires: []string{"greeting @ " + packages.URL + "/files/" + greeting("2.0").Name()}, Files: map[string]string{"sly.py": ""}}
	shelltest.Write(t, r.dir, map[string]string{"wheels/" + sly.Name(): sly.Bytes(t), "requirements.txt": "sly\n"})
	r.venv(t, bundled).Expect(t, "a wheel that requires an address", true, "127.0.0.1")
	if n := packages.count(); n != 0 {
		t.Errorf("the index was asked %d times: %v", n, packages.asked)
	}
}
