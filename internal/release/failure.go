package release

import (
	"cmp"
	"context"
	"errors"
	"strings"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/transport"
)

// Reason is what one exit status of a script means. The script itself says the cause, in one line on standard error,
// because it knows the names and numbers; Reason adds what a person does about it, and what a caller can test for.
type Reason struct {
	Op   string // what was done then, for people, where it is not what the operation is called
	Err  error  // in the error's chain, for errors.Is; nil is none
	Hint string
}

// ErrNoSpace says that a file system or a quota is full.
var ErrNoSpace = errors.New("no space left")

// failure makes the error of an operation for people: the host, the operation, the cause that the script gave, what to
// do now. An err of nil gives nil; context errors and transport.ErrLost stay in the chain.
func failure(conn transport.Conn, op Operation, err error) error {
	if err == nil {
		return nil
	}
	failure := &deploy.Error{Op: op.Name, Host: conn.Host().Name, Cause: err}
	var exit *transport.ExitError
	var told *deploy.Error
	switch {
	case errors.As(err, &told):
		failure.Cause, failure.Hint, failure.Fault, failure.Own = told.Cause, told.Hint, told.Fault, told.Own
	case errors.As(err, &exit):
		lines := stderrLines(exit.Stderr)
		if reason, known := op.Reasons[exit.Status]; known && len(lines) > 0 {
			failure.Cause = &refusal{text: lines[len(lines)-1], err: reason.Err, exit: exit}
			failure.Hint = reason.Hint
			failure.Op = cmp.Or(reason.Op, failure.Op)
			lines = lines[:len(lines)-1]
		}
		if cause, same := failure.Cause.(*transport.ExitError); same && cause.Name == op.Name { //nolint:errorlint // not one in a chain
			unnamed := *cause
			unnamed.Name = "" // which the operation says
			failure.Cause = &unnamed
		}
		failure.Tail = lines
		if plain, hint := noSpace(exit.Stderr); hint != "" {
			failure.Hint, failure.Fault = hint, deploy.FaultHost
			failure.Cause = &refusal{text: deploy.Joined(": ", plain, failure.Cause.Error()), err: errors.Join(ErrNoSpace, failure.Cause), exit: exit}
		}
	case errors.Is(err, transport.ErrLost):
		failure.Hint = "what it was doing may have happened: run the job again, it looks first"
		failure.Fault = deploy.FaultHost
	case errors.Is(err, context.DeadlineExceeded):
		failure.Hint = "the host took too long: is it overloaded, or `timeout` too short?"
		failure.Fault = deploy.FaultHost
	}
	return failure
}

// refusal is a cause that a script gave in words.
type refusal struct {
	text string
	err  error // may be nil
	exit *transport.ExitError
}

func (r *refusal) Error() string { return r.text }

func (r *refusal) Unwrap() []error {
	if r.err == nil {
		return []error{r.exit}
	}
	return []error{r.err, r.exit}
}

// noSpace recognizes a full file system or quota by the C library's words in the C locale, which scripts set: what
// to do, and in plain words what it is, where these words do not say so themselves.
func noSpace(stderr string) (plain, hint string) {
	stderr = strings.ToLower(stderr)
	switch {
	case strings.Contains(stderr, "disk quota exceeded"):
		return "", "raise the deploy user's quota (`quota -s` on the host says which), or lower `keep_releases`"
	case strings.Contains(stderr, "no space left on device"):
		return "", "free space there, or lower `keep_releases`"
	case strings.Contains(stderr, "i/o error"), strings.Contains(stderr, "write error"): // all that a shell's printf says of a full disk
		return "the disk is full, or fails", "free space there, or lower `keep_releases`; `dmesg` on the host says whether the disk fails"
	}
	return "", ""
}

func stderrLines(stderr string) []string {
	var lines []string
	for line := range strings.Lines(stderr) {
		if line = strings.TrimRight(line, "\r\n"); line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}
