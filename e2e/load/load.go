// Package load is a constant load on a site: visitors who fetch its pages, and what these embed, one after the other for as
// long as they are let, and keep a record of every answer.
package load

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

// Site is what is visited.
type Site struct {
	URL    string // of its root, without a path
	Groups []Group

	// Marks names every version of the site that an answer shows. One that shows none, or two, is a failure.
	Marks func(header http.Header, body []byte) []string
	// Passed is the response header that lists, with commas, the hosts that a balancer tried; "" where none is asked for.
	Passed string
	// Patience is how long a visitor waits for an answer.
	Patience time.Duration
}

// Group is visitors who do the same.
type Group struct {
	Visitors int
	Visits   []Visit
	Pause    time.Duration // of each visitor, after a visit
	// Keep has each visitor keep one connection, as a browser does, and send a request that a kept connection lost again. Without
	// it each request has a connection of its own and is sent once.
	Keep bool
}

// Visit is a page that is fetched, and then what it embeds.
type Visit struct {
	Method string // GET unless given
	Path   string
	Embeds *regexp.Regexp // its first group is a path, and what that has must show the page's version; nil is nothing
}

// Answer is the record of a request.
type Answer struct {
	At     time.Time // when the request was made
	Took   time.Duration
	Method string
	Path   string
	Status int    // 0 where there was none
	Mark   string // the version that it shows
	Sent   int    // how often it was sent
	Passed string // the hosts that the balancer tried
	Err    error  // why it is a failure
}

// Load is a load under way.
type Load struct {
	site    Site
	stop    context.CancelFunc
	ended   sync.WaitGroup
	mu      sync.Mutex
	answers []Answer
}

// Start sends the visitors. They go on until Stop, or until ctx ends.
func Start(ctx context.Context, site Site) *Load {
	ctx, stop := context.WithCancel(ctx)
	l := &Load{site: site, stop: stop}
	for _, group := range site.Groups {
		for range group.Visitors {
			l.ended.Go(func() { l.visitor(ctx, group) })
		}
	}
	return l
}

// Stop lets every visitor end the visit that is under way, and gives all answers in the order of their requests.
func (l *Load) Stop() []Answer {
	l.stop()
	l.ended.Wait()
	return l.Answers()
}

// Answers are those that there are by now, in the order of their requests.
func (l *Load) Answers() []Answer {
	l.mu.Lock()
	answers := slices.Clone(l.answers)
	l.mu.Unlock()
	slices.SortFunc(answers, func(a, b Answer) int { return a.At.Compare(b.At) })
	return answers
}

func (l *Load) visitor(ctx context.Context, group Group) {
	transport := &http.Transport{
		DisableKeepAlives: !group.Keep, DisableCompression: true, MaxConnsPerHost: 1,
		DialContext: (&net.Dialer{Timeout: l.site.Patience}).DialContext,
	}
	defer transport.CloseIdleConnections()
	client := &http.Client{
		Transport: transport, Timeout: l.site.Patience,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	pause := time.NewTimer(0)
	defer pause.Stop()
	for {
		for _, visit := range group.Visits {
			select {
			case <-pause.C:
			case <-ctx.Done():
				return
			}
			// Not ended with ctx: a request that the visitor gave up would say nothing of the site.
			l.visit(context.WithoutCancel(ctx), client, visit)
			pause.Reset(group.Pause)
		}
	}
}

func (l *Load) visit(ctx context.Context, client *http.Client, visit Visit) {
	method := visit.Method
	if method == "" {
		method = http.MethodGet
	}
	page, body := l.ask(ctx, client, method, visit.Path, "")
	l.note(page)
	if visit.Embeds == nil || page.Err != nil {
		return
	}
	for _, found := range visit.Embeds.FindAllSubmatch(body, -1) {
		answer, _ := l.ask(ctx, client, http.MethodGet, string(found[1]), page.Mark)
		l.note(answer)
	}
}

func (l *Load) note(a Answer) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.answers = append(l.answers, a)
}

// ask makes a request; of is the version that the answer must show, "" is any.
func (l *Load) ask(ctx context.Context, client *http.Client, method, path, of string) (answer Answer, body []byte) {
	answer = Answer{Method: method, Path: path, At: time.Now()}
	defer func() { answer.Took = time.Since(answer.At) }()
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { answer.Sent++ }})
	request, err := http.NewRequestWithContext(ctx, method, l.site.URL+path, http.NoBody)
	if err != nil {
		answer.Err = err
		return answer, nil
	}
	response, err := client.Do(request)
	if err != nil {
		var of *url.Error
		if errors.As(err, &of) {
			err = of.Err
		}
		answer.Err = err
		return answer, nil
	}
	body, err = io.ReadAll(response.Body)
	_ = response.Body.Close()
	answer.Status, answer.Passed = response.StatusCode, response.Header.Get(l.site.Passed)
	switch marks := distinct(l.site.Marks(response.Header, body)); {
	case err != nil:
		answer.Err = fmt.Errorf("cut off after %d bytes: %w", len(body), err)
	case response.StatusCode != http.StatusOK:
		answer.Err = fmt.Errorf("status %d", response.StatusCode)
	case len(marks) == 0:
		answer.Err = errors.New("it shows no version")
	case len(marks) > 1:
		answer.Err = fmt.Errorf("half one version, half another: %s", strings.Join(marks, ", "))
	case of != "" && marks[0] != of:
		answer.Err = fmt.Errorf("version %s, embedded in a page of %s", marks[0], of)
	default:
		answer.Mark = marks[0]
	}
	return answer, body
}

func distinct(marks []string) []string {
	marks = slices.Clone(marks)
	slices.Sort(marks)
	return slices.Compact(marks)
}
