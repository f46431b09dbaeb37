package probe_test

import (
	"context"
	"crypto/tls"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/probe"
	"github.com/slipway/slipway/internal/sshtest/loopback"
)

const (
	ours   = "20261121-073000-1a2b3c4-9f3c51"
	theirs = "20261119-101500-77aa001-02be44"
)

func serve(t *testing.T, handler http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}

// here is the host's way of asking, without a host between.
func here() probe.Origin { return probe.Host((&net.Dialer{}).DialContext) }

func TestAnswers(t *testing.T) {
	t.Parallel()
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Add("X-Release", theirs)
		w.Header().Add("X-Many", "one")
		w.Header().Add("X-Many", "two")
		switch r.URL.Path {
		case "/ok":
			_, _ = fmt.Fprintf(w, "%s %s\n\nbrackets %s", r.Method, r.Host, r.Header.Get("X-Ask"))
		case "/moved":
			http.Redirect(w, r, "https://example.com/ok?token=s3cr3t", http.StatusFound)
		case "/broken":
			w.WriteHeader(http.StatusInternalServerError)
			_, _ = w.Write([]byte("\n  relation \"cart\" does not exist\nHINT: migrate"))
		case "/page":
			w.WriteHeader(http.StatusBadGateway)
			_, _ = w.Write([]byte("<html>\r\n<head><title>502 Bad &amp; Gateway</title></head>\r\n<body>"))
		}
	})
	for _, test := range []struct {
		name  string
		check deploy.HTTPCheck
		want  string // of the error, "" for none
		body  string
	}{
		{name: "any of 200 to 299", check: deploy.HTTPCheck{URL: "/ok"}},
		{name: "one of several", check: deploy.HTTPCheck{URL: "/moved", Status: []int{200, 302}}},
		{name: "request", check: deploy.HTTPCheck{URL: "/ok", Method: "POST", Headers: map[string]string{"host": "shop.test", "X-Ask": "me"}, Body: "POST shop.test\n\nbrackets me"}},
		{name: "headers", check: deploy.HTTPCheck{URL: "/ok", Header: []string{"x-release:  " + theirs, "X-Many: two"}}},
		{name: "another status", check: deploy.HTTPCheck{URL: "/broken", Status: []int{200, 204}}, want: "last answer 500, wanted 200 or 204", body: `relation "cart" does not exist`},
		{name: "no success", check: deploy.HTTPCheck{URL: "/page"}, want: "last answer 502, wanted 200 to 299", body: "502 Bad & Gateway"},
		{name: "redirect", check: deploy.HTTPCheck{URL: "/moved"}, want: "last answer 302 to https://example.com/ok, wanted 200 to 299", body: `<a href="https://example.com/ok?token=s3cr3t">Found</a>.`},
		{name: "another header", check: deploy.HTTPCheck{URL: "/ok", Header: []string{"X-Release: " + ours}}, want: "last answer X-Release: " + theirs + ", wanted X-Release: " + ours, body: "GET " + strings.TrimPrefix(url, "http://")},
		{name: "second header", check: deploy.HTTPCheck{URL: "/ok", Header: []string{"X-Many: one", "X-Many: three"}}, want: "last answer X-Many: one, two, wanted X-Many: three", body: "GET " + strings.TrimPrefix(url, "http://")},
		{name: "no header", check: deploy.HTTPCheck{URL: "/ok", Header: []string{"X-None: 1"}}, want: "last answer 200 without X-None, wanted X-None: 1", body: "GET " + strings.TrimPrefix(url, "http://")},
		{name: "no text", check: deploy.HTTPCheck{URL: "/ok", Body: "Braces"}, want: `last answer 200 without the text, wanted "Braces" in the body`, body: "GET " + strings.TrimPrefix(url, "http://")},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.check.URL = url + test.check.URL
			err := here().HTTP(t.Context(), test.check, time.Minute)
			if test.want == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			var wrong *probe.WrongAnswer
			if !errors.As(err, &wrong) {
				t.Fatalf("got %v, wanted a wrong answer", err)
			}
			if wrong.Error() != test.want || wrong.Body != test.body {
				t.Errorf("got %q, %q\nwant %q, %q", wrong, wrong.Body, test.want, test.body)
			}
		})
	}
}

func TestSaysWhoAnswered(t *testing.T) {
	t.Parallel()
	url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Release", theirs)
		_, _ = w.Write([]byte("revision 77aa001b"))
	})
	for _, test := range []struct {
		check deploy.HTTPCheck
		says  string
	}{
		{deploy.HTTPCheck{URL: url, Header: []string{"X-Release: " + ours}}, theirs},
		{deploy.HTTPCheck{URL: url, Body: "1a2b3c4d"}, "77aa001"},
	} {
		var wrong *probe.WrongAnswer
		if err := here().HTTP(t.Context(), test.check, time.Minute); !errors.As(err, &wrong) || !wrong.Says(test.says) || wrong.Says(ours) || wrong.Says("") {
			t.Errorf("%v does not say %s", err, test.says)
		}
	}
	var wrong *probe.WrongAnswer
	if err := here().HTTP(t.Context(), deploy.HTTPCheck{URL: url, Status: []int{201}}, time.Minute); !errors.As(err, &wrong) || wrong.Says(theirs) {
		t.Error("another status says nothing of releases")
	}
}

// Several tries meet several workers, since each has a connection of its own.
func TestEachTryIsAConnection(t *testing.T) {
	t.Parallel()
	var seen atomic.Pointer[string]
	url := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		if before := seen.Swap(&r.RemoteAddr); before != nil && *before == r.RemoteAddr {
			t.Errorf("%s asked twice", r.RemoteAddr)
		}
	})
	for range 3 {
		if err := here().HTTP(t.Context(), deploy.HTTPCheck{URL: url}, time.Minute); err != nil {
			t.Error(err)
		}
	}
}

// flaky breaks the first connections, each once it was asked.
func flaky(t *testing.T, breaks int) (url string, asked *atomic.Int32) {
	t.Helper()
	asked = &atomic.Int32{}
	return serve(t, func(w http.ResponseWriter, _ *http.Request) {
		if int(asked.Add(1)) > breaks {
			return
		}
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		_ = conn.Close()
	}), asked
}

func TestRunnerAsksAgainAfterAHiccup(t *testing.T) {
	t.Parallel()
	url, asked := flaky(t, 2)
	if err := probe.Runner().HTTP(t.Context(), deploy.HTTPCheck{URL: url, Method: "POST"}, time.Minute); err != nil || asked.Load() != 3 {
		t.Errorf("%v after %d", err, asked.Load())
	}
	url, asked = flaky(t, 3)
	err := probe.Runner().HTTP(t.Context(), deploy.HTTPCheck{URL: url + "/?token=s3cr3t"}, time.Minute)
	if err == nil || asked.Load() != 3 || strings.Contains(err.Error(), "s3cr3t") {
		t.Errorf("%v after %d", err, asked.Load())
	}
}

func TestHostAsksOnce(t *testing.T) {
	t.Parallel()
	url, asked := flaky(t, 1)
	if err := here().HTTP(t.Context(), deploy.HTTPCheck{URL: url}, time.Minute); err == nil || asked.Load() != 1 {
		t.Errorf("%v after %d", err, asked.Load())
	}
}

// Every answer is one: what the server says of itself is not asked about again.
func TestRunnerTakesAnAnswer(t *testing.T) {
	t.Parallel()
	for _, status := range []int{http.StatusServiceUnavailable, http.StatusTooManyRequests, http.StatusInternalServerError} {
		var asked atomic.Int32
		url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			asked.Add(1)
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(status)
		})
		var wrong *probe.WrongAnswer
		if err := probe.Runner().HTTP(t.Context(), deploy.HTTPCheck{URL: url}, time.Minute); !errors.As(err, &wrong) || asked.Load() != 1 {
			t.Errorf("%d: %v after %d", status, err, asked.Load())
		}
	}
}

func TestRefusedIsAnAnswer(t *testing.T) {
	t.Parallel()
	err := probe.Runner().HTTP(t.Context(), deploy.HTTPCheck{URL: "http://" + loopback.Free(t).String()}, time.Minute)
	if !errors.Is(err, syscall.ECONNREFUSED) {
		t.Error(err)
	}
}

// No environment variable is an input: a proxy that it names is not asked.
func TestKnowsNoProxy(t *testing.T) {
	proxy := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("the proxy was asked") })
	for _, name := range []string{"HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"} {
		t.Setenv(name, proxy)
	}
	t.Setenv("NO_PROXY", "")
	// net/http leaves addresses of this machine out of proxies, so it takes a name that no proxy would leave out.
	err := probe.Runner().HTTP(t.Context(), deploy.HTTPCheck{URL: "http://site.invalid/"}, time.Minute)
	var unknown *net.DNSError
	if !errors.As(err, &unknown) {
		t.Errorf("got %v", err)
	}
}

// The certificate is of the host that is asked for, not of the address that is dialled.
func TestCertificateOfTheHostHeader(t *testing.T) {
	t.Parallel()
	var asked atomic.Pointer[string]
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.TLS = &tls.Config{MinVersion: tls.VersionTLS12, GetConfigForClient: func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		asked.Store(&hello.ServerName)
		return nil, nil //nolint:nilnil // the usual configuration
	}}
	server.StartTLS()
	t.Cleanup(server.Close)
	err := here().HTTP(t.Context(), deploy.HTTPCheck{URL: server.URL, Headers: map[string]string{"Host": "shop.test:8443"}}, time.Minute)
	if err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("a certificate that nobody vouches for was taken: %v", err)
	}
	if name := asked.Load(); name == nil || *name != "shop.test" {
		t.Errorf("asked for the certificate of %v", name)
	}
}

func TestContextEndsIt(t *testing.T) {
	t.Parallel()
	why := errors.New("cancelled by anna")
	ctx, cancel := context.WithCancelCause(t.Context())
	asked := make(chan struct{})
	url := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		close(asked)
		<-r.Context().Done()
	})
	go func() {
		<-asked
		cancel(why)
	}()
	if err := probe.Runner().HTTP(ctx, deploy.HTTPCheck{URL: url}, time.Minute); !errors.Is(err, why) {
		t.Errorf("got %v", err)
	}
}

// secure serves a page by TLS, with a certificate of 127.0.0.1 and example.com that its own authority signed.
func secure(t *testing.T) (url, authority string) {
	t.Helper()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok")) }))
	server.StartTLS()
	t.Cleanup(server.Close)
	return server.URL, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))
}

func TestTrust(t *testing.T) {
	t.Parallel()
	url, authority := secure(t)
	other := map[string]string{"Host": "other.test"}
	for from, origin := range map[string]probe.Origin{"host": here(), "runner": probe.Runner()} {
		for name, test := range map[string]struct {
			check       deploy.HTTPCheck
			refused     bool
			anotherName bool
		}{
			"nobody vouches":        {check: deploy.HTTPCheck{}, refused: true},
			"any will do":           {check: deploy.HTTPCheck{Insecure: true}},
			"any of any name":       {check: deploy.HTTPCheck{Insecure: true, Headers: other}},
			"the authority is told": {check: deploy.HTTPCheck{CA: authority}},
			"of another name":       {check: deploy.HTTPCheck{CA: authority, Headers: other}, refused: true, anotherName: true},
		} {
			test.check.URL = url
			err := origin.HTTP(t.Context(), test.check, time.Minute)
			if (err != nil) != test.refused || probe.Untrusted(err) != test.refused || probe.AnotherName(err) != test.anotherName {
				t.Errorf("from the %s, %s: %v", from, name, err)
			}
		}
	}
	if err := here().HTTP(t.Context(), deploy.HTTPCheck{URL: url, CA: "nothing"}, time.Minute); err == nil || !strings.Contains(err.Error(), "no certificate") {
		t.Errorf("an authority that is none: %v", err)
	}
}

// HTTP and HTTPS are mixed up in both directions.
func TestTheOtherScheme(t *testing.T) {
	t.Parallel()
	plain := serve(t, func(http.ResponseWriter, *http.Request) {})
	if err := here().HTTP(t.Context(), deploy.HTTPCheck{URL: strings.Replace(plain, "http:", "https:", 1)}, time.Minute); !errors.Is(err, probe.ErrNotTLS) {
		t.Errorf("https where plain HTTP is: %v", err)
	}
	url, _ := secure(t)
	var wrong *probe.WrongAnswer
	err := here().HTTP(t.Context(), deploy.HTTPCheck{URL: strings.Replace(url, "https:", "http:", 1)}, time.Minute)
	if !errors.As(err, &wrong) || !wrong.WantsTLS() {
		t.Errorf("plain HTTP where https is: %v", err)
	}
}

// A page without end is judged by what came, within the time that is left; what floods, by its first MiB.
func TestEndlessPages(t *testing.T) {
	t.Parallel()
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte("begin\n"))
		for r.Context().Err() == nil {
			if r.URL.Path == "/flood" {
				_, _ = w.Write(make([]byte, 64<<10))
				continue
			}
			_, _ = w.Write([]byte("."))
			w.(http.Flusher).Flush()
			select {
			case <-time.After(10 * time.Millisecond):
			case <-r.Context().Done():
			}
		}
	})
	for name, test := range map[string]struct {
		path, text, want string
	}{
		"drips, no demand":       {path: "/drip"},
		"drips, the text comes":  {path: "/drip", text: "begin"},
		"drips, no text":         {path: "/drip", text: "end", want: `last answer 200 without the text, wanted "end" in the body`},
		"floods, no demand":      {path: "/flood"},
		"floods, the text comes": {path: "/flood", text: "begin"},
		"floods, no text":        {path: "/flood", text: "end", want: `last answer 200 without the text, wanted "end" in the body`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := here().HTTP(t.Context(), deploy.HTTPCheck{URL: url + test.path, Body: test.text}, 3*time.Second)
			if (err == nil) != (test.want == "") || err != nil && err.Error() != test.want {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}

// What never answers, or sends headers without end, costs no more than what is left.
func TestNoAnswerInTime(t *testing.T) {
	t.Parallel()
	silent := loopback.Serve(t, func(conn net.Conn) { _, _ = io.Copy(io.Discard, conn) })
	err := here().HTTP(t.Context(), deploy.HTTPCheck{URL: "http://" + silent.String()}, time.Millisecond)
	if err == nil || err.Error() != "no whole answer in time" {
		t.Errorf("got %v", err)
	}
	headers := loopback.Serve(t, func(conn net.Conn) {
		_, err := io.WriteString(conn, "HTTP/1.1 200 OK\r\n")
		for err == nil {
			_, err = io.WriteString(conn, "X-Header: "+strings.Repeat("x", 1000)+"\r\n")
		}
	})
	if err := here().HTTP(t.Context(), deploy.HTTPCheck{URL: "http://" + headers.String()}, time.Minute); err == nil || !strings.Contains(err.Error(), "header") {
		t.Errorf("got %v", err)
	}
}

// What speaks before it is asked, as servers of SSH and of mail do, is said to be none of HTTP.
func TestWhatSpeaksFirst(t *testing.T) {
	t.Parallel()
	ssh := loopback.Serve(t, func(conn net.Conn) {
		_, _ = io.WriteString(conn, "SSH-2.0-OpenSSH_9.2p1\r\n")
		_, _ = io.Copy(io.Discard, conn)
	})
	for range 20 {
		err := here().HTTP(t.Context(), deploy.HTTPCheck{URL: "http://" + ssh.String()}, time.Minute)
		if err == nil || !strings.Contains(err.Error(), `malformed HTTP response "SSH-2.0-OpenSSH_9.2p1"`) {
			t.Fatalf("got %v", err)
		}
	}
}
