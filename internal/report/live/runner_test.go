package live

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/deploy"
)

// What is done from the runner is told with the step's name; a failure that fails nothing is a warning.
func TestRunnerLines(t *testing.T) {
	t.Parallel()
	of := func(change func(*deploy.Span)) deploy.Span {
		s := span(deploy.Finish, "Purge CDN", deploy.RunnerName, 300*time.Millisecond)
		change(&s)
		return s
	}
	failed := func(s *deploy.Span) {
		s.Outcome, s.Status, s.Err = deploy.Failed, "500 Internal Server Error", &deploy.Error{Host: deploy.RunnerName, Cause: errors.New("the answer was 500")}
	}
	for name, c := range map[string]struct {
		span deploy.Span
		want string
		word string
	}{
		"well":     {of(func(s *deploy.Span) { s.Note = deploy.NoteOf("200") }), "finish     ok    Purge CDN (runner)     200  0.3s", "ok"},
		"warning":  {of(func(s *deploy.Span) { failed(s); s.Excused = true }), "finish     warn  Purge CDN (runner)     500 Internal Server Error 0.3s", "warn"},
		"required": {of(failed), "finish     FAIL  Purge CDN (runner)     500 Internal Server Error 0.3s", "FAIL"},
		"not seen": {of(func(s *deploy.Span) { s.Outcome, s.Status, s.Excused = deploy.Unknown, "end not seen", true }), "finish     warn  Purge CDN (runner)     end not seen 0.3s", "warn"},
	} {
		lines := stepLines(deploy.StepDone{Phase: deploy.Finish, Step: "Purge CDN", Spans: []deploy.Span{c.span}})
		if got := strings.Join(lines, "\n"); strings.Join(strings.Fields(got), " ") != strings.Join(strings.Fields(c.want), " ") {
			t.Errorf("%s: got  %q\nwant %q", name, got, c.want)
		}
		if mark := statusMark([]deploy.Span{c.span}); mark.Word != c.word {
			t.Errorf("%s: %s", name, mark.Word)
		}
	}
}
