package report

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/ci"
	"github.com/slipway/slipway/internal/ci/citest"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/golden"
	"github.com/slipway/slipway/internal/report/layout"
)

// job is one step of a CI job: its standard output and its files.
type job struct {
	out bytes.Buffer
	dir string
}

func newJob(t *testing.T) *job { return &job{dir: t.TempDir()} }

func (j *job) getenv(name string) string {
	switch name {
	case "GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY":
		return filepath.Join(j.dir, name)
	}
	return ""
}

func (j *job) file(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(j.dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func (j *job) options() Options {
	return Options{Log: ci.NewActions(&j.out, j.getenv), Files: ci.NewFiles(j.getenv), Run: ci.Run{Platform: "github", RunNumber: "412", Summary: true, Again: "Re-run failed jobs"}}
}

func clockAt(at time.Time) func() time.Time { return func() time.Time { return at } }

func play(t *testing.T, options Options, events []deploy.Event) {
	t.Helper()
	r := newReporter(options, clockAt(began), nil)
	for _, e := range events {
		r.Emit(e)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
}

var token = regexp.MustCompile(`\b[A-Z2-7]{26}\b`)

var sectionTime = regexp.MustCompile(`(section_(?:start|end):)\d+:`)

// GitLab folds what hosts printed, has no page for a summary, and links in the place of annotations.
func TestGitLab(t *testing.T) {
	t.Parallel()
	for _, s := range scenarios() {
		if !slices.Contains([]string{"good", "migrate-fails", "markup", "200-hosts-fail"}, s.name) {
			continue
		}
		file := filepath.Join(t.TempDir(), "annotations.json")
		env := citest.Environment("gitlab", map[string]string{"SLIPWAY_ANNOTATIONS": file})
		getenv := func(name string) string { return env[name] }
		var out bytes.Buffer
		play(t, Options{Log: ci.NewGitLab(&out, getenv), Run: ci.Detect(getenv), Files: ci.NewFiles(getenv)}, s.events)
		golden.Check(t, "testdata/gitlab/"+s.name+".log", sectionTime.ReplaceAllString(out.String(), "${1}TIME:"))
		log, err := citest.ReadGitLab(out.Bytes())
		if err != nil {
			t.Errorf("%s: %v", s.name, err)
		}
		if !slices.ContainsFunc(log.Outside, func(line string) bool { return strings.Contains(line, " hosts") }) {
			t.Errorf("%s: the verdict is folded away", s.name)
		}
		links, err := os.ReadFile(file)
		if err == nil {
			_, err = citest.ReadAnnotations(links)
		}
		if err != nil {
			t.Errorf("%s: %v", s.name, err)
		}
		golden.Check(t, "testdata/gitlab/"+s.name+".json", string(links))
	}
}

func TestScenarios(t *testing.T) {
	t.Parallel()
	for _, s := range scenarios() {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			j := newJob(t)
			play(t, j.options(), s.events)
			golden.Check(t, "testdata/"+s.name+".log", token.ReplaceAllString(j.out.String(), "TOKEN"))
			golden.Check(t, "testdata/"+s.name+".md", j.file(t, "GITHUB_STEP_SUMMARY"))
			golden.Check(t, "testdata/"+s.name+".outputs", j.file(t, "GITHUB_OUTPUT"))

			var plain bytes.Buffer
			play(t, Options{Log: ci.NewPlain(&plain)}, s.events)
			golden.Check(t, "testdata/"+s.name+".txt", plain.String())
			for _, line := range strings.Split(plain.String(), "\n") {
				if layout.Width(line) > layout.Columns && !strings.Contains(line, "| ") && !strings.Contains(line, "`") && !strings.HasPrefix(strings.TrimSpace(line), "https://") { // what is to be copied stays whole
					t.Errorf("a line of %d columns: %s", layout.Width(line), line)
				}
			}
		})
	}
}

// TestVerdictsOutsideGroups follows the log as the runner does: no verdict may be hidden in a group, and the log must not
// end in one, nor with commands stopped.
func TestVerdictsOutsideGroups(t *testing.T) {
	t.Parallel()
	verdictLine := regexp.MustCompile(`^(preflight|prepare|migrate|activate|unwind|finish) +(ok|FAIL|\.\.\.) `)
	for _, s := range scenarios() {
		j := newJob(t)
		play(t, j.options(), s.events)
		inGroup, verdicts := false, 0
		for _, line := range citest.Lines(j.out.Bytes()) {
			switch {
			case strings.HasPrefix(line, "::group::"):
				if inGroup {
					t.Errorf("%s: a group within a group", s.name)
				}
				inGroup = true
			case line == "::endgroup::":
				inGroup = false
			case verdictLine.MatchString(line):
				verdicts++
				if inGroup {
					t.Errorf("%s: a verdict in a group: %s", s.name, line)
				}
			}
		}
		if inGroup || verdicts == 0 || citest.ReadLog(j.out.Bytes()).Stopped {
			t.Errorf("%s: group open %v, %d verdicts", s.name, inGroup, verdicts)
		}
	}
}
