package ci_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/slipway/slipway/internal/ci"
	"github.com/slipway/slipway/internal/ci/citest"
)

func filesIn(dir string) *ci.Files {
	return ci.NewFiles(func(name string) string { return filepath.Join(dir, name) })
}

func pairs(t testing.TB, dir, name string) []citest.Pair {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	list, err := citest.ReadFile(content)
	if err != nil {
		t.Fatalf("%v in %q", err, content)
	}
	return list
}

func TestFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	files := filesIn(dir)
	for _, err := range []error{
		files.SetOutput("a", "1"), files.SetOutput("b", "2\nc=3\n"), files.SetOutput("empty", ""),
		files.SaveState("s", "x"), files.AppendSummary("# one\n"), files.AppendSummary("two\n"),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	got := pairs(t, dir, "GITHUB_OUTPUT")
	want := []citest.Pair{{Name: "a", Value: "1"}, {Name: "b", Value: "2\nc=3\n"}, {Name: "empty"}}
	if len(got) != len(want) || got[0] != want[0] || got[1] != want[1] || got[2] != want[2] {
		t.Errorf("%q, want %q", got, want)
	}
	if got := pairs(t, dir, "GITHUB_STATE"); len(got) != 1 || got[0].Value != "x" {
		t.Errorf("state %q", got)
	}
	if text, _ := os.ReadFile(filepath.Join(dir, "GITHUB_STEP_SUMMARY")); string(text) != "# one\ntwo\n" {
		t.Errorf("summary %q", text)
	}
	if err := files.AppendSummary(strings.Repeat("x", ci.MaxSummary+1)); err == nil {
		t.Error("took a summary that GitHub drops")
	}
	if err := files.SetOutput("a=b\nc", "x"); err == nil {
		t.Error("took a name that forges another output")
	}
	if err := filesIn(filepath.Join(dir, "missing")).SetOutput("a", "b"); err == nil {
		t.Error("no error for a file that cannot be written")
	}
	if err := ci.NewFiles(noEnv).SetOutput("a", "b"); err != nil {
		t.Errorf("without a file: %v", err)
	}
}

// FuzzOutput: the runner reads back exactly the value, whatever it is, and nothing besides.
func FuzzOutput(f *testing.F) {
	for _, seed := range []string{"", "x", "a\nb", "\n", "a\n", "\r\n", "x<<EOF\ny\nEOF", "a=b\nc=d", "_GitHubActionsFileCommandDelimeter_\nz=1", "\ufeffx"} {
		f.Add(seed)
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, value string) {
		_ = os.Remove(filepath.Join(dir, "GITHUB_OUTPUT"))
		files := filesIn(dir)
		if err := files.SetOutput("before", value); err != nil {
			t.Fatal(err)
		}
		if err := files.SetOutput("after", "end"); err != nil {
			t.Fatal(err)
		}
		want := strings.ToValidUTF8(value, "\uFFFD")
		got := pairs(t, dir, "GITHUB_OUTPUT")
		if len(got) != 2 || got[0].Value != want || got[1].Value != "end" {
			t.Fatalf("%q, want %q", got, want)
		}
	})
}
