package probe

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"time"

	"github.com/hashicorp/go-retryablehttp"

	"github.com/slipway/slipway/internal/deploy"
)

// bodyLimit is how much of an answer is read to look for a text, in bytes.
const bodyLimit = 1 << 20

// headerLimit is how much an answer's headers may be, in bytes.
const headerLimit = 64 << 10

// bodyPatience is how long an answer's body is read of which no text is demanded.
const bodyPatience = 2 * time.Second

// HTTP makes the request and compares the answer. Redirects are not followed: they are the answer. left is how long the asker
// can wait. A *WrongAnswer says that something answered, any other error that nothing did.
func (o Origin) HTTP(ctx context.Context, check deploy.HTTPCheck, left time.Duration) error {
	_, err := o.exchange(ctx, check, left, false)
	return err
}

// Answer is an answer that is the one wanted.
type Answer struct {
	Status int
	Body   []byte // all of it
}

// Whole is HTTP, and gives the answer. One that does not end in its time is none, and one of bodyLimit or more is ErrLong.
func (o Origin) Whole(ctx context.Context, check deploy.HTTPCheck, left time.Duration) (Answer, error) {
	return o.exchange(ctx, check, left, true)
}

// ErrLong says that a body is too long to be read whole.
var ErrLong = fmt.Errorf("the answer is too long, %d MiB or more", bodyLimit>>20)

func (o Origin) exchange(ctx context.Context, check deploy.HTTPCheck, left time.Duration, whole bool) (answer Answer, err error) {
	err = within(ctx, left, func(ctx context.Context) error {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		request, err := newRequest(ctx, check)
		if err != nil {
			return err
		}
		security, err := trust(check, request.Host)
		if err != nil {
			return err
		}
		response, err := o.client(security).Do(request)
		if err != nil {
			return plainly(withoutURL(err))
		}
		defer func() { _ = response.Body.Close() }()
		if check.Body == "" && !whole {
			defer time.AfterFunc(bodyPatience, cancel).Stop()
		}
		until := check.Body
		if whole {
			until = ""
		}
		body, err := readBody(response.Body, until)
		if err != nil && (whole || ctx.Err() == nil) {
			return fmt.Errorf("reading the answer: %w", plainly(err))
		}
		if err := compare(check, response, body); err != nil { // an answer without end is judged by what came of it
			return err
		}
		if whole && len(body) == bodyLimit {
			return ErrLong
		}
		answer = Answer{Status: response.StatusCode, Body: body}
		return nil
	})
	return answer, err
}

// readBody reads a body to its end, to bodyLimit, or until it has a text that is looked for.
func readBody(body io.Reader, text string) ([]byte, error) {
	var read bytes.Buffer
	limited := io.LimitReader(body, bodyLimit)
	piece := make([]byte, 16<<10)
	for {
		n, err := limited.Read(piece)
		from := max(read.Len()-len(text), 0)
		read.Write(piece[:n])
		switch {
		case text != "" && bytes.Contains(read.Bytes()[from:], []byte(text)), err == io.EOF:
			return read.Bytes(), nil
		case err != nil:
			return read.Bytes(), err
		}
	}
}

func newRequest(ctx context.Context, check deploy.HTTPCheck) (*retryablehttp.Request, error) {
	method := check.Method
	if method == "" {
		method = http.MethodGet
	}
	request, err := retryablehttp.NewRequestWithContext(ctx, method, check.URL, nil)
	if err != nil {
		return nil, withoutURL(err)
	}
	request.URL.RawQuery = withParams(request.URL.RawQuery, check.Params)
	request.Header.Set("User-Agent", "slipway")
	for name, value := range check.Headers {
		if strings.EqualFold(name, "Host") {
			request.Host = value
		}
		request.Header.Set(name, value)
	}
	return request, nil
}

// withParams is a query with parameters added to it, encoded.
func withParams(query string, params map[string]string) string {
	if len(params) == 0 {
		return query
	}
	more := url.Values{}
	for name, value := range params {
		more.Set(name, value)
	}
	if query != "" {
		query += "&"
	}
	return query + more.Encode()
}

// client makes each request on a connection of its own, so that several tries meet several workers. No environment variable
// is an input: it knows no proxy.
func (o Origin) client(security *tls.Config) *retryablehttp.Client {
	return &retryablehttp.Client{
		HTTPClient: &http.Client{
			Transport: &http.Transport{
				DialContext: askFirst(o.dial), DisableKeepAlives: true, TLSClientConfig: security, MaxResponseHeaderBytes: headerLimit,
			},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		RetryMax: o.retries, RetryWaitMin: retryWait, RetryWaitMax: 2 * retryWait,
		CheckRetry: hiccup, Backoff: retryablehttp.DefaultBackoff,
		ErrorHandler: func(response *http.Response, err error, _ int) (*http.Response, error) { return response, err },
	}
}

// retryWait is how long to wait before one question is asked again.
const retryWait = 250 * time.Millisecond

// hiccup reports whether it was the way there that failed. Every answer is one, whatever its status.
func hiccup(ctx context.Context, response *http.Response, err error) (bool, error) {
	if err == nil || errors.Is(err, syscall.ECONNREFUSED) || Untrusted(err) {
		return false, nil
	}
	return retryablehttp.DefaultRetryPolicy(ctx, response, err)
}

// withoutURL takes the URL, in whose query tokens live, out of an error of net/http's.
func withoutURL(err error) error {
	var failure *url.Error
	if errors.As(err, &failure) {
		return failure.Err
	}
	return err
}
