package report

import (
	"cmp"
	"slices"
	"strings"

	"github.com/slipway/slipway/internal/ci"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/report/failure"
	"github.com/slipway/slipway/internal/report/outcome"
)

// annotations are one for each failed step however many hosts failed it, one of the whole where the outcome has one, and the notes. A
// CI shows only so many of a level, so the most useful come first.
func annotations(res deploy.Result, failures []failure.Failure, notes []deploy.Noted) []ci.Annotation {
	var list []ci.Annotation
	for _, f := range mostUseful(failure.Merged(failures), res) {
		list = append(list, ci.Annotation{Level: deploy.LevelError, At: f.At, Title: f.Title(), Message: message(f, res)})
	}
	level, title, text := outcome.Remark(res, failures)
	if level == deploy.LevelWarning {
		list = append(list, ci.Annotation{Level: level, Title: title, Message: deploy.Joined("\n", text, next(res))})
	}
	for _, n := range lasting(notes, res) {
		text := strings.TrimPrefix(n.Text, n.At.String()+": ") // an annotation says where it is by itself
		list = append(list, ci.Annotation{Level: n.Level, At: n.At, Message: text})
	}
	if level == deploy.LevelNotice {
		list = append(list, ci.Annotation{Level: level, Title: title, Message: text, URL: res.URL})
	}
	return list
}

// mostUseful are failures with those first that a person has to know of: what could not be brought back, then what failed on the most
// hosts of the phase that failed first, and what failed behind that last.
func mostUseful(failures []failure.Failure, res deploy.Result) []failure.Failure {
	rank := func(f failure.Failure) int {
		switch f.Phase {
		case deploy.Unwind, deploy.Undo:
			if res.Outcome == deploy.OutcomePerson {
				return 0
			}
			return 2
		case deploy.OnFailure:
			return 3
		default:
			return 1
		}
	}
	failures = slices.Clone(failures)
	slices.SortStableFunc(failures, func(a, b failure.Failure) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(len(b.Hosts), len(a.Hosts)))
	})
	return failures
}

// lasting are notes with those first that are true now, and that the result has for it: others say how it went.
func lasting(notes []deploy.Noted, res deploy.Result) []deploy.Noted {
	passing := func(n deploy.Noted) int {
		if slices.Contains(res.Warnings, n.Text) {
			return 0
		}
		return 1
	}
	notes = slices.Clone(notes)
	slices.SortStableFunc(notes, func(a, b deploy.Noted) int { return cmp.Compare(passing(a), passing(b)) })
	return notes
}

// message says how it failed, in the host's last words, what is live now, and what to do.
func message(f failure.Failure, res deploy.Result) string {
	how := f.Status
	switch {
	case len(f.Causes) > 0:
		how = f.Causes.Error()
	case len(f.Tail) > 0:
		how = deploy.Joined(": ", how, strings.TrimSpace(f.Words()[len(f.Tail)-1]))
	}
	return deploy.Joined("\n", slices.Concat([]string{how, outcome.State(res)}, f.Hints, []string{next(res)})...)
}

func next(res deploy.Result) string {
	if res.Next.IsZero() {
		return ""
	}
	return "Next: " + res.Next.String()
}
