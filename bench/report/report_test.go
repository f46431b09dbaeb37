package report

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/golden"
)

// example has a course over each link, contenders that do not all do the same work, and three rounds whose medians are not their means.
func example() *Report {
	cost := func(seconds float64, up int64) Cost {
		return Cost{
			Wall: time.Duration(seconds * float64(time.Second)), Runner: 1500 * time.Millisecond, Hosts: 2500 * time.Millisecond,
			Whole: 4100 * time.Millisecond, RunnerMemory: 40e6, HostsMemory: 12e6, Up: up, Down: 20_000, Turns: 60,
		}
	}
	rounds := func(up int64, seconds ...float64) map[int]Cost {
		all := map[int]Cost{}
		for i, s := range seconds {
			all[i] = cost(s, up)
		}
		return all
	}
	first := func() Scenario {
		return Scenario{Name: "first", Contenders: []Contender{
			{Name: "Slipway", Same: true, Rounds: rounds(40e6, 4, 5, 4.2)},
			{Name: "scp + ssh", Same: true, Rounds: rounds(42e6, 6, 10, 4.2)},
			{Name: "scp + ssh", Rounds: rounds(42e6, 4, 5, 4.2)},
		}}
	}
	back := Scenario{Name: "rollback & <more>", Contenders: []Contender{
		{Name: "Slipway", Same: true, Rounds: rounds(30e3, 1)},
		{Name: "scp + ssh", Same: true, Rounds: rounds(2e3, 0.5)},
		{Name: "Ansible", Same: true, Rounds: rounds(2e3, 9)}, // far longer than the others: its bar is broken
		{Name: "Fabric", Same: true, Failed: true},
	}}
	return &Report{
		Date: time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC), Took: 42 * time.Minute, Machine: "One machine: 2 CPUs",
		Software: []string{"Slipway dev", "scp + ssh 9.2"}, Trees: []string{"`first`: 5,000 files"},
		Notes: []string{"Fabric with 4 hosts, LAN, failed: exit status 1."},
		Courses: []Course{
			{Link: Link{Name: "LAN", About: "loopback"}, Hosts: 4, Share: 1, Scenarios: []Scenario{first(), back}},
			{Link: Link{Name: "WAN", About: "50 ms, 100 Mbit/s", Rate: 10e6}, Hosts: 4, Share: 1, Scenarios: []Scenario{first()}},
			{Link: Link{Name: "LAN", About: "loopback"}, Hosts: 4, Share: 0.5, Scenarios: []Scenario{first()}},
			{Link: Link{Name: "WAN", About: "50 ms, 100 Mbit/s", Rate: 10e6}, Hosts: 1, Share: 1, Scenarios: []Scenario{first()}},
		},
	}
}

func TestMarkdown(t *testing.T) {
	t.Parallel()
	golden.Check(t, "testdata/report.md", example().Markdown("images/benchmarks.svg"))
}

func TestMarkdownOfADisturbedCourse(t *testing.T) {
	t.Parallel()
	r := example()
	r.Courses[1].Scenarios[0].Contenders[0].Disturbed = true
	if text := r.Markdown(""); strings.Count(text, "measure again") != 1 {
		t.Errorf("one course of two was disturbed:\n%s", text)
	}
}

func TestSVG(t *testing.T) {
	t.Parallel()
	image := example().SVG()
	golden.Check(t, "testdata/report.svg", image)
	decoder := xml.NewDecoder(bytes.NewReader([]byte(image)))
	for {
		if _, err := decoder.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if strings.Contains(image, "unverified") {
		t.Error("contenders are plotted that do less work")
	}
}

func TestRatiosAreTakenRoundByRound(t *testing.T) {
	t.Parallel()
	// 6/4, 10/5 and 4.2/4.2: the ratio of the medians would be 6/4.2.
	if got := example().Courses[0].Scenarios[0].ratios(1).median(); got != 1.5 {
		t.Errorf("the median ratio is %v, wanted 1.5", got)
	}
}

// TestWrite: a run replaces what the one before wrote, and nothing else.
func TestWrite(t *testing.T) {
	t.Parallel()
	docs := t.TempDir()
	page := filepath.Join(docs, "benchmarks.md")
	text := func() string {
		content, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		return string(content)
	}
	put := func(text string) {
		if err := os.WriteFile(page, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(docs, "images"), 0o755); err != nil {
		t.Fatal(err)
	}
	put("# Page\n\n" + begin + "old numbers\n" + end + "\nBelow.\n")
	for range 2 {
		if err := example().Write(docs); err != nil {
			t.Fatal(err)
		}
		got := text()
		if !strings.HasPrefix(got, "# Page\n\n"+begin+"\nMeasured on 29 November 2026") || !strings.HasSuffix(got, "</details>\n\n"+end+"\nBelow.\n") ||
			strings.Contains(got, "old numbers") {
			t.Errorf("the page is\n%s", got)
		}
	}
	image, err := os.ReadFile(filepath.Join(docs, "images/benchmarks.svg"))
	if err != nil || !bytes.HasPrefix(image, []byte("<svg ")) {
		t.Errorf("the plot is %.40q, %v", image, err)
	}

	const without = "# Page without markers\n"
	put(without)
	if err := example().Write(docs); err == nil || !strings.Contains(err.Error(), "benchmarks.md") || text() != without {
		t.Errorf("a page without markers gave %v and became\n%s", err, text())
	}
}

func TestPagesHaveTheirMarkers(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/benchmarks.md")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := replace(string(page), ""); err != nil {
		t.Error(err)
	}
}

// TestTargets: a round is held against what others took in it, and one in which they did not take part tells nothing.
func TestTargets(t *testing.T) {
	t.Parallel()
	update := func(seconds ...float64) map[int]Cost {
		all := map[int]Cost{}
		for i, s := range seconds {
			if s > 0 {
				all[i] = Cost{Wall: time.Duration(s * float64(time.Second))}
			}
		}
		return all
	}
	r := &Report{Courses: []Course{{Link: Link{Name: "LAN"}, Hosts: 4, Share: 1, Scenarios: []Scenario{{Name: "update", Contenders: []Contender{
		{Name: "Slipway", Same: true, Rounds: update(1, 2, 3, 4)},
		{Name: "rsync + ssh", Same: true, Rounds: update(4, 3, 9)},
		{Name: "Fabric", Same: true, Rounds: update(0, 8, 5, 0)},
	}}}}}}
	for _, want := range []string{
		// 1 of 4/2, 2 of 3/2, 3 of 5/2; nothing is known of the fourth round.
		"| LAN | update: half of the fastest that verifies | 2.00 s | 2.00 s | 1.00 to 3.00 | 1 of 3 | **not reached** |",
		"| LAN | update: half of the fastest that does not verify | | | | | not measured |",
		"| LAN, half the CPU | first: the fastest that does not verify | | | | | not measured |",
	} {
		if text := r.Markdown(""); !strings.Contains(text, want+"\n") {
			t.Errorf("there is no line\n%s\nin\n%s", want, text)
		}
	}
}
