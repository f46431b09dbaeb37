package report

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/slipway/slipway/internal/deploy"
)

// Of thirty failures and thirty warnings GitHub shows ten each, one of which may be the runner's own: the most useful are among nine, and
// the ninth says how many there are more, however long it is.
func TestAnnotationsHaveABudget(t *testing.T) {
	t.Parallel()
	header := deploy.Header{Command: "deploy", App: "shop", Environment: "production"}
	result := deploy.Result{Header: header, Outcome: deploy.OutcomePerson, ExitCode: deploy.ExitPerson, Failed: deploy.Activate}
	fail := func(phase deploy.Phase, step string, hosts int) {
		for i := range hosts {
			result.Errors = append(result.Errors, &deploy.Error{Host: fmt.Sprintf("web%d", i+1), Phase: phase, Step: step, Cause: errors.New(strings.Repeat(step+" ", 700))})
		}
	}
	fail(deploy.OnFailure, "Thaw workers", 3)
	for i := range 27 {
		fail(deploy.Activate, fmt.Sprintf("verify Check %d", i+1), 1)
	}
	fail(deploy.Activate, "verify Widespread", 2)
	fail(deploy.Unwind, "restart", 1)
	events := []deploy.Event{deploy.Started{Header: header}}
	for i := range 29 {
		events = append(events, deploy.Noted{Level: deploy.LevelWarning, Text: fmt.Sprintf("passing %d", i+1)})
	}
	events = append(events, deploy.Noted{Level: deploy.LevelWarning, Text: "shop.0042 stays applied"})
	result.Warnings = []string{"shop.0042 stays applied"}
	job := newJob(t)
	play(t, job.options(), append(events, deploy.Finished{Result: result}))

	found := map[string][]string{}
	for _, line := range regexp.MustCompile(`(?m)^::(error|warning)[ :].*$`).FindAllStringSubmatch(job.out.String(), -1) {
		found[line[1]] = append(found[line[1]], line[0])
	}
	for level, want := range map[string][]string{
		"error":   {"unwind%3A restart failed on web1", "verify Widespread failed on web1%2C web2", "verify Check 1 failed", "and 21 more, see the log"},
		"warning": {"shop.0042 stays applied", "passing 1", "passing 2", "and 21 more, see the log"},
	} {
		list := found[level]
		if len(list) != 9 {
			t.Fatalf("%d of %s, wanted 9", len(list), level)
		}
		for i, line := range []string{list[0], list[1], list[2], list[8]} {
			if !strings.Contains(line, want[i]) {
				t.Errorf("%s: %.300s: wanted %q", level, line, want[i])
			}
		}
	}
	if strings.Contains(strings.Join(found["error"], "\n"), "Thaw") {
		t.Error("what failed behind the failure has an annotation, and failures themselves have none")
	}
}
