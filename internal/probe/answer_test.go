package probe

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/slipway/slipway/internal/deploy"
)

// FuzzAnswer has anything answer a check: it passes or it does not, and what it says to people is one line with a bound: who shows it cuts it, once secrets are taken out.
func FuzzAnswer(f *testing.F) {
	f.Add(200, "X-Release: 1", "<html><title>a &amp; b</title>", "X-Release: 1", "a")
	f.Add(302, "Location: https://example.com/?token=1", "", "", "")
	f.Add(500, "", "\n\x00\xff relation does not exist", ":", "\n")
	f.Fuzz(func(t *testing.T, status int, header, body, wantedHeader, wantedBody string) {
		name, value, _ := strings.Cut(header, ":")
		response := &http.Response{StatusCode: status, Header: http.Header{}}
		response.Header.Add(name, value)
		check := deploy.HTTPCheck{Body: wantedBody}
		if wantedHeader != "" {
			check.Header = []string{wantedHeader}
		}
		err := compare(check, response, []byte(body))
		var wrong *WrongAnswer
		if !errors.As(err, &wrong) {
			if err != nil || !strings.Contains(body, wantedBody) || status/100 != 2 {
				t.Errorf("passed: %v", err)
			}
			return
		}
		if len(wrong.Body) > BodyLine || !utf8.ValidString(wrong.Body) || strings.Contains(wrong.Body, "\n") {
			t.Errorf("shows %q", wrong.Body)
		}
		if strings.Contains(wrong.Got, "?") && status/100 == 3 {
			t.Errorf("shows a query: %q", wrong.Got)
		}
	})
}
