package maintenance_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/slipway/slipway/internal/cookbook/recipetest"
	"github.com/slipway/slipway/internal/cookbook/shelltest"
	"github.com/slipway/slipway/internal/needtest"
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

// TestOnCutOff kills the recipe at each of its commands, of an open site and of one that is closed: the next run and the undo put right
// whatever was done, and a file that a person put there meanwhile stays. BusyBox runs commands of its own, so this is dash's.
func TestOnCutOff(t *testing.T) {
	t.Parallel()
	needtest.Programs(t, "dash")
	for _, program := range []string{"mkdir", "rm", "chmod", "ln", "mv"} {
		calls := 1
		for cutOff(t, program, calls, false) && cutOff(t, program, calls, true) {
			calls++
		}
		if calls == 1 {
			t.Errorf("the recipe does not call %s", program)
		}
	}
}

// cutOff kills the recipe where it calls a program for the nth time, and reports whether it does so often.
func cutOff(t *testing.T, program string, nth int, closed bool) bool {
	t.Helper()
	shell, release, shared, tools := []string{"dash"}, t.TempDir(), t.TempDir(), t.TempDir()
	file := filepath.Join(shared, "maintenance.html")
	shelltest.Write(t, tools, map[string]string{program: fmt.Sprintf(`#!/bin/sh
echo >>"$0.calls"
if [ "$(wc -l <"$0.calls")" -eq %d ]; then kill -9 "$PPID"; exit; fi
exec /bin/%s "$@"
`, nth, program)})
	if err := os.Chmod(filepath.Join(tools, program), 0o700); err != nil {
		t.Fatal(err)
	}
	run := func(script string, env ...string) shelltest.Outcome {
		return shelltest.Run(t, shell, release, script, append(env, "SLIPWAY_SHARED_PATH="+shared)...)
	}
	on, undo := recipetest.Rendered(t, "maintenance/on", nil), recipetest.Undoing(t, "maintenance/on", nil)
	what := fmt.Sprintf("%s %d, closed before is %v", program, nth, closed)
	if closed {
		run(recipetest.Rendered(t, "maintenance/on", map[string]string{"text": "before"})).Is(t, "on before "+what, "")
	}
	cut := run(on, fmt.Sprintf("PATH=%s:/usr/bin:/bin", tools)).Fail
	if _, err := os.Stat(file); err != nil {
		if closed {
			t.Errorf("cut off at %s, the site is open", what)
		}
		shelltest.Write(t, shared, map[string]string{"maintenance.html": "moving\n"})
		run(on).Expect(t, "on after a person, "+what, false, "a person put it there")
		run(undo).Expect(t, "undo after a person, "+what, false, "it stays")
		if text, err := os.ReadFile(file); err != nil || string(text) != "moving\n" {
			t.Errorf("the person's file after %s: %q, %v", what, text, err)
		}
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
	}
	run(on).Is(t, "on after "+what, "")
	if text, err := os.ReadFile(file); err != nil || string(text) != "We are back in a few minutes.\n" {
		t.Errorf("on after %s: %q, %v", what, text, err)
	}
	run(undo).Is(t, "undo after "+what, "")
	if left, err := os.ReadDir(shared); err != nil || len(left) != 0 {
		t.Errorf("after %s: %v, %v", what, left, err)
	}
	return cut
}
