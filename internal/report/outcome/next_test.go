package outcome

import (
	"testing"

	"github.com/slipway/slipway/internal/ci"
	"github.com/slipway/slipway/internal/deploy"
)

// What to do is said in the words of the place: what its button is called, or that what is started again is a run of its own.
func TestNextOn(t *testing.T) {
	t.Parallel()
	const text = `mend the host, then "Re-run failed jobs"`
	for name, test := range map[string]struct {
		run        ci.Run
		text, want string
	}{
		"GitHub":      {ci.Run{Platform: "github", Again: "Re-run failed jobs"}, text, text},
		"GitLab":      {ci.Run{Platform: "gitlab", Again: "Retry"}, text, `mend the host, then "Retry"`},
		"Jenkins":     {ci.Run{Platform: "jenkins"}, text, "mend the host, then start it again"},
		"Drone":       {ci.Run{Platform: "drone"}, `mend it and "Re-run failed jobs": what succeeded is kept; else fix forward`, "mend it and start it again; else fix forward"},
		"by hand":     {ci.Run{}, text, "mend the host, then run the command again"},
		"by hand too": {ci.Run{}, "run the job again", "run the command again"},
	} {
		if got := NextOn(test.run, deploy.Next{Text: test.text}); got.Text != test.want {
			t.Errorf("%s: %q, wanted %q", name, got.Text, test.want)
		}
	}
}
