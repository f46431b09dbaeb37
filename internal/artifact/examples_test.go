package artifact

import (
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/slipway/slipway/internal/needtest"
)

// What the examples' workflows put into their tarballs has nothing in it that a note would be about.
func TestExamples(t *testing.T) {
	t.Parallel()
	needtest.Programs(t, "git", "tar")
	for name, example := range map[string]struct {
		folders []string // one laid over the other
		tree    string   // what git archive is asked for
	}{
		"static-site":     {[]string{"static-site"}, "HEAD:site"},
		"django":          {[]string{"django"}, "HEAD"},
		"django-fleet":    {[]string{"django", "django-fleet"}, "HEAD"},
		"django-one-host": {[]string{"django", "django-one-host"}, "HEAD"},
	} {
		dir := t.TempDir()
		for _, folder := range example.folders {
			out, err := exec.CommandContext(t.Context(), "cp", "-R", filepath.Join("../../examples", folder)+"/.", dir).CombinedOutput()
			if err != nil {
				t.Fatalf("%v: %s", err, out)
			}
		}
		tarball := filepath.Join(t.TempDir(), "site.tar")
		for _, args := range [][]string{
			{"init", "-q"},
			{"add", "-A"},
			{"-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false", "commit", "-q", "-m", "a"},
			{"archive", "--output", tarball, example.tree},
		} {
			cmd := exec.CommandContext(t.Context(), "git", args...)
			cmd.Dir = dir
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("%s: git %v: %v\n%s", name, args, err, out)
			}
		}
		if notes := open(t, tarball, 0).Notes(); len(notes) > 0 {
			t.Errorf("%s: %q", name, notes)
		}
	}
}
