// Package download brings a file over HTTP to this machine. It goes on after a cut where the server lets it (Range, RFC 9110,
// 14), gives up where no byte comes any more, keeps to a size, and holds the whole against its digest.
//
// It must not know whose file it is: who needs a token to learn the file's address uses it in Locate, and gives it with the address
// where the server there wants it, too.
package download

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/go-retryablehttp"

	"github.com/slipway/slipway/internal/deploy"
)

// File is what to bring.
type File struct {
	Name   string                                   // what messages call it
	Locate func(ctx context.Context) (Place, error) // asked for anew for each connection: signed addresses expire
	SHA256 deploy.Digest                            // of the whole file; "" is not known
	Most   int64                                    // bytes that it may have
}

// Place is where a file lies.
type Place struct {
	URL    string
	Header http.Header // what the server wants to see; a token in Authorization goes to no other host
}

// Client brings files. It has no state of them.
type Client struct {
	http  *retryablehttp.Client
	stall time.Duration // without a byte after which a connection is given up
	pause time.Duration // after the first connection that brought nothing; doubled for each that follows
}

// Limits on what a server can make of a download.
const (
	idleTries   = 5   // connections in a row that bring nothing
	connections = 100 // in all
	headerLimit = 64 << 10
)

// New makes a client that gives a connection up after 30 seconds without a byte, as the platform's own download action does.
func New() *Client {
	const stall = 30 * time.Second
	transport := http.DefaultTransport.(*http.Transport).Clone() // with the runner's proxy, if it has one
	transport.ResponseHeaderTimeout = stall
	transport.DisableCompression = true // a range is one of the file's bytes
	transport.MaxResponseHeaderBytes = headerLimit
	return &Client{
		stall: stall, pause: time.Second,
		http: &retryablehttp.Client{
			HTTPClient: &http.Client{Transport: transport, CheckRedirect: careful},
			RetryMax:   4, RetryWaitMin: time.Second, RetryWaitMax: 30 * time.Second,
			CheckRetry: retryablehttp.DefaultRetryPolicy, Backoff: retryablehttp.DefaultBackoff,
			ErrorHandler: retryablehttp.PassthroughErrorHandler,
		},
	}
}

// careful follows redirects, but not from HTTPS to HTTP, and shows a token to the first host alone: net/http shows it to its subdomains.
func careful(request *http.Request, before []*http.Request) error {
	if len(before) >= 10 {
		return errors.New("more than 10 redirects")
	}
	if before[0].URL.Scheme == "https" && request.URL.Scheme != "https" {
		return fmt.Errorf("it redirects from https to %s://%s", request.URL.Scheme, request.URL.Host)
	}
	if request.URL.Host != before[0].URL.Host {
		request.Header.Del("Authorization")
	}
	return nil
}

// Fetch writes the file to `to`, which is empty. What is wrong comes back as a *deploy.Error, of deploy.FaultHost where another try may
// go well; an error of Locate, and a context's, as themselves.
func (c *Client) Fetch(ctx context.Context, file File, to *os.File) error {
	t := &transfer{File: file, to: to, sum: sha256.New(), total: -1}
	idle := 0
	for n := 1; ; n++ {
		before := t.size
		err := c.connect(ctx, t)
		if err == nil {
			return t.verify()
		}
		var refusal *deploy.Error
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case errors.As(err, &refusal):
			return err
		}
		if idle++; t.size > before {
			idle = 0
		}
		if idle == idleTries || n == connections {
			return t.failed(deploy.FaultHost, "run the job again; if it stays so, look at the network of this runner", "%w, after %s of it (%d connections)", err, deploy.Size(t.size), n)
		}
		timer := time.NewTimer(c.pause << idle)
		select {
		case <-ctx.Done():
			timer.Stop()
			return context.Cause(ctx)
		case <-timer.C:
		}
	}
}

// transfer is a file on its way.
type transfer struct {
	File
	to    *os.File
	sum   hash.Hash
	size  int64  // bytes that are here
	total int64  // bytes of the whole; -1 unknown
	tag   string // strong entity tag of the whole; "" unknown
}

func (t *transfer) failed(fault deploy.Fault, hint, format string, args ...any) error {
	return &deploy.Error{Op: "download", Cause: fmt.Errorf("%s: "+format, append([]any{t.Name}, args...)...), Hint: hint, Fault: fault}
}

// connect asks for what is missing, and takes what comes. Its error is a *deploy.Error where no other connection can help.
func (c *Client) connect(ctx context.Context, t *transfer) error {
	place, err := t.Locate(ctx)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	request, err := retryablehttp.NewRequestWithContext(ctx, http.MethodGet, place.URL, nil)
	if err != nil {
		return t.failed("", "", "its address cannot be read: %w", withoutURL(err))
	}
	maps.Copy(request.Header, place.Header)
	request.Header.Set("User-Agent", "slipway")
	if t.size > 0 {
		request.Header.Set("Range", fmt.Sprintf("bytes=%d-", t.size))
		if t.tag != "" {
			request.Header.Set("If-Range", t.tag)
		}
	}
	response, err := c.http.Do(request)
	if err != nil {
		return withoutURL(err)
	}
	defer response.Body.Close()
	if err := t.begin(response); err != nil {
		return err
	}
	if t.total > t.Most {
		return t.tooLarge()
	}
	stalled := time.AfterFunc(c.stall, func() { cancel(fmt.Errorf("no byte came for %s", c.stall)) })
	defer stalled.Stop()
	if _, err = io.Copy(t, &watched{in: response.Body, stalled: stalled, stall: c.stall}); err == nil && t.total >= 0 && t.size < t.total {
		err = io.ErrUnexpectedEOF
	}
	switch {
	case err == nil || errors.As(err, new(*deploy.Error)):
		return err
	case ctx.Err() != nil:
		return context.Cause(ctx)
	}
	return fmt.Errorf("the connection broke: %w", err)
}

// begin reads the head of an answer, and begins anew where what follows is not what is missing.
func (t *transfer) begin(response *http.Response) error {
	switch status := response.StatusCode; {
	case status == http.StatusPartialContent && t.size > 0:
		from, total, ok := contentRange(response.Header.Get("Content-Range"))
		if !ok || from != t.size {
			return errors.Join(errors.New("the server sent another part than was asked for"), t.restart())
		}
		t.total = total
		return nil
	case status == http.StatusOK:
		if err := t.restart(); err != nil {
			return err
		}
		t.total = response.ContentLength
		if tag := response.Header.Get("ETag"); strings.HasPrefix(tag, `"`) {
			t.tag = tag
		}
		return nil
	case status == http.StatusRequestedRangeNotSatisfiable:
		return errors.Join(errors.New("the server has no more of it"), t.restart())
	case t.size > 0 || status >= 500 || status == http.StatusTooManyRequests: // a signed address may just have expired
		return fmt.Errorf("the server answered %s", response.Status)
	}
	return t.failed("", "is it still there, and may everybody who knows the address read it?", "the server answered %s", response.Status)
}

// restart throws away what is here.
func (t *transfer) restart() error {
	if t.size == 0 {
		return nil
	}
	t.sum.Reset()
	t.size, t.total, t.tag = 0, -1, ""
	_, err := t.to.Seek(0, io.SeekStart)
	if err = errors.Join(err, t.to.Truncate(0)); err != nil {
		return t.failed("", "free space on the runner", "%w", err)
	}
	return nil
}

// Write adds to what is here.
func (t *transfer) Write(p []byte) (int, error) {
	if int64(len(p)) > t.Most-t.size {
		return 0, t.tooLarge()
	}
	n, err := t.to.Write(p)
	t.sum.Write(p[:n])
	t.size += int64(n)
	if err != nil {
		err = t.failed("", "free space on the runner, or point TMPDIR at a larger disk", "it cannot be kept: %w", err)
	}
	return n, err
}

func (t *transfer) tooLarge() error {
	return t.failed("", "if it is meant to be so large, raise `max_size`", "it has more than %s", deploy.Size(t.Most))
}

func (t *transfer) verify() error {
	if got := deploy.Digest(hex.EncodeToString(t.sum.Sum(nil))); t.SHA256 != "" && got != t.SHA256 {
		return t.failed("", "it is not the file that was meant: somebody replaced it, or it was damaged on the way", "its SHA-256 is %s, and %s was promised", got, t.SHA256)
	}
	return nil
}

// contentRange reads "bytes 10-99/100"; the total is -1 where it says "*".
func contentRange(text string) (from, total int64, ok bool) {
	span, whole, found := strings.Cut(strings.TrimPrefix(text, "bytes "), "/")
	first, _, dash := strings.Cut(span, "-")
	from, err := strconv.ParseInt(first, 10, 64)
	if !found || !dash || err != nil {
		return 0, 0, false
	}
	if total, err = strconv.ParseInt(whole, 10, 64); err != nil {
		total = -1
	}
	return from, total, true
}

// withoutURL takes the URL, in whose query signatures live, out of an error of net/http's.
func withoutURL(err error) error {
	var failure *url.Error
	if errors.As(err, &failure) {
		return failure.Err
	}
	return err
}

// watched sets a clock back with each byte.
type watched struct {
	in      io.Reader
	stalled *time.Timer
	stall   time.Duration
}

func (w *watched) Read(p []byte) (int, error) {
	n, err := w.in.Read(p)
	if n > 0 {
		w.stalled.Reset(w.stall)
	}
	return n, err
}
