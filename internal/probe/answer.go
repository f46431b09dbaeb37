package probe

import (
	"bytes"
	"fmt"
	"html"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/lazyregexp"
)

// BodyLine is how much of a body is looked at for people, in bytes.
const BodyLine = 64 << 10

// WrongAnswer is an answer that came and was not the one wanted.
type WrongAnswer struct {
	Status int
	Got    string // "500", "200 without the text", "X-Release: 20261119-..."
	Wanted string // "200"
	Lacks  bool   // the status is right, and the header or the text that is wanted is not there at all
	Body   string // the first line of the body, for people; up to BodyLine, "" when it has none

	page  string // the beginning of the body, as it came
	about string // where the demand that failed looks: a header's values, or the body
}

func (e *WrongAnswer) Error() string {
	return fmt.Sprintf("last answer %s, wanted %s", e.Got, e.Wanted)
}

// WantsTLS reports whether the answer is what servers say that were asked in plain HTTP where they speak TLS: Go's, nginx,
// Apache and gunicorn in their words.
func (e *WrongAnswer) WantsTLS() bool {
	said := strings.ToLower(e.page)
	return strings.Contains(said, "http request to an https") || strings.Contains(said, "plain http request was sent to https port") ||
		strings.Contains(said, "speaking plain http to an ssl-enabled server")
}

// Says reports whether a text stands where another one was demanded: in the header, or in the body.
func (e *WrongAnswer) Says(text string) bool { return text != "" && strings.Contains(e.about, text) }

func compare(check deploy.HTTPCheck, response *http.Response, body []byte) error {
	wrong := &WrongAnswer{Status: response.StatusCode, Got: strconv.Itoa(response.StatusCode), Body: words(body), page: string(body[:min(len(body), 4096)])}
	if !slices.Contains(check.Status, response.StatusCode) && (len(check.Status) > 0 || response.StatusCode/100 != 2) {
		if to := response.Header.Get("Location"); to != "" {
			wrong.Got += " to " + withoutQuery(to)
		}
		wrong.Wanted = wantedStatus(check.Status)
		return wrong
	}
	for _, header := range check.Header {
		name, value, _ := strings.Cut(header, ":")
		name, value = strings.TrimSpace(name), strings.TrimSpace(value)
		have := response.Header.Values(name)
		if slices.Contains(have, value) {
			continue
		}
		wrong.about = strings.Join(have, ", ")
		wrong.Wanted = name + ": " + value
		if len(have) == 0 {
			wrong.Got, wrong.Lacks = wrong.Got+" without "+name, true
		} else {
			wrong.Got = name + ": " + wrong.about
		}
		return wrong
	}
	if !bytes.Contains(body, []byte(check.Body)) {
		wrong.about = string(body)
		wrong.Got, wrong.Lacks = wrong.Got+" without the text", true
		wrong.Wanted = fmt.Sprintf("%q in the body", check.Body)
		return wrong
	}
	return nil
}

func wantedStatus(statuses []int) string {
	if len(statuses) == 0 {
		return "200 to 299"
	}
	texts := make([]string, len(statuses))
	for i, status := range statuses {
		texts[i] = strconv.Itoa(status)
	}
	return strings.Join(texts, " or ")
}

// withoutQuery is a location less what tokens live in.
func withoutQuery(location string) string {
	location, _, _ = strings.Cut(location, "?")
	return location
}

var htmlTitle = lazyregexp.New(`(?is)<title[^>]*>(.*?)</title>`)

// words are what a body says to people: the title of a page, else the first line that has any letters. Whoever shows it cuts it, once
// secrets are taken out; only what is looked at has a bound here.
func words(body []byte) string {
	text := strings.ToValidUTF8(string(body[:min(len(body), BodyLine)]), "")
	if title := htmlTitle.FindStringSubmatch(text); title != nil && strings.HasPrefix(strings.TrimSpace(text), "<") {
		text = html.UnescapeString(strings.Join(strings.Fields(title[1]), " "))
	}
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			return line
		}
	}
	return ""
}
