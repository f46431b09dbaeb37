package golden

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// recorder is a test that takes note of how it failed.
type recorder struct {
	testing.TB
	said string
}

func (r *recorder) Helper() {}

func (r *recorder) Errorf(format string, args ...any) { r.said += fmt.Sprintf(format, args...) }

func (r *recorder) Fatalf(format string, args ...any) { r.said += fmt.Sprintf(format, args...) }

// A text that is not the file's fails the test and shows the difference; so does a file that is not there. -update writes both.
func TestCheck(t *testing.T) {
	file := filepath.Join(t.TempDir(), "new", "file")
	check := func(got string) string {
		r := &recorder{TB: t}
		Check(r, file, got)
		return r.said
	}
	if said := check("one\n"); !strings.Contains(said, "no such file") || !strings.Contains(said, "-update") {
		t.Errorf("of a file that is not there: %q", said)
	}
	*update = true
	said := check("one\n")
	*update = false
	if text, err := os.ReadFile(file); said != "" || err != nil || string(text) != "one\n" {
		t.Errorf("-update: %q, %v, the file has %q", said, err, text)
	}
	if said := check("one\n"); said != "" {
		t.Errorf("of the same: %q", said)
	}
	if said := check("two\n"); !strings.Contains(said, file+" differs") || !strings.Contains(said, "one") || !strings.Contains(said, "two") {
		t.Errorf("of another text: %q", said)
	}
}
