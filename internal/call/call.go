// Package call sends what a step says from the runner: one HTTP request after another, each tried again where that may help and
// cannot do anything twice, and all of it bounded in size and time.
//
// Redirects are not followed: they are the answer, so that no secret goes to a host that nobody named. The package must not know
// which step it sends for, nor what its failure means.
package call

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-retryablehttp"

	"github.com/slipway/slipway/internal/call/request"
)

// Limits on what a server can make of a call.
const (
	headerLimit = 64 << 10         // bytes of an answer's headers
	bodyLimit   = 64 << 10         // bytes of an answer that are read
	lineLimit   = 500              // bytes of a line that is shown
	shownLines  = 20               // of an answer that was not wanted
	longestWait = 60 * time.Second // that a server may ask for before the next try
)

// Policy bounds the sending of one request.
type Policy struct {
	Timeout time.Duration // of one try, its answer included
	Retries int           // further tries
	Wait    time.Duration // before the second; doubled for each that follows. 0 is a second

	Roots *x509.CertPool // who may vouch for the server; nil are the usual authorities
}

// Error is why a request did not succeed.
type Error struct {
	Cause   error
	Hint    string
	Status  string // the answer's, "500 Internal Server Error"; "" where none came
	Answer  string // the beginning of the answer's body, as it came: secrets may be in it
	Unknown bool   // it was sent, and nobody knows what came of it
}

func (e *Error) Error() string { return e.Cause.Error() }

func (e *Error) Unwrap() error { return e.Cause }

// Send sends a request. status is the number of the answer that was wanted. An error is an *Error; said is told what goes wrong and
// is tried again.
func Send(ctx context.Context, r request.Filled, policy Policy, said func(line string)) (status int, err error) {
	t := &try{request: r, policy: policy, said: said}
	response, err := t.do(ctx)
	if err != nil {
		return 0, err
	}
	_ = response.Body.Close()
	return response.StatusCode, nil
}

// wanted reports whether a status is a success.
func wanted(r request.Filled, status int) bool {
	if len(r.Status) > 0 {
		return slices.Contains(r.Status, status)
	}
	return status >= 200 && status <= 299
}

// try is one request, over all its tries.
type try struct {
	request request.Filled
	policy  Policy
	said    func(string)
	number  int
	sent    atomic.Bool // the newest try wrote its headers: the server may have acted on it
}

// do gives the answer that was wanted.
func (t *try) do(ctx context.Context) (*http.Response, error) {
	response, err := t.client().Do(t.prepared(ctx))
	if err != nil {
		return nil, t.failed(ctx, err)
	}
	if wanted(t.request, response.StatusCode) {
		return response, nil
	}
	defer response.Body.Close()
	return nil, t.refused(response)
}

func (t *try) prepared(ctx context.Context) *retryablehttp.Request {
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteHeaders: func() { t.sent.Store(true) }})
	r, err := retryablehttp.NewRequestWithContext(ctx, t.request.Method, t.request.URL.String(), t.request.Body)
	if err != nil {
		panic("call: a filled request is no request: " + withoutURL(err).Error()) // its method and address were judged
	}
	r.Header = t.request.Header.Clone()
	if host := r.Header.Get("Host"); host != "" {
		r.Host = host
	}
	if r.Header.Get("User-Agent") == "" {
		r.Header.Set("User-Agent", "slipway")
	}
	return r
}

func (t *try) client() *retryablehttp.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone() // with the runner's proxy, if it has one
	transport.MaxResponseHeaderBytes = headerLimit
	// A connection that was used before may break while the next request is on it: nobody would know whether that arrived.
	transport.DisableKeepAlives = true
	if t.policy.Roots != nil {
		transport.TLSClientConfig = &tls.Config{RootCAs: t.policy.Roots, MinVersion: tls.VersionTLS12}
	}
	return &retryablehttp.Client{
		HTTPClient: &http.Client{
			Transport: transport, Timeout: t.policy.Timeout,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		RetryMax: t.policy.Retries, CheckRetry: t.again, Backoff: t.pause,
		PrepareRetry: func(*http.Request) error { t.sent.Store(false); return nil },
		ErrorHandler: lastAnswer,
	}
}

// lastAnswer is the last answer, or the reason why there is none.
func lastAnswer(response *http.Response, err error, _ int) (*http.Response, error) {
	if err != nil && response != nil {
		_ = response.Body.Close()
		response = nil
	}
	return response, err
}

// again reports whether a request is sent once more: where the server says that it did nothing, where nothing reached it, and where it
// bears to be sent twice.
func (t *try) again(ctx context.Context, response *http.Response, err error) (bool, error) {
	if ctx.Err() != nil {
		return false, context.Cause(ctx)
	}
	t.number++
	var why string
	switch {
	case err != nil:
		if !t.mayHelp(ctx, err) {
			return false, nil
		}
		why = t.plainly(err).Error()
	case wanted(t.request, response.StatusCode) || !t.mayRepeat(response.StatusCode):
		return false, nil
	default:
		if wait, asked := askedWait(response); asked && wait > longestWait {
			return false, nil
		}
		why = "the answer was " + statusText(response)
		t.sent.Store(!undone(response.StatusCode))
	}
	if t.number <= t.policy.Retries {
		t.said(fmt.Sprintf("%s; it is tried again (%d of %d)", why, t.number+1, t.policy.Retries+1))
	}
	return true, nil
}

// mayHelp reports whether a request that got no answer may go well when it is sent once more, and may be.
func (t *try) mayHelp(ctx context.Context, err error) bool {
	if t.sent.Load() && !t.request.Idempotent {
		return false
	}
	again, _ := retryablehttp.DefaultRetryPolicy(ctx, nil, err)
	return again
}

// mayRepeat reports whether a request with this answer may be sent once more: a server that answers 500 may have done half of it.
func (t *try) mayRepeat(status int) bool {
	return undone(status) || t.request.Idempotent && (status == http.StatusInternalServerError || unsure(status))
}

// undone reports whether a status says that the request did nothing.
func undone(status int) bool {
	return slices.Contains([]int{http.StatusRequestTimeout, http.StatusTooManyRequests, http.StatusServiceUnavailable}, status)
}

// unsure reports whether a status says that a gateway does not know what the server behind it did.
func unsure(status int) bool {
	return status == http.StatusBadGateway || status == http.StatusGatewayTimeout
}

// pause is how long to wait before the next try: what the server asks for, else twice as long as before.
func (t *try) pause(_, _ time.Duration, attempt int, response *http.Response) time.Duration {
	if response != nil {
		if wait, asked := askedWait(response); asked {
			return wait
		}
	}
	wait := t.policy.Wait
	if wait == 0 {
		wait = time.Second
	}
	return min(wait<<attempt, longestWait)
}

// askedWait is what Retry-After says, in seconds or as a date (RFC 9110, 10.2.3).
func askedWait(response *http.Response) (time.Duration, bool) {
	text := response.Header.Get("Retry-After")
	if text == "" {
		return 0, false
	}
	if seconds, err := strconv.ParseUint(text, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second, true
	}
	at, err := http.ParseTime(text)
	return max(time.Until(at), 0), err == nil
}

// failed is the error of a request that got no answer.
func (t *try) failed(ctx context.Context, err error) *Error {
	failure := &Error{Cause: t.plainly(err), Unknown: t.sent.Load(), Hint: "see whether this runner reaches " + t.request.URL.Hostname()}
	if ctx.Err() != nil {
		failure.Cause, failure.Hint = context.Cause(ctx), ""
	}
	if failure.Unknown {
		failure.Hint = "it was sent, and no answer came: it may have arrived"
	}
	return failure
}

// refused is the error of an answer that was not wanted.
func (t *try) refused(response *http.Response) *Error {
	said := statusText(response)
	failure := &Error{Status: said, Cause: fmt.Errorf("the answer was %s", said), Unknown: unsure(response.StatusCode)}
	switch status := response.StatusCode; {
	case status >= 300 && status <= 399:
		failure.Cause = fmt.Errorf("it redirects (%s)%s", said, elsewhere(response))
		failure.Hint = "redirects are not followed, since secrets would go along: name that address itself"
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		failure.Hint = "is the token right, and may it do this?"
	case status == http.StatusInternalServerError && !t.request.Idempotent:
		failure.Hint = "it is not tried again by itself, as the server may have acted on it: see there before you re-run"
	case status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable:
		if wait, asked := askedWait(response); asked && wait > longestWait {
			failure.Hint = fmt.Sprintf("it asks to wait %s, which is too long for a deployment", wait.Round(time.Second))
		}
	}
	text, _ := io.ReadAll(io.LimitReader(response.Body, bodyLimit)) // what came of a broken one is all there is to show
	failure.Answer = string(text)
	return failure
}

// statusText is an answer's status in the words of the standard: those of the server may be anything.
func statusText(response *http.Response) string {
	return strings.TrimSpace(strconv.Itoa(response.StatusCode) + " " + http.StatusText(response.StatusCode))
}

// elsewhere is where an answer redirects to, without its query.
func elsewhere(response *http.Response) string {
	to, err := response.Location()
	if err != nil {
		return ""
	}
	return " to " + (&url.URL{Scheme: to.Scheme, Host: to.Host, Path: to.Path}).String()
}

// Lines are the first lines of an answer, for people.
func Lines(text string) []string {
	var lines []string
	for line := range strings.Lines(text) {
		if line = strings.ToValidUTF8(strings.TrimSpace(line), "\uFFFD"); line == "" {
			continue
		}
		if len(line) > lineLimit {
			line = strings.ToValidUTF8(line[:lineLimit], "") + "..."
		}
		if lines = append(lines, line); len(lines) == shownLines {
			break
		}
	}
	return lines
}

// plainly is an error of net/http in words for people, without the URL, in which secrets may be.
func (t *try) plainly(err error) error {
	var timeout interface{ Timeout() bool }
	err = withoutURL(err)
	if errors.As(err, &timeout) && timeout.Timeout() {
		return fmt.Errorf("no answer came within %s", t.policy.Timeout)
	}
	return err
}

func withoutURL(err error) error {
	var failure *url.Error
	if errors.As(err, &failure) {
		return failure.Err
	}
	return err
}
