package healthcheck

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/probe"
)

// httpKind makes a request and compares the answer.
type httpKind struct{ Check }

func (k httpKind) ask(ctx context.Context, h *Host, left time.Duration) error {
	return origin(k.Check, h).HTTP(ctx, *k.HTTP, left)
}

func (k httpKind) own() []string {
	if u, err := url.Parse(k.HTTP.URL); err == nil {
		return []string{u.Host}
	}
	return nil
}

func (k httpKind) viaLink() bool           { return !k.Runner }
func (httpKind) leastPause() time.Duration { return 0 }

func (k httpKind) explain(h *Host, how string, err error) *explanation {
	var wrong *probe.WrongAnswer
	if !errors.As(err, &wrong) {
		return nil
	}
	e := &explanation{shown: k.show(h, wrong)}
	e.cause, e.hint = k.wrong(h, how, wrong)
	if !saysAnother(h, wrong) {
		e.fault = deploy.FaultContent
	}
	return e
}

// wrong says what was wrong with an answer. An old process that still answers is the one mistake that looks like success.
func (k httpKind) wrong(h *Host, how string, wrong *probe.WrongAnswer) (cause error, hint string) {
	if saysAnother(h, wrong) {
		which := "old release"
		if h.Back {
			which = "another release"
		}
		return fmt.Errorf("%s, %s still answers: got %s, wanted %s", how, which, wrong.Got, wrong.Wanted),
			"the restart left old workers: end them, and see which restart takes all along (docs/zero-downtime.md)"
	}
	switch {
	case wrong.Lacks && strings.Contains(wrong.Wanted, string(h.Release)) && h.Release != "":
		hint = "an old worker answers, or the application does not say yet which release it is (docs/zero-downtime.md)"
	case wrong.Status == http.StatusBadRequest && wrong.WantsTLS():
		hint = "it speaks TLS there: ask for `https://`"
	case wrong.Status == http.StatusBadRequest && k.HTTP.Headers["Host"] == "":
		hint = "an application that checks the host name (Django's ALLOWED_HOSTS) wants `headers: {Host: ...}`"
	case wrong.Status/100 == 3 && len(k.HTTP.Status) == 0:
		hint = "redirects are not followed: ask for the page it leads to, send `headers: {X-Forwarded-Proto: https}`, or expect its `status`"
	}
	return fmt.Errorf("%s, %w", how, wrong), hint
}

// saysAnother reports whether another release stands where the host's was demanded.
func saysAnother(h *Host, wrong *probe.WrongAnswer) bool {
	for _, id := range h.Others {
		if id == h.Release || id == "" {
			continue
		}
		sameRevision := id.Revision() == h.Release.Revision()
		if wrong.Says(string(id)) || !sameRevision && wrong.Says(id.Revision()) {
			return true
		}
	}
	return false
}

// show is a wrong answer as one line: GET http://127.0.0.1:8001/healthz 500 "relation does not exist".
func (k httpKind) show(h *Host, wrong *probe.WrongAnswer) string {
	return k.line(h, wrong.Status, wrong.Body)
}

func (k httpKind) line(h *Host, status int, body string) string {
	address := k.HTTP.URL
	if u, err := url.Parse(address); err == nil { // without the parts that may hold tokens
		u.User, u.RawQuery, u.Fragment = nil, "", ""
		address = u.String()
	}
	method := k.HTTP.Method
	if method == "" {
		method = http.MethodGet
	}
	line := fmt.Sprintf("%s %s %d", method, address, status)
	if body != "" {
		line += fmt.Sprintf(" %q", beginning(h, body))
	}
	return line
}

// shownBody is how much of an answer is shown, in bytes.
const shownBody = 200

// beginning is the part of an answer that is shown. It is cut once secrets are gone: half of one would not be known any more.
func beginning(h *Host, body string) string {
	if len(body) < probe.BodyLine {
		body = h.Redactor.String(body)
	} else {
		body = h.Redactor.Head(body)
	}
	return strings.ToValidUTF8(body[:min(len(body), shownBody)], "")
}
