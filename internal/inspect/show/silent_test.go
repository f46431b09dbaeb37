package show_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/inspect"
	"github.com/slipway/slipway/internal/inspect/show"
)

// A history tells of many hosts that are silent for one reason together, and of a few one by one; no host is lost in the count.
func TestHistoryOfSilentHosts(t *testing.T) {
	t.Parallel()
	answer := func(name, address, why string) inspect.Answer {
		return inspect.Answer{Host: deploy.Host{Name: name}, Err: &deploy.Error{
			Host: name, Op: "connect", Cause: fmt.Errorf("cannot reach %s: %s", address, why), Own: []string{address}, Hint: "is it up?",
		}}
	}
	var answers []inspect.Answer
	for i := range 20 {
		answers = append(answers, answer(fmt.Sprintf("web%d", i), fmt.Sprintf("10.0.0.%d", i), "no route to host"))
	}
	for i := range 3 {
		answers = append(answers, answer(fmt.Sprintf("jobs%d", i), fmt.Sprintf("10.0.1.%d", i), "connection refused"))
	}
	for i := range 6 {
		answers = append(answers, answer(fmt.Sprintf("own%d", i), fmt.Sprintf("10.0.2.%d", i), fmt.Sprintf("refuses key %d", i)))
	}
	lines := strings.Join(show.History(inspect.Merge(head("history"), answers, nil, nil)), "\n")
	for _, want := range []string{
		"web0 did not answer: connect: cannot reach 10.0.0.0: no route to host; alike:", "web1, web2", "web8 and 11 more",
		"jobs0 did not answer: connect: cannot reach 10.0.1.0: connection refused\n", "jobs2 did not answer: connect: cannot reach 10.0.1.2: connection refused\n",
		"own3 did not answer", "\nand 2 hosts more did not answer\n",
	} {
		if !strings.Contains(strings.ReplaceAll(lines, "\n    ", " "), want) && !strings.Contains(lines, want) {
			t.Errorf("no %q in\n%s", want, lines)
		}
	}
	if n := strings.Count(lines, "no route to host"); n != 1 {
		t.Errorf("a reason is said %d times:\n%s", n, lines)
	}
}
