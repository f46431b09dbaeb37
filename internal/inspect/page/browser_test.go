package page_test

import (
	"context"
	"encoding/json"
	"flag"
	"html"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"regexp"
	"sync"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/inspect/page"
	"github.com/slipway/slipway/internal/needtest"
)

var pictures = flag.String("pictures", "", "a folder to write pictures of the page to")

// A browser that prefers the dark, as the settings of Chromium's engine have it.
const preferDark = "--blink-settings=preferredColorScheme=0"

// TestBrowser opens the page in a real browser, light and dark, as wide as phones and screens are: nothing is wider than the window, every
// text has contrast, what the keyboard reaches has a name, and nothing else is fetched. testdata/check.html looks.
func TestBrowser(t *testing.T) {
	t.Parallel()
	chromium := browser(t)
	production, commits := year("production", 1)
	server := serve(t, write(t, []page.Environment{production, split("staging")}, commits))
	for name, flags := range map[string][]string{"light": nil, "dark": {preferDark}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dom := browse(t, chromium, append(flags, "--dump-dom", server+"/check.html")...)
			found := regexp.MustCompile(`(?s)<pre id="result">(.*?)</pre>`).FindStringSubmatch(dom)
			if found == nil {
				t.Fatalf("the browser gives no result:\n%s", dom)
			}
			var result struct {
				Dark  bool     `json:"dark"`
				Wrong []string `json:"wrong"`
			}
			if err := json.Unmarshal([]byte(html.UnescapeString(found[1])), &result); err != nil {
				t.Fatalf("%v in %s", err, found[1])
			}
			if want := name == "dark"; result.Dark != want {
				t.Errorf("dark: %v, want %v", result.Dark, want)
			}
			for _, wrong := range result.Wrong {
				t.Error(wrong)
			}
			if *pictures != "" {
				for size, window := range map[string]string{"phone": "500,1600", "desktop": "1100,1190"} {
					file, err := filepath.Abs(filepath.Join(*pictures, name+"-"+size+".png"))
					if err != nil {
						t.Fatal(err)
					}
					browse(t, chromium, append(flags, "--hide-scrollbars", "--window-size="+window, "--screenshot="+file, server+"/page.html")...)
				}
			}
		})
	}
}

// browser is Chromium, or Chrome where that is what there is.
func browser(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"google-chrome", "chromium-browser"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return needtest.Program(t, "chromium")
}

// serve gives the page, and the one that looks at it. Whatever else is asked for is an error.
func serve(t *testing.T, text string) string {
	t.Helper()
	var mu sync.Mutex
	var others []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/page.html":
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			_, _ = w.Write([]byte(text))
		case "/check.html":
			http.ServeFile(w, r, "testdata/check.html")
		case "/favicon.ico": // of check.html
			http.NotFound(w, r)
		default:
			mu.Lock()
			defer mu.Unlock()
			others = append(others, r.URL.Path)
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(func() {
		server.Close()
		if len(others) > 0 {
			t.Errorf("the page asks for %q", others)
		}
	})
	return server.URL
}

// browse runs the browser without a window, with a profile of its own, and gives what it prints.
func browse(t *testing.T, chromium string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	args = append([]string{
		"--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-extensions",
		"--disable-background-networking", "--disable-component-update", "--virtual-time-budget=60000", "--user-data-dir=" + t.TempDir(),
	}, args...)
	out, err := exec.CommandContext(ctx, chromium, args...).Output()
	if err != nil {
		t.Fatalf("%v: %v", args, err)
	}
	return string(out)
}
