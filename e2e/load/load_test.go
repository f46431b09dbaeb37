package load_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/slipway/slipway/e2e/load"
)

// visited has a site answered by a handler, and gives the answers once there are enough.
func visited(t *testing.T, group load.Group, handler http.HandlerFunc) []load.Answer {
	t.Helper()
	server := httptest.NewServer(handler)
	defer server.Close()
	return visit(t, group, server.URL)
}

func visit(t *testing.T, group load.Group, url string) []load.Answer {
	t.Helper()
	mark := regexp.MustCompile(`version (\w+)`)
	l := load.Start(t.Context(), load.Site{
		URL: url, Groups: []load.Group{group}, Patience: 500 * time.Millisecond, Passed: "X-Tried",
		Marks: func(header http.Header, body []byte) []string {
			marks := header.Values("X-Version")
			for _, found := range mark.FindAllSubmatch(body, -1) {
				marks = append(marks, string(found[1]))
			}
			return marks
		},
	})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for look := time.NewTicker(time.Millisecond); len(l.Answers()) < 8; {
		select {
		case <-look.C:
		case <-ctx.Done():
			t.Fatalf("only %d answers", len(l.Answers()))
		}
	}
	return l.Stop()
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	embeds := regexp.MustCompile(`href="([^"]+)"`)
	for name, test := range map[string]struct {
		handler http.HandlerFunc
		want    string // in the error of a failure; "" is none
	}{
		"whole": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Version", "a")
			fmt.Fprint(w, "version a ... version a")
		}, ""},
		"half": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Version", "b")
			fmt.Fprint(w, "version a")
		}, "half one version, half another: a, b"},
		"none": {func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "hello") }, "it shows no version"},
		"status": {func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusBadGateway)
			fmt.Fprint(w, "version a")
		}, "status 502"},
		"redirect": {func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/", http.StatusFound) }, "status 302"},
		"cut off": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			fmt.Fprint(w, "version a")
		}, "cut off after 9 bytes"},
		"reset":  {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "EOF"},
		"silent": {func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, "Timeout"},
		"embedded": {func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, `version a <link href="/site.css">`)
		}, ""},
		"embedded of another version": {func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/site.css" {
				fmt.Fprint(w, "version b")
				return
			}
			fmt.Fprint(w, `version a <link href="/site.css">`)
		}, "version b, embedded in a page of a"},
		"embedded and gone": {func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/site.css" {
				http.NotFound(w, r)
				return
			}
			fmt.Fprint(w, `version a <link href="/site.css">`)
		}, "status 404"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			answers := visited(t, load.Group{Visitors: 4, Visits: []load.Visit{{Path: "/", Embeds: embeds}}}, test.handler)
			failures := load.Failures(answers)
			if test.want == "" {
				if len(failures) > 0 {
					t.Errorf("%d failures: %v", len(failures), failures[0].Err)
				}
				if n := load.Shown(answers, "a"); n != len(answers) {
					t.Errorf("%d of %d answers show the version", n, len(answers))
				}
				return
			}
			if len(failures) == 0 {
				t.Fatal("nobody noticed")
			}
			if got := failures[0].Err.Error(); !strings.Contains(got, test.want) {
				t.Errorf("noticed as %q, want %q", got, test.want)
			}
		})
	}
}

func TestNobodyListens(t *testing.T) {
	t.Parallel()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = listener.Close()
	for _, keep := range []bool{false, true} {
		answers := visit(t, load.Group{Visitors: 1, Keep: keep, Visits: []load.Visit{{Path: "/"}}}, "http://"+listener.Addr().String())
		if failed := len(load.Failures(answers)); failed != len(answers) {
			t.Errorf("keep %t: %d of %d failed", keep, failed, len(answers))
		}
	}
}

// TestClosedConnections: a server that closes connections without an answer is a failure to who sends a request once; who keeps
// connections sends again what a kept one lost, and that is counted.
func TestClosedConnections(t *testing.T) {
	t.Parallel()
	var requests atomic.Int64
	once := load.Sum(visited(t, load.Group{Visitors: 1, Visits: []load.Visit{{Path: "/"}}}, func(w http.ResponseWriter, _ *http.Request) {
		if requests.Add(1)%3 == 0 {
			panic(http.ErrAbortHandler)
		}
		fmt.Fprint(w, "version a")
	}))
	if once.Failed == 0 || once.Resent > 0 {
		t.Errorf("a connection for each: %s", once)
	}
	var of sync.Map // connections by the client's port, to whether one request was answered
	kept := load.Sum(visited(t, load.Group{Visitors: 1, Keep: true, Visits: []load.Visit{{Path: "/"}}}, func(w http.ResponseWriter, r *http.Request) {
		if _, again := of.Swap(r.RemoteAddr, true); again {
			panic(http.ErrAbortHandler)
		}
		fmt.Fprint(w, "version a")
	}))
	if kept.Failed > 0 || kept.Resent == 0 {
		t.Errorf("kept connections: %s", kept)
	}
}

func TestSum(t *testing.T) {
	t.Parallel()
	began := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	var answers []load.Answer
	for i := range 200 {
		a := load.Answer{At: began.Add(time.Duration(i) * time.Second), Took: time.Duration(i) * time.Millisecond, Method: "GET", Path: "/", Status: 200, Sent: 1}
		switch {
		case i < 100:
			a.Mark = "2"
		case i < 190:
			a.Mark, a.Passed = "1", "10.0.0.1:80, 10.0.0.2:80"
		case i < 195:
			a.Mark, a.Sent = "1", 2
		default:
			a.Status, a.Err = 502, fmt.Errorf("status %d", 502)
		}
		answers = append(answers, a)
	}
	const want = "200 requests, 5 failed; version 2 100; version 1 95; 90 tried on another host; 5 sent again; 100 ms, 99% 198 ms, at most 199 ms"
	if got := load.Sum(answers).String(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	const line = " 199.000s   199 ms  GET /  502  FAILED: status 502"
	if got := answers[199].Line(began); got != line {
		t.Errorf("got  %q\nwant %q", got, line)
	}
}
