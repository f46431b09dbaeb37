package github

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/go-retryablehttp"
)

// rateLimited says that the API wants to be left alone for longer than there is time.
type rateLimited struct{ until time.Time }

func (e *rateLimited) Error() string {
	return fmt.Sprintf("its rate limit is used up until %s UTC, and this run may not wait so long", e.until.UTC().Format("15:04:05"))
}

// retry is what retryablehttp does, and that for rate limits as well, as long as there is time for it before the context ends.
// docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api: 403 or 429; Retry-After says how long, else
// x-ratelimit-reset where x-ratelimit-remaining is 0, else a minute at least.
func retry(ctx context.Context, response *http.Response, err error) (bool, error) {
	if err != nil || ctx.Err() != nil || !isRateLimit(response) {
		return retryablehttp.DefaultRetryPolicy(ctx, response, err)
	}
	until := time.Now().Add(asked(response))
	if deadline, ok := ctx.Deadline(); ok && until.After(deadline) {
		return false, &rateLimited{until: until}
	}
	return true, nil
}

// wait is how long to wait before the next try.
func wait(least, most time.Duration, attempt int, response *http.Response) time.Duration {
	if response != nil && isRateLimit(response) {
		return asked(response)
	}
	return retryablehttp.DefaultBackoff(least, most, attempt, response)
}

// isRateLimit tells a rate limit from a missing permission: both may be 403. It may read the body, and puts it back.
func isRateLimit(response *http.Response) bool {
	switch response.StatusCode {
	case http.StatusTooManyRequests:
		return true
	case http.StatusForbidden:
	default:
		return false
	}
	if response.Header.Get("Retry-After") != "" || response.Header.Get("X-RateLimit-Remaining") == "0" {
		return true
	}
	const enough = 4096
	head, _ := io.ReadAll(io.LimitReader(response.Body, enough))
	response.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(head), response.Body), response.Body}
	return strings.Contains(string(head), "rate limit")
}

// asked is how long the API asks to wait: at least a second, for the reset is a whole one.
func asked(response *http.Response) time.Duration {
	if seconds, err := strconv.Atoi(response.Header.Get("Retry-After")); err == nil {
		return max(time.Second, time.Duration(seconds)*time.Second)
	}
	reset, err := strconv.ParseInt(response.Header.Get("X-RateLimit-Reset"), 10, 64)
	if err == nil && response.Header.Get("X-RateLimit-Remaining") == "0" {
		return max(time.Second, time.Until(time.Unix(reset, 0))+time.Second)
	}
	return time.Minute
}
