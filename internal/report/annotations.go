package report

import (
	"slices"
	"strings"

	"slipway/internal/ci"
	"slipway/internal/deploy"
	"slipway/internal/report/failure"
	"slipway/internal/report/outcome"
)

// annotations are one for each failed step however many hosts failed it, one of the whole where the outcome has one, and the notes.
func annotations(res deploy.Result, failures []failure.Failure, notes []deploy.Noted) []ci.Annotation {
	var list []ci.Annotation
	for _, f := range failure.Merged(failures) {
		list = append(list, ci.Annotation{Level: deploy.LevelError, At: f.At, Title: f.Title(), Message: message(f, res)})
	}
	level, title, text := outcome.Remark(res, failures)
	if level == deploy.LevelWarning {
		list = append(list, ci.Annotation{Level: level, Title: title, Message: deploy.Joined("\n", text, next(res))})
	}
	for _, n := range notes {
		text := strings.TrimPrefix(n.Text, n.At.String()+": ") // an annotation says where it is by itself
		list = append(list, ci.Annotation{Level: n.Level, At: n.At, Message: text})
	}
	if level == deploy.LevelNotice {
		list = append(list, ci.Annotation{Level: level, Title: title, Message: text})
	}
	return list
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
