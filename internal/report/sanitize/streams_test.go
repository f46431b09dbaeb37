package sanitize_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/report/sanitize"
	"github.com/slipway/slipway/internal/secret"
)

const password = "correct horse battery staple"

// shown are the texts of the lines among events.
func shown(events ...deploy.Event) []string {
	var lines []string
	for _, event := range events {
		if e, ok := event.(deploy.Output); ok {
			lines = append(lines, e.Host+"|"+e.Line)
		}
	}
	return lines
}

// A line of a host waits for the next of its own step where it ends in the beginning of a secret; lines of others pass by.
func TestStreamsAreOfOneHostAndStep(t *testing.T) {
	t.Parallel()
	s := sanitize.Streams{Redactor: secret.NewRedactor(secret.New(password))}
	output := func(host, step, line string) []string {
		return shown(s.Events(deploy.Output{Phase: deploy.Prepare, Step: step, Host: host, Line: line})...)
	}
	for i, step := range []struct{ got, want []string }{
		{output("web1", "Build", "say correct"), nil},
		{output("web2", "Build", "horse battery staple"), []string{"web2|horse battery staple"}},
		{output("web1", "Other", "horse"), []string{"web1|horse"}},
		{output("web1", "Build", "horse battery staple."), []string{"web1|say ***", "web1|***."}},
		{output("web1", "Build", "now correct"), nil},
		{output("web2", "Build", "and correct"), nil},
		{shown(s.Events(deploy.SpanDone{Span: deploy.Span{Host: "web1"}})...), []string{"web1|now correct"}},
		{shown(s.Events(deploy.PhaseStarted{Phase: deploy.Migrate})...), []string{"web2|and correct"}},
		{shown(s.Flush()...), nil},
	} {
		if !slices.Equal(step.got, step.want) {
			t.Errorf("%d: %q, want %q", i, step.got, step.want)
		}
	}
}

// The pieces of a line that is too long are one line: wherever it is cut, no part of a secret is shown.
func TestEveryCutOfALongLine(t *testing.T) {
	t.Parallel()
	for _, value := range []string{password, "pin-4711", "t0p-secret-token-of-28-x9y8z"} {
		clean := sanitize.Sanitizer{Redactor: secret.NewRedactor(secret.New(value))}
		for before := deploy.LongestLine - len(value) - 1; before <= deploy.LongestLine+1; before++ {
			line := strings.Repeat(".", before) + value + " end"
			s := sanitize.Streams{Redactor: clean.Redactor}
			first := min(len(line), deploy.LongestLine)
			events := s.Events(deploy.Output{Host: "web1", Line: line[:first]})
			events = append(events, s.Events(deploy.Output{Host: "web1", Line: line[first:]})...)
			events = append(events, s.Flush()...)
			text := ""
			for _, event := range events {
				text += clean.Event(event).(deploy.Output).Line
			}
			for n := 3; n <= len(value); n++ {
				if strings.Contains(text, value[:n]) || strings.Contains(text, value[len(value)-n:]) {
					t.Fatalf("%d bytes before it: %q", before, text[max(0, len(text)-100):])
				}
			}
			if !strings.Contains(text, secret.Redacted) || !strings.HasSuffix(text, " end") {
				t.Fatalf("%d bytes before it: %q", before, text[max(0, len(text)-100):])
			}
		}
	}
}

// What Slipway says itself keeps words that happen to be a secret; what hosts say does not.
func TestOwnWordsAndOthers(t *testing.T) {
	t.Parallel()
	clean := sanitize.Sanitizer{Redactor: secret.NewRedactor(secret.New("2026"), secret.New("deploy"), secret.New("t0p-Secret!"))}
	res := deploy.Result{
		Header: deploy.Header{Command: "deploy", App: "deploy-bot", Release: "20261121-073000-1a2b3c4-9f3c51", Hosts: []string{"deploy1"}, URL: "https://t0p-Secret!@x"},
		Next:   deploy.Next{Text: "run again in 2026:", Command: "slipway deploy"},
		Errors: []*deploy.Error{{Host: "deploy1", Cause: fmt.Errorf("user deploy of 2026"), Tail: []string{"I am deploy"}, Hint: "deploy anew"}},
	}
	got := clean.Event(deploy.Finished{Result: res}).(deploy.Finished).Result
	if got.Command != "deploy" || got.App != "deploy-bot" || got.Header.Hosts[0] != "deploy1" || got.Next != res.Next || got.Errors[0].Hint != "deploy anew" {
		t.Errorf("our own words: %+v", got)
	}
	if got.URL != "https://***@x" {
		t.Errorf("a sound secret in our own words: %q", got.URL)
	}
	if e := got.Errors[0]; e.Cause.Error() != "user *** of ***" || e.Tail[0] != "I am ***" {
		t.Errorf("others' words: %q, %q", e.Cause, e.Tail)
	}
}

// The lines of a cause stay lines, up to a bound, and a secret that goes over two of them is hidden. So is one that goes over the parts of a note.
func TestCausesAndNotes(t *testing.T) {
	t.Parallel()
	clean := sanitize.Sanitizer{Redactor: secret.NewRedactor(secret.New("first-half\nsecond-half"), secret.New("shop.0042, shop.0043"))}
	failed := func(text string) []string {
		e := deploy.SpanDone{Span: deploy.Span{Err: &deploy.Error{Cause: errors.New(text)}}}
		return deploy.CausesOf(clean.Event(e).(deploy.SpanDone).Span.Err.Cause)
	}
	if got := failed("no / way\n\x1b[31mnowhere"); !slices.Equal(got, []string{"no / way", "nowhere"}) {
		t.Errorf("two lines: %q", got)
	}
	if got := failed("it says first-half\nsecond-half"); strings.Contains(strings.Join(got, " "), "half") {
		t.Errorf("a secret of two lines: %q", got)
	}
	if got := failed(strings.Repeat("line\n", 50)); len(got) != sanitize.TailLines+1 || got[sanitize.TailLines] != "30 more lines" {
		t.Errorf("many lines: %q", got)
	}
	noted := func(applied ...string) deploy.Note {
		e := deploy.SpanDone{Span: deploy.Span{Note: deploy.Note{Short: "2 applied", Applied: applied}}}
		return clean.Event(e).(deploy.SpanDone).Span.Note
	}
	if got := noted("a.1", "b.2"); got.Short != "2 applied" || !slices.Equal(got.Applied, []string{"a.1", "b.2"}) {
		t.Errorf("a note: %+v", got)
	}
	if got := noted("shop.0042", "shop.0043"); got.String() != "2 applied: "+secret.Redacted {
		t.Errorf("a secret over two parts: %+v", got)
	}
}
