package ci_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/slipway/slipway/internal/ci"
)

func TestPull(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		event string
		want  ci.Pull
		cause string
	}{
		"of a branch":       {event: `{"number": 12, "pull_request": {"head": {"repo": {"full_name": "acme/site"}}, "base": {"repo": {"full_name": "Acme/site"}}}}`, want: ci.Pull{Number: 12}},
		"of a fork":         {event: `{"number": 12, "pull_request": {"head": {"repo": {"full_name": "mallory/site"}}, "base": {"repo": {"full_name": "acme/site"}}}}`, want: ci.Pull{Number: 12, Fork: true}},
		"of a deleted fork": {event: `{"number": 12, "pull_request": {"head": {"repo": null}, "base": {"repo": {"full_name": "acme/site"}}}}`, want: ci.Pull{Number: 12, Fork: true}},
		"a push":            {event: `{"ref": "refs/heads/main"}`, cause: "is of no pull request"},
		"cut off":           {event: `{"number": 12`, cause: "GITHUB_EVENT_PATH"},
		"no file":           {cause: "GITHUB_EVENT_PATH"},
	} {
		dir := t.TempDir()
		if test.event != "" {
			if err := os.WriteFile(filepath.Join(dir, "GITHUB_EVENT_PATH"), []byte(test.event), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		got, err := filesIn(dir).Pull()
		if got != test.want || (err == nil) != (test.cause == "") || err != nil && !strings.Contains(err.Error(), test.cause) {
			t.Errorf("%s: %+v, %v; wanted %+v, %q", name, got, err, test.want, test.cause)
		}
	}
}
