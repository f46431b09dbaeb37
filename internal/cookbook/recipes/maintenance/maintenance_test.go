package maintenance_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"slipway/internal/cookbook/recipetest"
	"slipway/internal/cookbook/shelltest"
	"slipway/internal/needtest"
)

func TestMain(m *testing.M) { needtest.RunWaiting(m) }

// TestOnAndOff closes a site that looks for the file, and opens it again.
func TestOnAndOff(t *testing.T) {
	t.Parallel()
	needtest.Programs(t, "curl")
	shelltest.Each(t, func(t *testing.T, shell []string) {
		shared, release := t.TempDir(), t.TempDir()
		file := filepath.Join(shared, "maintenance.html")
		site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			if _, err := os.Stat(file); err == nil {
				w.WriteHeader(http.StatusServiceUnavailable)
			}
		}))
		defer site.Close()
		shelltest.Write(t, release, map[string]string{"503.html": "closed for now\n"})
		run := func(script string) shelltest.Outcome {
			return shelltest.Run(t, shell, release, script, "SLIPWAY_SHARED_PATH="+shared)
		}
		on := func(with map[string]string) shelltest.Outcome {
			return run(recipetest.Rendered(t, "maintenance/on", with))
		}
		back := func(with map[string]string) shelltest.Outcome {
			return run(recipetest.Undoing(t, "maintenance/on", with))
		}
		off := func() shelltest.Outcome { return run(recipetest.Rendered(t, "maintenance/off", nil)) }
		holds := func(what, want string) {
			t.Helper()
			text, err := os.ReadFile(file)
			if string(text) != want || (err != nil) != (want == "") {
				t.Errorf("%s: the file holds %q, %v; want %q", what, text, err, want)
			}
		}
		leaves := func(what string, want int) {
			t.Helper()
			if left, err := os.ReadDir(shared); err != nil || len(left) != want {
				t.Errorf("%s leaves %v, %v", what, left, err)
			}
		}
		url := map[string]string{"url": site.URL, "page": "503.html"}
		on(url).Is(t, "on", "")
		holds("on", "closed for now\n")
		on(url).Is(t, "on again", "")
		run(recipetest.Scripts(t, "maintenance/on", nil).Check).Is(t, "check", "")
		back(url).Is(t, "undo", "")
		leaves("undo", 0)
		back(url).Is(t, "undo again", "")
		run(recipetest.Scripts(t, "maintenance/on", nil).Check).Expect(t, "check of an open site", true, "")

		on(nil).Is(t, "on with a text", "")
		holds("on with a text", "We are back in a few minutes.\n")
		off().Is(t, "off", "")
		leaves("off", 0)
		off().Is(t, "off again", "")

		// What is refused closes nothing.
		on(map[string]string{"page": "none.html"}).Expect(t, "no such page", true, "there is no none.html in the release")
		leaves("a page that is not there", 0)
		on(map[string]string{"file": "other.html", "url": site.URL}).Expect(t, "a site that does not look", true, "answers as ever although "+shared+"/other.html is there")
		leaves("a site that does not look", 0)
		on(map[string]string{"file": shared}).Expect(t, "a folder", true, "is a folder")

		// What a person closed stays closed.
		shelltest.Write(t, shared, map[string]string{"maintenance.html": "moving\n"})
		on(url).Expect(t, "a person's", false, "slipway-note: "+file+" was there before")
		back(nil).Expect(t, "a person's", false, "slipway-note: a person put "+file+" there: it stays\n")
		off().Expect(t, "a person's", false, "it stays")
		holds("a person's", "moving\n")
		leaves("a person's", 1)
	})
}

// TestOnCutOff kills the recipe at each of its commands: whatever was done, the next run and the undo put it right. BusyBox runs commands of
// its own, so this is dash's.
func TestOnCutOff(t *testing.T) {
	t.Parallel()
	needtest.Programs(t, "dash")
	shell, release := []string{"dash"}, t.TempDir()
	for _, program := range []string{"mkdir", "chmod", "mv"} {
		shared, tools := t.TempDir(), t.TempDir()
		shelltest.Write(t, tools, map[string]string{program: "#!/bin/sh\nkill -9 \"$PPID\"\n"})
		if err := os.Chmod(filepath.Join(tools, program), 0o700); err != nil {
			t.Fatal(err)
		}
		run := func(script string, env ...string) shelltest.Outcome {
			return shelltest.Run(t, shell, release, script, append(env, "SLIPWAY_SHARED_PATH="+shared)...)
		}
		run(recipetest.Rendered(t, "maintenance/on", nil), fmt.Sprintf("PATH=%s:/usr/bin:/bin", tools)).Expect(t, "cut off at "+program, true, "")
		if _, err := os.Stat(filepath.Join(shared, "maintenance.html")); err == nil {
			t.Errorf("cut off at %s, the site is closed", program)
		}
		run(recipetest.Rendered(t, "maintenance/on", nil)).Is(t, "on after "+program, "")
		run(recipetest.Undoing(t, "maintenance/on", nil)).Is(t, "undo after "+program, "")
		if left, err := os.ReadDir(shared); err != nil || len(left) != 0 {
			t.Errorf("after %s: %v, %v", program, left, err)
		}
	}
}
