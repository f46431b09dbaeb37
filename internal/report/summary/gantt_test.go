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

// The lines of Mermaid's gantt language that a chart may consist of (gantt.jison): nothing else, so that no name is read as
// a statement, a comment or a second field.
var (
	ganttHead    = []string{"gantt", "    dateFormat HH:mm:ss.SSS", "    axisFormat %M:%S"}
	ganttSection = regexp.MustCompile(`^    section [^:;,#%<>\n]+$`)
	ganttTask    = regexp.MustCompile(`^    ([^:;,#%<>\n]+) :(done|crit), (\d\d:\d\d:\d\d\.\d{3}), (\d\d:\d\d:\d\d\.\d{3})$`)
	ganttKeyword = regexp.MustCompile(`(?i)^\s*(gantt|dateFormat|axisFormat|tickInterval|inclusiveEndDates|topAxis|excludes|includes|todayMarker|weekday|weekend|title|section|click|href|call|acc)`)
)

func checkGantt(t testing.TB, chart string) (bars int) {
	t.Helper()
	lines := strings.Split(strings.TrimSuffix(chart, "\n"), "\n")
	for i, want := range ganttHead {
		if lines[i] != want {
			t.Fatalf("line %d is %q, want %q", i, lines[i], want)
		}
	}
	if len(lines) < 5 || !ganttSection.MatchString(lines[3]) {
		t.Fatalf("no section first:\n%s", chart)
	}
	for _, line := range lines[3:] {
		if ganttSection.MatchString(line) && !strings.Contains(line, " :") {
			continue
		}
		task := ganttTask.FindStringSubmatch(line)
		if len(task) != 5 || ganttKeyword.MatchString(task[1]) || task[3] >= task[4] {
			t.Fatalf("no task: %q", line)
		}
		bars++
	}
	return bars
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
