package ci_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway/slipway/internal/ci"
	"github.com/slipway/slipway/internal/ci/citest"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/secret"
)

func gitlabLog(out *bytes.Buffer, annotations string) ci.Log {
	env := citest.Environment("gitlab", map[string]string{"SLIPWAY_ANNOTATIONS": annotations})
	return ci.NewGitLab(out, func(name string) string { return env[name] })
}

// Sections fold, a second one ends the first, and an open one ends with the log.
func TestGitLabSections(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	log := gitlabLog(&out, "")
	log.Mask(secret.New("hunter22"))
	log.Print("before")
	log.Group("prepare: Größe — install")
	log.Remote("    web1 | one")
	log.Group("activate: web1")
	log.EndGroup()
	log.EndGroup()
	log.Print("between")
	log.Group("Summary")
	log.Print("a fact")
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	got, err := citest.ReadGitLab(out.Bytes())
	if err != nil {
		t.Fatalf("%v in %q", err, out.String())
	}
	want := citest.GitLabLog{
		Sections: []citest.Section{
			{Name: "slipway_1_prepare_gr_e_install", Title: "prepare: Größe — install", Collapsed: true, Lines: []string{"    web1 | one"}},
			{Name: "slipway_2_activate_web1", Title: "activate: web1", Collapsed: true},
			{Name: "slipway_3_summary", Title: "Summary", Collapsed: true, Lines: []string{"a fact"}},
		},
		Lines:   []string{"before", "prepare: Größe — install", "    web1 | one", "activate: web1", "between", "Summary", "a fact"},
		Outside: []string{"before", "between"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// A job's remarks are links: to the line of the file, to the environment's page, to the job.
func TestGitLabAnnotations(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "annotations.json")
	var out bytes.Buffer
	log := gitlabLog(&out, file)
	log.Annotate(
		ci.Annotation{Level: deploy.LevelError, At: deploy.Position{File: "deploy/slip way.yml", Line: 3, Column: 7}, Title: "Migrate failed on web1", Message: "exit 1"},
		ci.Annotation{Level: deploy.LevelNotice, Message: "production runs 1a2b3c4\nmore", URL: "https://example.com"},
		ci.Annotation{Level: deploy.LevelWarning, At: deploy.InInput("hosts", 2, 0), Message: "no \x1b[1mhost"},
		ci.Annotation{Level: deploy.LevelWarning, At: deploy.Position{File: "../elsewhere", Line: 1}, Message: "outside"},
	)
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	want := map[string][]citest.Link{"Slipway": {
		{Label: "error: Migrate failed on web1 (deploy/slip way.yml:3:7)", URL: "https://gitlab.example.com/acme/web/site/-/blob/" + sha + "/deploy/slip%20way.yml#L3"},
		{Label: "notice: production runs 1a2b3c4", URL: "https://example.com"},
		{Label: "warning: no host (input hosts:2)", URL: "https://gitlab.example.com/acme/web/site/-/jobs/55012"},
		{Label: "warning: outside (../elsewhere:1)", URL: "https://gitlab.example.com/acme/web/site/-/jobs/55012"},
	}}
	if diff := cmp.Diff(want, annotationsIn(t, file)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if out.Len() > 0 {
		t.Errorf("the log has %q", out.String())
	}

	var many []ci.Annotation
	for i := range 50 {
		many = append(many, ci.Annotation{Level: deploy.LevelNotice, Message: fmt.Sprintf("number %d %s", i, strings.Repeat("é", 500))})
	}
	gitlabLog(&out, file).Annotate(many...)
	links := annotationsIn(t, file)["Slipway"]
	if last := links[len(links)-1]; len(links) != 20 || last.Label != "notice: and 31 more, see the log" {
		t.Errorf("%d links, the last %q", len(links), last.Label)
	}
	if slices.ContainsFunc(links, func(l citest.Link) bool { return len([]rune(l.Label)) > 200 }) {
		t.Error("a label of more than 200 characters")
	}

	missing := gitlabLog(&out, filepath.Join(t.TempDir(), "missing", "file"))
	missing.Annotate(many[0])
	if err := missing.Close(); err == nil || !strings.Contains(err.Error(), "SLIPWAY_ANNOTATIONS") {
		t.Errorf("a file that cannot be written: %v", err)
	}
}

func annotationsIn(t *testing.T, file string) map[string][]citest.Link {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	links, err := citest.ReadAnnotations(content)
	if err != nil {
		t.Fatalf("%v in %s", err, content)
	}
	return links
}

// The outputs as variables: what GitLab takes, of the last command alone.
func TestDotenv(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "slipway.env")
	env := map[string]string{"SLIPWAY_DOTENV": file}
	read := func() map[string]string {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		variables, err := citest.ReadDotenv(content)
		if err != nil {
			t.Fatalf("%v in %q", err, content)
		}
		return variables
	}
	for range 2 {
		files := ci.NewFiles(func(name string) string { return env[name] })
		for name, value := range map[string]string{
			"url": "https://example.com/?a=b&c=%20#top", "outcome": "activated", "failed_step": "Collect static files", "previous_release": "",
			"hosts_failed": "[]", "result": `{"a":1}`, "revision": strings.Repeat("a", 241), "deployment": "a\nFORGED=1", "x": "$HOME", "y": "it's", "z": "größe",
		} {
			if err := files.SetOutput(name, value); err != nil {
				t.Fatal(err)
			}
		}
		if diff := cmp.Diff(map[string]string{"SLIPWAY_URL": "https://example.com/?a=b&c=%20#top", "SLIPWAY_OUTCOME": "activated"}, read()); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	}
	if content, _ := os.ReadFile(file); strings.Count(string(content), "SLIPWAY_URL") != 1 {
		t.Errorf("the second command did not replace the first one's: %q", content)
	}
	env["SLIPWAY_DOTENV"] = filepath.Join(file, "not")
	if err := ci.NewFiles(func(name string) string { return env[name] }).SetOutput("a", "b"); err == nil || !strings.Contains(err.Error(), "SLIPWAY_DOTENV") {
		t.Errorf("a file that cannot be written: %v", err)
	}
}

// FuzzGitLab: whatever a host prints, GitLab finds no section but ours, and nothing that moves within the log.
func FuzzGitLab(f *testing.F) {
	for _, seed := range []string{
		"section_start:1:x\r\x1b[0Ky", "\x1b[0Ksection_end:1:slipway_1_step\r\x1b[0K", "section_end:1:slipway_1_step\r", "\x1b[0K", "section_start:1:a[collapsed=true]\r\x1b[0Kb",
		"section_start:1:x\r\x1b\x1b[m[0Ky", "section_start:1:x\u000d\u009b0K", "a\rb",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var out bytes.Buffer
		log := gitlabLog(&out, "")
		log.Group("step")
		log.Remote(text)
		log.EndGroup()
		log.Print(text)
		log.Group(text)
		if err := log.Close(); err != nil {
			t.Fatal(err)
		}
		got, err := citest.ReadGitLab(out.Bytes())
		if err != nil || len(got.Sections) != 2 || got.Sections[0].Name != "slipway_1_step" {
			t.Fatalf("%v, %+v in %q", err, got.Sections, out.String())
		}
		for _, line := range got.Lines {
			if strings.ContainsAny(line, "\r\x1b\u009b") {
				t.Fatalf("%q is shown", line)
			}
		}
	})
}
