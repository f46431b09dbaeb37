// Package probe asks once whether something answers as it must: an HTTP request or a TCP connection.
//
// It dials through whatever function it is given, so the same check is asked from the runner or from a host through its
// SSH connection, without curl or anything else on the host. It knows neither who asks nor why, and it does not retry:
// the caller knows how long it may wait.
package probe

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"slipway/internal/deploy"
)

// Dial opens a connection, as net.Dialer.DialContext does.
type Dial func(ctx context.Context, network, address string) (net.Conn, error)

// bodyLimit is how much of an answer is read to look for a text, in bytes.
const bodyLimit = 1 << 20

// tryTimeout bounds one try, so that a host that accepts and never answers costs one try and not the whole wait.
const tryTimeout = 10 * time.Second

// WrongAnswer is an answer that came and was not the one wanted.
type WrongAnswer struct {
	Got    string // "500", "200 without header X-Release: 4"
	Wanted string // "200"
	Body   string // the beginning of the body, one line, for people
}

func (e *WrongAnswer) Error() string {
	return fmt.Sprintf("last answer %s, wanted %s", e.Got, e.Wanted)
}

// TCP succeeds when a connection to host:port is accepted.
func TCP(ctx context.Context, address string, dial Dial) error {
	ctx, cancel := context.WithTimeout(ctx, tryTimeout)
	defer cancel()
	conn, err := dial(ctx, "tcp", address)
	if err != nil {
		return err
	}
	return conn.Close()
}

// HTTP makes the request and compares the answer. Redirects are not followed: they are the answer. A *WrongAnswer says
// that something answered, any other error that nothing did.
func HTTP(ctx context.Context, check deploy.HTTPCheck, dial Dial) error {
	ctx, cancel := context.WithTimeout(ctx, tryTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method(check), check.URL, http.NoBody)
	if err != nil {
		return err
	}
	for name, value := range check.Headers {
		if strings.EqualFold(name, "Host") {
			request.Host = value
		}
		request.Header.Set(name, value)
	}
	if request.Header.Get("User-Agent") == "" {
		request.Header.Set("User-Agent", "slipway")
	}
	client := &http.Client{
		Transport:     &http.Transport{DialContext: dial, DisableKeepAlives: true, Proxy: nil},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	response, err := client.Do(request)
	if err != nil {
		return withoutQuery(err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(response.Body, bodyLimit))
	if err != nil {
		return fmt.Errorf("reading the answer: %w", err)
	}
	return compare(check, response, body)
}

func method(check deploy.HTTPCheck) string {
	if check.Method == "" {
		return http.MethodGet
	}
	return check.Method
}

func compare(check deploy.HTTPCheck, response *http.Response, body []byte) error {
	got := fmt.Sprint(response.StatusCode)
	wrong := func(got, wanted string) error {
		return &WrongAnswer{Got: got, Wanted: wanted, Body: firstLine(body)}
	}
	if check.Status != 0 && response.StatusCode != check.Status {
		return wrong(got, fmt.Sprint(check.Status))
	}
	if check.Status == 0 && response.StatusCode/100 != 2 {
		return wrong(got, "200 to 299")
	}
	if check.Header != "" {
		name, value, _ := strings.Cut(check.Header, ":")
		name, value = strings.TrimSpace(name), strings.TrimSpace(value)
		if have := response.Header.Get(name); have != value {
			return wrong(fmt.Sprintf("%s with %s: %q", got, name, have), fmt.Sprintf("%s: %q", name, value))
		}
	}
	if check.Body != "" && !bytes.Contains(body, []byte(check.Body)) {
		return wrong(got+" without the text", fmt.Sprintf("%q in the body", check.Body))
	}
	return nil
}

// firstLine is the first line of a body that has any letters, at most 200 bytes.
func firstLine(body []byte) string {
	for line := range strings.Lines(string(body[:min(len(body), 4096)])) {
		if line = strings.TrimSpace(line); line != "" {
			return line[:min(len(line), 200)]
		}
	}
	return ""
}

// withoutQuery takes the query, where tokens live, out of the URL that net/http puts into its errors.
func withoutQuery(err error) error {
	failure, ok := err.(*url.Error) //nolint:errorlint // http.Client promises this very type
	if !ok {
		return err
	}
	return failure.Err
}
