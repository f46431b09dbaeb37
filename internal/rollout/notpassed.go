package rollout

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"slipway/internal/deploy"
	"slipway/internal/probe"
	"slipway/internal/transport"
)

// notPassed says what a check saw last, and how to see it oneself. It begins with how it went: "30s".
func (t *turn) notPassed(ctx context.Context, q question, how string, last error) *deploy.Error {
	failure := &deploy.Error{Host: t.host.Name, Phase: t.done.Phase, Step: deploy.PartVerify.Of(q.Name), Check: q.Name, At: q.At, Own: q.own()}
	var wrong *probe.WrongAnswer
	var step *deploy.Error
	if errors.As(last, &wrong) {
		failure.Tail = []string{answer(q, wrong)}
	}
	switch {
	case ctx.Err() != nil:
		failure.Cause = context.Cause(ctx)
	case last == nil:
		failure.Cause = fmt.Errorf("%s, not %d successes in a row", how, q.Successes)
	case wrong != nil:
		failure.Cause, failure.Hint = t.wrong(q, how, wrong)
		if !t.saysAnother(wrong) {
			failure.Fault = deploy.FaultContent
		}
	case errors.As(last, &step):
		failure.Cause, failure.Tail, failure.Hint, failure.Fault = fmt.Errorf("%s, %w", how, errors.Unwrap(step)), step.Tail, step.Hint, step.Fault
	case errors.Is(last, transport.ErrForwardingRefused):
		failure.Cause = last
		failure.Hint = "allow it on the host (AllowTcpForwarding local), or verify with `run:` or `from: runner`"
	default:
		failure.Cause, failure.Hint = fmt.Errorf("%s, no answer: %w", how, last), silentHint(q)
	}
	return failure
}

// own is where a host is asked: other hosts have their site at another port.
func (q question) own() []string {
	if q.HTTP == nil {
		return []string{q.TCP}
	}
	if u, err := url.Parse(q.HTTP.URL); err == nil {
		return []string{u.Host}
	}
	return nil
}

// wrong says what was wrong with an answer. An old process that still answers is the one mistake that looks like success.
func (t *turn) wrong(q question, how string, wrong *probe.WrongAnswer) (cause error, hint string) {
	if t.saysAnother(wrong) {
		which := "old release"
		if t.undo || t.run.plan.Rollback() {
			which = "another release"
		}
		return fmt.Errorf("%s, %s still answers: got %s, wanted %s", how, which, wrong.Got, wrong.Wanted),
			"the restart left old workers: end them, and see which restart takes all along (docs/zero-downtime.md)"
	}
	switch {
	case strings.HasPrefix(wrong.Got, "200 without ") && strings.Contains(wrong.Wanted, string(t.release)) && t.release != "":
		hint = "an old worker answers, or the application does not say yet which release it is (docs/zero-downtime.md)"
	case wrong.Status == http.StatusBadRequest && q.HTTP.Headers["Host"] == "":
		hint = "an application that checks the host name (Django's ALLOWED_HOSTS) wants `headers: {Host: ...}`"
	case wrong.Status/100 == 3 && len(q.HTTP.Status) == 0:
		hint = "redirects are not followed: ask for the page it leads to, send `headers: {X-Forwarded-Proto: https}`, or expect its `status`"
	}
	return fmt.Errorf("%s, %w", how, wrong), hint
}

// saysAnother tells whether another release that the host knows stands where this one was demanded.
func (t *turn) saysAnother(wrong *probe.WrongAnswer) bool {
	others := []deploy.ReleaseID{t.host.Before.Release, t.run.schedule.Release}
	for _, known := range t.host.Facts.Releases {
		others = append(others, known.ID)
	}
	for _, id := range others {
		if id == t.release || id == "" {
			continue
		}
		sameRevision := id.Revision() == t.release.Revision()
		if wrong.Says(string(id)) || !sameRevision && wrong.Says(id.Revision()) {
			return true
		}
	}
	return false
}

// answer is a wrong answer as one line: GET http://127.0.0.1:8001/healthz 500 "relation does not exist".
func answer(q question, wrong *probe.WrongAnswer) string {
	address := q.HTTP.URL
	if u, err := url.Parse(address); err == nil { // less what tokens live in
		u.User, u.RawQuery, u.Fragment = nil, "", ""
		address = u.String()
	}
	line := fmt.Sprintf("%s %s %d", method(q), address, wrong.Status)
	if wrong.Body != "" {
		line += fmt.Sprintf(" %q", wrong.Body)
	}
	return line
}

func method(q question) string {
	if q.HTTP.Method == "" {
		return http.MethodGet
	}
	return q.HTTP.Method
}

// Hints of a host on which nothing answers, and nothing any more.
const (
	hintNoStart = "did the program start, and does it listen there? Its own log on the host says why not"
	hintDied    = "it came up and died: its own log on the host says why"
)

func silentHint(q question) string {
	if q.Runner {
		return "is the address reached from where Slipway runs? It knows no proxy, and tunnels of the runner end before its container"
	}
	return hintNoStart
}
