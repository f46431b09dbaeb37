package probe

import (
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

	"slipway/internal/deploy"
)

// bodyLimit is how much of an answer is read to look for a text, in bytes.
const bodyLimit = 1 << 20

// HTTP makes the request and compares the answer. Redirects are not followed: they are the answer. A *WrongAnswer says
// that something answered, any other error that nothing did.
func (o Origin) HTTP(ctx context.Context, check deploy.HTTPCheck) error {
	return within(ctx, func(ctx context.Context) error {
		request, err := newRequest(ctx, check)
		if err != nil {
			return err
		}
		response, err := o.client(request.Host).Do(request)
		if err != nil {
			return withoutURL(err)
		}
		defer func() { _ = response.Body.Close() }()
		body, err := io.ReadAll(io.LimitReader(response.Body, bodyLimit))
		if err != nil {
			return fmt.Errorf("reading the answer: %w", err)
		}
		return compare(check, response, body)
	})
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
	request.Header.Set("User-Agent", "slipway")
	for name, value := range check.Headers {
		if strings.EqualFold(name, "Host") {
			request.Host = value
		}
		request.Header.Set(name, value)
	}
	return request, nil
}

// client makes each request on a connection of its own, so that several tries meet several workers. No environment variable
// is an input: it knows no proxy. A certificate must be of the host that the request asks for, which the header Host may
// name where the URL has an address.
func (o Origin) client(host string) *retryablehttp.Client {
	name := (&url.URL{Host: host}).Hostname()
	return &retryablehttp.Client{
		HTTPClient: &http.Client{
			Transport: &http.Transport{
				DialContext: o.dial, DisableKeepAlives: true, TLSClientConfig: &tls.Config{ServerName: name, MinVersion: tls.VersionTLS12},
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

// hiccup tells whether it was the way there that failed. Every answer is one, whatever its status.
func hiccup(ctx context.Context, response *http.Response, err error) (bool, error) {
	if err == nil || errors.Is(err, syscall.ECONNREFUSED) {
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
