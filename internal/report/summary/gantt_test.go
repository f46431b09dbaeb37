package summary

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"slipway/internal/deploy"
)

// The tokens of Mermaid's gantt language as its lexer finds them (packages/mermaid/src/diagrams/gantt/parser/gantt.jison, options
// case-insensitive), in its order: the first that fits counts.
var ganttTokens = []struct {
	name    string
	pattern *regexp.Regexp
}{
	{"accTitle", token(`accTitle\s*:\s*`)},
	{"accDescr", token(`accDescr\s*:\s*`)},
	{"accDescr", token(`accDescr\s*\{\s*`)},
	{"comment", token(`%%[^\n]*`)},
	{"comment", token(`[^}]%%*[^\n]*`)},
	{"comment", token(`%[^\n]*`)},
	{"newline", token(`\n+`)},
	{"space", token(`\s+`)},
	{"href", token(`href\s+"`)},
	{"call", token(`call\s+`)},
	{"click", token(`click\s+`)},
	{"gantt", token(`gantt`)},
	{"dateFormat", token(`dateFormat\s[^#\n;]+`)},
	{"inclusiveEndDates", token(`inclusiveEndDates`)},
	{"topAxis", token(`topAxis`)},
	{"axisFormat", token(`axisFormat\s[^#\n;]+`)},
	{"tickInterval", token(`tickInterval\s[^#\n;]+`)},
	{"includes", token(`includes\s[^#\n;]+`)},
	{"excludes", token(`excludes\s[^#\n;]+`)},
	{"todayMarker", token(`todayMarker\s[^\n;]+`)},
	{"weekday", token(`weekday\s`)},
	{"weekend", token(`weekend\s`)},
	{"date", token(`\d\d\d\d-\d\d-\d\d`)},
	{"title", token(`title\s[^\n]+`)},
	{"accDescription", token(`accDescription\s[^#\n;]+`)},
	{"section", token(`section\s[^\n]+`)},
	{"task", token(`[^:\n]+`)},
	{"data", token(`:[^#\n;]+`)},
}

func token(pattern string) *regexp.Regexp { return regexp.MustCompile(`(?i)^(?:` + pattern + `)`) }

// lex are the names of a line's tokens, less space.
func lex(line string) string {
	var names []string
	for line != "" {
		found := false
		for _, token := range ganttTokens {
			if m := token.pattern.FindString(line); m != "" {
				if token.name != "space" {
					names = append(names, token.name)
				}
				line, found = line[len(m):], true
				break
			}
		}
		if !found {
			return strings.Join(append(names, "none"), " ")
		}
	}
	return strings.Join(names, " ")
}

var ganttData = regexp.MustCompile(`^:(done|crit), (\d\d:\d\d:\d\d\.\d{3}), (\d\d:\d\d:\d\d\.\d{3})$`)

// checkGantt demands that a chart is our head, sections, and tasks that are a name and data, whatever the names hold.
func checkGantt(t testing.TB, chart string) (bars int) {
	t.Helper()
	lines := strings.Split(strings.TrimSuffix(chart, "\n"), "\n")
	want := []string{"gantt", "dateFormat", "axisFormat", "section"}
	for i, line := range lines {
		token := lex(line)
		switch {
		case i < len(want):
			if token != want[i] {
				t.Fatalf("line %d is %s: %q", i, token, line)
			}
			continue
		case token == "section":
			continue
		case token != "task data":
			t.Fatalf("a task is %s: %q", token, line)
		}
		name, rest, _ := strings.Cut(line, ":")
		data := ganttData.FindStringSubmatch(":" + rest)
		if len(data) != 4 || data[2] >= data[3] || strings.ContainsAny(name, "<>\"") {
			t.Fatalf("no task: %q", line)
		}
		bars++
	}
	return bars
}

// TestGanttNames: hosts and steps whose names are words of the language, or begin with them.
func TestGanttNames(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"ACC", "accTitle", "accDescr", "accDescription x", "gantt", "gantt-1", "section", "section x", "Title", "title page", "click", "click me", "href", "call back",
		"dateFormat", "axisFormat x", "excludes", "excludes weekends", "includes x", "todayMarker off", "weekday monday", "weekend friday", "tickInterval 1day",
		"topAxis", "inclusiveEndDates", "2026-11-21", "2026-11-21-web", "done", "crit", "active", "milestone", "vert", "%% x", "x %% y", "%%{init}", "a:b", "a;b", "a#b", "---", "''", "", "  ",
	} {
		sp := deploy.Span{Host: name, Phase: deploy.Prepare, Step: name, Start: began, Duration: time.Second, Outcome: deploy.Succeeded}
		if bars := checkGantt(t, Gantt(deploy.Result{Start: began, Steps: []deploy.StepDone{{Spans: []deploy.Span{sp}}}})); bars != 1 {
			t.Errorf("%q: %d bars", name, bars)
		}
	}
}

// TestGantt: every chart of the scenarios is one that Mermaid reads.
func TestGantt(t *testing.T) {
	t.Parallel()
	pages, err := filepath.Glob("../testdata/*.md")
	if err != nil || len(pages) < 20 {
		t.Fatalf("%d pages, %v", len(pages), err)
	}
	for _, page := range pages {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		_, rest, ok := strings.Cut(string(text), "```mermaid\n")
		if !ok {
			continue
		}
		chart, _, _ := strings.Cut(rest, "```")
		if bars := checkGantt(t, chart); bars > maxBars {
			t.Errorf("%s: %d bars", page, bars)
		}
	}
	if Gantt(deploy.Result{}) != "" {
		t.Error("a chart of nothing")
	}
}

func FuzzGantt(f *testing.F) {
	for _, seed := range []string{"click x", "title", "a:b,c;d#e%%f", "<b>", "\n    section x", "", "accTitle: x", "'click", "gantt", " - section"} {
		f.Add(seed, seed, int64(-5))
	}
	f.Fuzz(func(t *testing.T, host, step string, took int64) {
		sp := deploy.Span{
			Host: host, Phase: deploy.Prepare, Step: step, Start: began.Add(time.Duration(took) / 2), Duration: time.Duration(took), Outcome: deploy.Succeeded,
		}
		checkGantt(t, Gantt(deploy.Result{Start: began, Steps: []deploy.StepDone{{Spans: []deploy.Span{sp}}}}))
	})
}

var began = time.Date(2026, 11, 21, 7, 30, 0, 0, time.UTC)
