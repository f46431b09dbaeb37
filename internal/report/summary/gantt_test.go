package summary

import (
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/deploy"
)

// ganttToken is a token of Mermaid's gantt language, as its lexer finds it.
type ganttToken struct {
	name    string
	pattern *regexp.Regexp
}

// ganttTokens are those of packages/mermaid/src/diagrams/gantt/parser/gantt.jison (options case-insensitive), in its order: the
// first that fits counts. A pattern that ends in a letter ends at a word's end: Jison adds that. What differs between the versions that
// GitHub and its servers on premises have used is in old; an ASCII class stands where JavaScript's is one.
func ganttTokens(old bool) []ganttToken {
	text, section, title := `[^:\n]+`, `section\s[^\n]+`, `title\s[^\n]+`
	weekday := `weekday\s+(?:mon|tues|wednes|thurs|fri|satur|sun)day\b|weekend\s+(?:fri|satur)day\b`
	comment := `%%[^\n]*`
	if old {
		text, section, title = `[^#:\n;]+`, `section\s[^#:\n;]+`, `title\s[^#\n;]+`
		weekday = `weekday\s[^#\n;]+`
		comment += `|#[^\n]*`
	}
	return []ganttToken{
		{"directive", token(`%%\{`)},
		{"accTitle", token(`accTitle\s*:\s*`)},
		{"accDescr", token(`accDescr\s*:\s*`)},
		{"accDescr", token(`accDescr\s*\{\s*`)},
		{"comment", token(`%%[^\n]*`)},
		{"comment", token(`[^}]%%*[^\n]*`)},
		{"comment", token(`%%*[^\n]*\n*`)},
		{"newline", token(`\n+`)},
		{"space", token(`[\s\v\p{Z}\x{feff}]+`)},
		{"comment", token(comment)},
		{"href", token(`href\s+"`)},
		{"call", token(`call\s+`)},
		{"click", token(`click\s+`)},
		{"gantt", token(`gantt\b`)},
		{"dateFormat", token(`dateFormat\s[^#\n;]+`)},
		{"inclusiveEndDates", token(`inclusiveEndDates\b`)},
		{"topAxis", token(`topAxis\b`)},
		{"axisFormat", token(`axisFormat\s[^#\n;]+`)},
		{"tickInterval", token(`tickInterval\s[^#\n;]+`)},
		{"includes", token(`includes\s[^#\n;]+`)},
		{"excludes", token(`excludes\s[^#\n;]+`)},
		{"todayMarker", token(`todayMarker\s[^\n;]+`)},
		{"weekday", token(weekday)},
		{"date", token(`\d\d\d\d-\d\d-\d\d\b`)},
		{"title", token(title)},
		{"accDescription", token(`accDescription\s[^#\n;]+`)},
		{"section", token(section)},
		{"task", token(text)},
		{"data", token(`:[^#\n;]+`)},
		{"colon", token(`:`)},
	}
}

var ganttVersions = [][]ganttToken{ganttTokens(false), ganttTokens(true)}

func token(pattern string) *regexp.Regexp { return regexp.MustCompile(`(?i)^(?:` + pattern + `)`) }

// lex are the names of a text's tokens, less space.
func lex(tokens []ganttToken, text string) string {
	var names []string
	for text != "" {
		i := slices.IndexFunc(tokens, func(t ganttToken) bool { return t.pattern.MatchString(text) })
		if i < 0 {
			return strings.Join(append(names, "none"), " ")
		}
		if tokens[i].name != "space" {
			names = append(names, tokens[i].name)
		}
		text = text[len(tokens[i].pattern.FindString(text)):]
	}
	return strings.Join(names, " ")
}

var ganttData = regexp.MustCompile(`^:(done|crit), (\d\d:\d\d:\d\d\.\d{3}), (\d\d:\d\d:\d\d\.\d{3})$`)

// checkGantt demands that a chart is our head, sections, and tasks that are a name and data, whatever the names hold: as a whole
// and line by line, in each version of the language.
func checkGantt(t testing.TB, chart string) (bars int) {
	t.Helper()
	lines := strings.Split(strings.TrimSuffix(chart, "\n"), "\n")
	want := make([]string, len(lines))
	for i, line := range lines {
		switch {
		case i < 3:
			want[i] = []string{"gantt", "dateFormat", "axisFormat"}[i]
		case strings.HasPrefix(line, "    section ") && !strings.Contains(line, ":"):
			want[i] = "section"
		default:
			want[i] = "task data"
			checkTask(t, line)
			bars++
		}
	}
	if len(lines) < 4 || want[3] != "section" {
		t.Fatalf("no section: %q", chart)
	}
	for _, tokens := range ganttVersions {
		for i, line := range lines {
			if got := lex(tokens, line); got != want[i] {
				t.Fatalf("line %d is %s: %q", i, got, line)
			}
		}
		if got := lex(tokens, strings.Join(lines, "\n")); got != strings.Join(want, " newline ") {
			t.Fatalf("the whole is %s: %q", got, chart)
		}
	}
	return bars
}

// checkTask demands of a task a name that is no HTML, a tag, and two times in their order.
func checkTask(t testing.TB, line string) {
	t.Helper()
	name, rest, _ := strings.Cut(line, ":")
	data := ganttData.FindStringSubmatch(":" + rest)
	if len(data) != 4 || data[2] >= data[3] || strings.ContainsAny(name, "<>\"") {
		t.Fatalf("no task: %q", line)
	}
}

// TestGanttNames: hosts and steps whose names are words of the language, or begin with them.
func TestGanttNames(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"ACC", "accTitle", "accDescr", "accDescription x", "gantt", "gantt-1", "section", "section x", "Title", "title page", "click", "click me", "href", "call back",
		"dateFormat", "axisFormat x", "excludes", "excludes weekends", "includes x", "todayMarker off", "weekday monday", "weekend friday", "tickInterval 1day",
		"topAxis", "inclusiveEndDates", "2026-11-21", "2026-11-21-web", "done", "crit", "active", "milestone", "vert", "%% x", "x %% y", "%%{init}", "a:b", "a;b", "a#b", "---", "''", "", "  ",
		"ganttü", "topAxis.x", "section\u00a0x", "weekend saturday", "dateMarker x", "accTitle:", "accDescr {", "2026-11-21x", "ſection x", "\ufeffclick x",
	} {
		sp := deploy.Span{Host: name, Phase: deploy.Prepare, Step: name, Start: began, Duration: time.Second, Outcome: deploy.Succeeded}
		if bars := checkGantt(t, Gantt(deploy.Result{Start: began, Steps: []deploy.StepDone{{Spans: []deploy.Span{sp}}}})); bars != 1 {
			t.Errorf("%q: %d bars", name, bars)
		}
	}
}

// Words that only begin like a statement are names, and stay as they are.
func TestGanttPlainNames(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"account", "access web1", "titles", "sectional", "clicker", "gantts", "hrefs", "callback x", "2026-11-213", "weekdays"} {
		if got := ganttName(name); got != name {
			t.Errorf("%q is shown as %q", name, got)
		}
	}
}

// A chart has one day: what is longer ends with it. From an hour on, its axis has hours.
func TestGanttLong(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		start, took time.Duration
		axis        string
	}{
		{0, time.Hour - time.Millisecond, " %M:%S\n"},
		{0, time.Hour, " %H:%M:%S\n"},
		{59 * time.Minute, time.Hour, " %H:%M:%S\n"},
		{23 * time.Hour, 2 * time.Hour, " %H:%M:%S\n"},
		{30 * time.Hour, time.Second, " %H:%M:%S\n"},
		{24*time.Hour - time.Nanosecond, 1, " %H:%M:%S\n"},
		{math.MaxInt64, math.MaxInt64, " %H:%M:%S\n"},
		{math.MinInt64, math.MinInt64, " %M:%S\n"},
	} {
		sp := deploy.Span{Host: "web1", Phase: deploy.Prepare, Start: began.Add(c.start), Duration: c.took, Outcome: deploy.Succeeded}
		chart := Gantt(deploy.Result{Start: began, Steps: []deploy.StepDone{{Spans: []deploy.Span{sp}}}})
		checkGantt(t, chart)
		if !strings.Contains(chart, "axisFormat"+c.axis) {
			t.Errorf("%s from %s on:\n%s", c.took, c.start, chart)
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
	for _, took := range []int64{math.MaxInt64, math.MinInt64, int64(24*time.Hour) - 1, 999_999} {
		f.Add("web1", "Migrate", took)
	}
	f.Fuzz(func(t *testing.T, host, step string, took int64) {
		sp := deploy.Span{
			Host: host, Phase: deploy.Prepare, Step: step, Start: began.Add(time.Duration(took) / 2), Duration: time.Duration(took), Outcome: deploy.Succeeded,
		}
		checkGantt(t, Gantt(deploy.Result{Start: began, Steps: []deploy.StepDone{{Spans: []deploy.Span{sp}}}}))
	})
}

var began = time.Date(2026, 11, 21, 7, 30, 0, 0, time.UTC)
