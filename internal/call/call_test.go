package call_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/call"
	"github.com/slipway/slipway/internal/call/request"
)

// server answers the nth request with the nth of its answers, and every further one with the last.
func server(t *testing.T, answers ...http.HandlerFunc) (*url.URL, *atomic.Int32) {
	t.Helper()
	var count atomic.Int32
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answers[min(int(count.Add(1)), len(answers))-1](w, r)
	}))
	t.Cleanup(s.Close)
	u, err := url.Parse(s.URL + "/hook?key=s3cr3t")
	if err != nil {
		t.Fatal(err)
	}
	return u, &count
}

func status(code int, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(code)
		_, _ = io.WriteString(w, "first\n\n  second "+strings.Repeat("x", 2000)+"\n")
	}
}

// cut takes the request and closes the connection.
func cut(w http.ResponseWriter, _ *http.Request) {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err == nil {
		_ = conn.Close()
	}
}

func silent(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body) // only then is it noticed that the client went away
	<-r.Context().Done()
}

// send has two retries, and time enough for a machine that is busy.
func send(t *testing.T, r request.Filled) (int, []string, *call.Error) {
	t.Helper()
	return sendWithin(t, 30*time.Second, r)
}

func sendWithin(t *testing.T, timeout time.Duration, r request.Filled) (int, []string, *call.Error) {
	t.Helper()
	policy := call.Policy{Timeout: timeout, Retries: 2, Wait: time.Millisecond}
	var said []string
	if r.Header == nil {
		r.Header = http.Header{}
	}
	code, err := call.Send(t.Context(), r, policy, func(line string) { said = append(said, line) })
	var failed *call.Error
	if err != nil && !errors.As(err, &failed) {
		t.Fatalf("no *call.Error: %v", err)
	}
	if failed != nil && strings.Contains(failed.Error()+failed.Hint+strings.Join(said, ""), "s3cr3t") {
		t.Errorf("the secret of the address is shown: %v %q", failed, said)
	}
	return code, said, failed
}

func TestSend(t *testing.T) {
	t.Parallel()
	at, count := server(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.Method != "POST" || r.URL.Query().Get("key") != "s3cr3t" || r.Header.Get("X-Token") != "t" || string(body) != "{}" || r.UserAgent() != "slipway" || r.Host != "named.example" {
			t.Errorf("%s %s %v %s", r.Method, r.URL, r.Header, body)
		}
		w.WriteHeader(202)
	})
	code, said, failed := send(t, request.Filled{Method: "POST", URL: at, Header: http.Header{"X-Token": {"t"}, "Host": {"named.example"}}, Body: []byte("{}")})
	if code != 202 || failed != nil || count.Load() != 1 || len(said) > 0 {
		t.Errorf("%d %v %q", code, failed, said)
	}
}

// Which answers are tried again, how often, and what is known of those that never were what was wanted.
func TestTries(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answers    []http.HandlerFunc
		idempotent bool
		tries      int32
		ok         bool
		unknown    bool
		hint       string
	}{
		"503, 408, then well":        {[]http.HandlerFunc{status(503), status(408), status(200)}, false, 3, true, false, ""},
		"503 for good":               {[]http.HandlerFunc{status(503)}, false, 3, false, false, ""},
		"500 may have acted":         {[]http.HandlerFunc{status(500), status(200)}, false, 1, false, false, "may have acted"},
		"500 after a 503":            {[]http.HandlerFunc{status(503), status(500), status(200)}, false, 2, false, false, "may have acted"},
		"500, and it bears a second": {[]http.HandlerFunc{status(500), status(200)}, true, 2, true, false, ""},
		"500 for good, idempotent":   {[]http.HandlerFunc{status(500)}, true, 3, false, false, ""},
		"502 of a gateway":           {[]http.HandlerFunc{status(502), status(200)}, false, 1, false, true, ""},
		"502, and it bears a second": {[]http.HandlerFunc{status(502), status(200)}, true, 2, true, false, ""},
		"cut":                        {[]http.HandlerFunc{cut, status(200)}, false, 1, false, true, "it may have arrived"},
		"cut, and it bears a second": {[]http.HandlerFunc{cut, status(200)}, true, 2, true, false, ""},
		"cut for good":               {[]http.HandlerFunc{cut}, true, 3, false, true, ""},
		"429 with Retry-After":       {[]http.HandlerFunc{status(429, "Retry-After", "0"), status(200)}, false, 2, true, false, ""},
		"429 with a date":            {[]http.HandlerFunc{status(429, "Retry-After", "Fri, 31 Dec 1999 23:59:59 GMT"), status(200)}, false, 2, true, false, ""},
		"429 for an hour":            {[]http.HandlerFunc{status(429, "Retry-After", "3600"), status(200)}, false, 1, false, false, "asks to wait 1h0m0s"},
		"429 with nonsense":          {[]http.HandlerFunc{status(429, "Retry-After", "-1h"), status(200)}, false, 2, true, false, ""},
		"400 is never tried again":   {[]http.HandlerFunc{status(400), status(200)}, true, 1, false, false, ""},
		"401 names the token":        {[]http.HandlerFunc{status(401)}, true, 1, false, false, "token"},
		"501 is never tried again":   {[]http.HandlerFunc{status(501), status(200)}, false, 1, false, false, ""},
		"redirect to elsewhere":      {[]http.HandlerFunc{status(307, "Location", "https://evil.example/take?key=s3cr3t"), status(200)}, true, 1, false, false, "redirects are not followed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			at, count := server(t, c.answers...)
			code, said, failed := send(t, request.Filled{Method: "POST", URL: at, Body: []byte("x"), Idempotent: c.idempotent})
			if count.Load() != c.tries || c.ok != (failed == nil) || c.ok != (code == 200) {
				t.Fatalf("%d tries, %d, %v; said %q", count.Load(), code, failed, said)
			}
			if len(said) != int(c.tries)-1 {
				t.Errorf("said %q of %d tries", said, c.tries)
			}
			if failed != nil && (failed.Unknown != c.unknown || !strings.Contains(failed.Hint, c.hint)) {
				t.Errorf("unknown %v, hint %q", failed.Unknown, failed.Hint)
			}
		})
	}
}

// A server that takes a request and says nothing may have acted on it.
func TestSilentServer(t *testing.T) {
	t.Parallel()
	for name, idempotent := range map[string]bool{"once": false, "bears a second": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			at, count := server(t, silent)
			_, said, failed := sendWithin(t, time.Second, request.Filled{Method: "POST", URL: at, Body: []byte("x"), Idempotent: idempotent})
			tries := 1
			if idempotent {
				tries = 3
			}
			if int(count.Load()) != tries || len(said) != tries-1 || failed == nil || !failed.Unknown || !strings.Contains(failed.Hint, "it may have arrived") {
				t.Errorf("%d tries, %+v; said %q", count.Load(), failed, said)
			}
		})
	}
}

func TestAnswerThatIsNotWanted(t *testing.T) {
	t.Parallel()
	at, _ := server(t, status(404))
	_, _, failed := send(t, request.Filled{Method: "GET", URL: at})
	lines := call.Lines(failed.Answer)
	if failed.Status != "404 Not Found" || len(lines) != 2 || lines[0] != "first" || len(lines[1]) > 600 {
		t.Errorf("%+v %q", failed, lines)
	}
	if code, _, failed := send(t, request.Filled{Method: "GET", URL: at, Status: []int{404, 410}}); code != 404 || failed != nil {
		t.Errorf("404 was wanted: %d %v", code, failed)
	}
	ok, _ := server(t, status(200))
	if _, _, failed := send(t, request.Filled{Method: "GET", URL: ok, Status: []int{201}}); failed == nil || failed.Status != "200 OK" {
		t.Errorf("201 was wanted: %v", failed)
	}
}

// An answer without end, and one of many lines, are bounded.
func TestEndlessAnswer(t *testing.T) {
	t.Parallel()
	at, _ := server(t, func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(400)
		for r.Context().Err() == nil {
			if _, err := io.WriteString(w, strings.Repeat("line\n", 1000)); err != nil {
				return
			}
		}
	})
	start := time.Now()
	_, _, failed := send(t, request.Filled{Method: "GET", URL: at})
	if len(failed.Answer) > 64<<10 || len(call.Lines(failed.Answer)) != 20 || time.Since(start) > 10*time.Second {
		t.Errorf("%d bytes, %d lines, %s", len(failed.Answer), len(call.Lines(failed.Answer)), time.Since(start))
	}
}

// Where nothing was sent, that is known, and it is tried again whatever it does.
func TestNothingThere(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at := &url.URL{Scheme: "http", Host: listener.Addr().String(), Path: "/"}
	_ = listener.Close()
	_, said, failed := send(t, request.Filled{Method: "POST", URL: at, Body: []byte("x")})
	if failed == nil || failed.Unknown || len(said) != 2 || !strings.Contains(failed.Hint, "127.0.0.1") {
		t.Errorf("%+v, said %q", failed, said)
	}
	// A certificate that nobody knows: no second try, and nothing was sent.
	secure := httptest.NewTLSServer(status(200))
	t.Cleanup(secure.Close)
	secure.Config.ErrorLog = nil
	u, _ := url.Parse(secure.URL)
	if _, said, failed := send(t, request.Filled{Method: "POST", URL: u}); failed == nil || failed.Unknown || len(said) > 0 || !strings.Contains(failed.Error(), "certificate") {
		t.Errorf("%+v, said %q", failed, said)
	}
}

// A cancelled deployment ends the wait for an answer, and the wait between tries.
func TestCancelled(t *testing.T) {
	t.Parallel()
	at, _ := server(t, silent)
	ctx, cancel := context.WithCancelCause(t.Context())
	reason := errors.New("somebody stopped it")
	time.AfterFunc(50*time.Millisecond, func() { cancel(reason) })
	_, err := call.Send(ctx, request.Filled{Method: "POST", URL: at, Header: http.Header{}}, call.Policy{Timeout: time.Minute}, func(string) {})
	var failed *call.Error
	if !errors.As(err, &failed) || !errors.Is(err, reason) || !failed.Unknown {
		t.Errorf("%v", err)
	}
	at, count := server(t, status(503, "Retry-After", "30"))
	ctx, cancel = context.WithCancelCause(t.Context())
	start := time.Now()
	_, err = call.Send(ctx, request.Filled{Method: "POST", URL: at, Header: http.Header{}}, call.Policy{Timeout: time.Minute, Retries: 2}, func(string) { cancel(reason) })
	if !errors.As(err, &failed) || failed.Unknown || count.Load() != 1 || time.Since(start) > 10*time.Second {
		t.Errorf("%v after %s: the server had said that it did nothing", err, time.Since(start))
	}
}
