// Package github asks GitHub's API: which commit a ref names, which run of CI built what of a commit, where a file of it lies, which pull
// requests brought which commits.
//
// It writes what it is given: a comment on a pull request, a deployment and its statuses, a deployment record. What it is told is bounded in
// size and in time, rate limits are waited for as long as the context lasts, and the token goes to no other origin than the API's. It must
// not know what is deployed, or where to.
package github

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	api "github.com/google/go-github/v93/github"
	"github.com/hashicorp/go-retryablehttp"

	"github.com/slipway/slipway/internal/secret"
)

// Options are what a Client is made of.
type Options struct {
	API        string // base URL; "" is https://api.github.com
	Repository string // owner/name
	Token      secret.Secret
}

// Client asks the API about one repository.
type Client struct {
	api         *api.Client
	http        *retryablehttp.Client
	base        string // of the REST API, with a slash at its end
	token       secret.Secret
	owner, name string

	whose sync.Mutex
	login string // of the token's user; "" before it was asked for
}

const publicAPI = "https://api.github.com/"

// Limits on what an answer can make of a call.
const (
	answerLimit = 32 << 20         // bytes of a body: a page of 100 runs has about 2 MiB
	headerLimit = 256 << 10        // bytes of headers
	callLimit   = 60 * time.Second // for one try of a call, its body included
	maxPages    = 30               // of 100: the API lists 1000 runs for a filter at most, and an issue has 2500 comments at most
	perPage     = 100
)

// New makes a client. It asks nothing yet.
func New(o Options) (*Client, error) {
	owner, name, ok := strings.Cut(o.Repository, "/")
	if !ok || owner == "" || name == "" || strings.Contains(name, "/") {
		return nil, fmt.Errorf("`%s` is no repository: it is owner/name", o.Repository)
	}
	base := publicAPI
	if o.API != "" {
		base = strings.TrimSuffix(o.API, "/") + "/"
	}
	transport := http.DefaultTransport.(*http.Transport).Clone() // with the runner's proxy, if it has one
	transport.MaxResponseHeaderBytes = headerLimit
	c := &Client{base: base, token: o.Token, owner: owner, name: name, http: &retryablehttp.Client{
		HTTPClient: &http.Client{
			Transport: pinned{version: versionOf(base), next: transport}, Timeout: callLimit,
			// A redirect is followed by the client above, which knows whether the token may go there.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		RetryMax: 6, RetryWaitMin: time.Second, RetryWaitMax: 30 * time.Second,
		CheckRetry: retry, Backoff: wait, ErrorHandler: lastAnswer,
	}}
	options := []api.ClientOptionsFunc{
		api.WithHTTPClient(c.http.StandardClient()), api.WithURLs(&base, &base), api.WithUserAgent("slipway"), api.WithDisableRateLimitCheck(),
	}
	if !o.Token.IsEmpty() {
		options = append(options, api.WithAuthToken(o.Token.Reveal()))
	}
	var err error
	c.api, err = api.NewClient(options...)
	return c, err
}

// lastAnswer is the last answer, or the reason why there is none: net/http takes only one of them.
func lastAnswer(response *http.Response, err error, _ int) (*http.Response, error) {
	if err != nil && response != nil {
		_ = response.Body.Close()
		response = nil
	}
	return response, err
}

// versionOf is the version of the API that is spoken. GitHub Enterprise Server, whose API lies below /api/v3, learns versions later.
func versionOf(base string) string {
	if strings.HasSuffix(base, "/api/v3/") {
		return "2022-11-28"
	}
	return "2026-03-10"
}

// pinned says which version of the API it speaks, and bounds what comes back.
type pinned struct {
	version string
	next    http.RoundTripper
}

func (p pinned) RoundTrip(request *http.Request) (*http.Response, error) {
	request = request.Clone(request.Context())
	request.Header.Set("X-GitHub-Api-Version", p.version)
	response, err := p.next.RoundTrip(request)
	if err == nil {
		response.Body = &bounded{ReadCloser: response.Body, left: answerLimit}
	}
	return response, err
}

type bounded struct {
	io.ReadCloser
	left int
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, fmt.Errorf("the answer is longer than %d MiB", answerLimit>>20)
	}
	n, err := b.ReadCloser.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}

// pages calls list for each page until there is no next one.
func pages(list func(api.ListOptions) (*api.Response, error)) error {
	options := api.ListOptions{PerPage: perPage, Page: 1}
	for range maxPages {
		response, err := list(options)
		if err != nil {
			return err
		}
		if response.NextPage == 0 {
			return nil
		}
		options.Page = response.NextPage
	}
	return nil
}

// Location is where a file lies that is asked for with an API call: an address that needs no token, for a minute or so; or one of the
// API's own, with the header that it wants to see.
func (c *Client) Location(ctx context.Context, f Stored) (string, http.Header, error) {
	if f.release {
		return c.assetLocation(ctx, f)
	}
	location, response, err := c.api.Actions.DownloadArtifact(ctx, c.owner, c.name, f.ID, 2)
	if err == nil {
		return location.String(), nil, nil
	}
	return "", nil, c.explain(ctx, response, err, "download artifact "+f.Name, "actions: read")
}
