package download

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/deploy"
)

// quick is a client that waits for little.
func quick() *Client {
	c := New()
	c.stall, c.pause = 20*time.Second, time.Millisecond
	c.http.RetryWaitMin, c.http.RetryWaitMax = time.Millisecond, 10*time.Millisecond
	return c
}

func content(size int) ([]byte, deploy.Digest) {
	text := make([]byte, size)
	_, _ = rand.NewChaCha8([32]byte{1}).Read(text)
	sum := sha256.Sum256(text)
	return text, deploy.Digest(hex.EncodeToString(sum[:]))
}

// at is a place that is known.
func at(url string) func(context.Context) (Place, error) {
	return func(context.Context) (Place, error) { return Place{URL: url}, nil }
}

// fetch downloads what a handler serves, and gives what is in the file then.
func fetch(t *testing.T, c *Client, file File, serve http.HandlerFunc) ([]byte, error) {
	t.Helper()
	server := httptest.NewServer(serve)
	t.Cleanup(server.Close)
	path := filepath.Join(t.TempDir(), "file")
	out, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	if file.Locate == nil {
		file.Locate = at(server.URL + "/file?sig=correct-horse")
	}
	if file.Most == 0 {
		file.Most = 1 << 30
	}
	file.Name = "artifact site"
	err = c.Fetch(t.Context(), file, out)
	got, readErr := os.ReadFile(path)
	if readErr != nil {
		t.Fatal(readErr)
	}
	if err != nil && strings.Contains(err.Error(), "correct-horse") {
		t.Errorf("the error shows the signature: %v", err)
	}
	return got, err
}

// broken serves a text and breaks each connection after some bytes, as often as it is told.
func broken(text []byte, after, times int, ranges bool) http.HandlerFunc {
	asked := 0
	return func(w http.ResponseWriter, r *http.Request) {
		asked++
		w.Header().Set("ETag", `"one"`)
		if !ranges {
			r.Header.Del("Range")
		}
		if asked > times {
			http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(text))
			return
		}
		http.ServeContent(&cutter{w, after}, r, "", time.Time{}, bytes.NewReader(text))
	}
}

type cutter struct {
	http.ResponseWriter
	left int
}

func (c *cutter) Write(p []byte) (int, error) {
	if len(p) >= c.left {
		_, _ = c.ResponseWriter.Write(p[:c.left])
		_ = http.NewResponseController(c.ResponseWriter).Flush()
		panic(http.ErrAbortHandler)
	}
	c.left -= len(p)
	return c.ResponseWriter.Write(p)
}

func TestFetch(t *testing.T) {
	t.Parallel()
	text, digest := content(300 << 10)
	other, _ := content(200 << 10)
	status := func(code int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
	}
	for name, test := range map[string]struct {
		serve http.HandlerFunc
		file  File
		cause string
		again bool // another try may go well
	}{
		"whole":                            {serve: broken(text, 0, 0, true)},
		"cut three times, goes on":         {serve: broken(text, 70<<10, 3, true)},
		"cut, from a server without Range": {serve: broken(text, 70<<10, 2, false)},
		"replaced after a cut, begins anew": {serve: func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("ETag", `"new"`)
			if r.Header.Get("Range") == "" && r.Header.Get("Again") == "" {
				w.Header().Set("ETag", `"old"`)
				broken(other, 50<<10, 1, true)(w, r)
			}
			http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(text))
		}},
		"5xx before it is well": {serve: func() http.HandlerFunc {
			asked := 0
			return func(w http.ResponseWriter, r *http.Request) {
				if asked++; asked < 4 {
					w.WriteHeader(http.StatusServiceUnavailable)
					return
				}
				broken(text, 0, 0, true)(w, r)
			}
		}()},
		"of unknown length": {serve: func(w http.ResponseWriter, _ *http.Request) {
			_ = http.NewResponseController(w).Flush()
			_, _ = w.Write(text)
		}},

		"never whole":     {serve: broken(text, 1, 1000, false), cause: "the connection broke", again: true},
		"refused":         {serve: status(http.StatusForbidden), cause: "the server answered 403"},
		"gone":            {serve: status(http.StatusNotFound), cause: "the server answered 404"},
		"goes on failing": {serve: status(http.StatusBadGateway), cause: "the server answered 502", again: true},
		"not what it is":  {serve: broken(other, 0, 0, true), cause: "its SHA-256 is "},
		"too large":       {serve: broken(text, 0, 0, true), file: File{Most: 1000}, cause: "it has more than 1.00 kB"},
		"too large, of unknown length": {serve: func(w http.ResponseWriter, _ *http.Request) {
			_ = http.NewResponseController(w).Flush()
			_, _ = w.Write(text)
		}, file: File{Most: 1000}, cause: "it has more than 1.00 kB"},
		"nowhere": {file: File{Locate: at("http://127.0.0.1:1/")}, cause: "connection refused", again: true},
		"from another part": {serve: func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Range") == "" {
				broken(text, 50<<10, 1, true)(w, r)
			}
			w.Header().Set("Content-Range", "bytes 0-9/10")
			w.WriteHeader(http.StatusPartialContent)
		}, cause: "another part than was asked for", again: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test.file.SHA256 = digest
			got, err := fetch(t, quick(), test.file, test.serve)
			if test.cause == "" {
				if err != nil || !bytes.Equal(got, text) {
					t.Errorf("%d bytes, %v", len(got), err)
				}
				return
			}
			var failure *deploy.Error
			if !errors.As(err, &failure) || !strings.Contains(failure.Cause.Error(), test.cause) || (failure.Fault == deploy.FaultHost) != test.again {
				t.Errorf("%v (%+v), wanted %q", err, failure, test.cause)
			}
			if name == "too large" && len(got) > 0 {
				t.Errorf("%d bytes of it were written, although its length was known before", len(got))
			}
		})
	}
}

// A server that stops sending is left, and asked on from there.
func TestStall(t *testing.T) {
	t.Parallel()
	text, digest := content(1000)
	c := quick()
	c.stall = 500 * time.Millisecond
	var asked atomic.Int32
	got, err := fetch(t, c, File{SHA256: digest}, func(w http.ResponseWriter, r *http.Request) {
		if asked.Add(1) > 1 {
			http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(text))
			return
		}
		w.Header().Set("Content-Length", fmt.Sprint(len(text)))
		_, _ = w.Write(text[:10])
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	})
	if err != nil || !bytes.Equal(got, text) || asked.Load() < 2 {
		t.Errorf("%d bytes, asked %d times, %v", len(got), asked.Load(), err)
	}
	c.stall = 50 * time.Millisecond
	_, err = fetch(t, c, File{SHA256: digest}, func(w http.ResponseWriter, r *http.Request) {
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	})
	if err == nil || !strings.Contains(err.Error(), "no byte came for 50ms, after 0 B of it (5 connections)") {
		t.Error(err)
	}
}

// An error of who knows the address is their own, and so is the context's.
func TestOwnErrors(t *testing.T) {
	t.Parallel()
	mine := &deploy.Error{Cause: errors.New("no such artifact")}
	if _, err := fetch(t, quick(), File{Locate: func(context.Context) (Place, error) { return Place{}, mine }}, nil); !errors.Is(err, mine) {
		t.Error(err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	stop := errors.New("stop")
	err := quick().Fetch(ctx, File{Locate: func(context.Context) (Place, error) { cancel(stop); return Place{URL: "http://127.0.0.1:1"}, nil }}, nil)
	if !errors.Is(err, stop) {
		t.Error(err)
	}
}

// A redirect may lead elsewhere, but never from HTTPS into the clear, nor carry what was sent before.
func TestRedirects(t *testing.T) {
	t.Parallel()
	text, digest := content(1000)
	got, err := fetch(t, quick(), File{SHA256: digest}, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/file" {
			http.Redirect(w, r, "/elsewhere", http.StatusFound)
			return
		}
		_, _ = w.Write(text)
	})
	if err != nil || !bytes.Equal(got, text) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	secure := httptest.NewTLSServer(http.RedirectHandler("http://127.0.0.1:1/", http.StatusFound))
	defer secure.Close()
	c := quick()
	c.http.HTTPClient.Transport = secure.Client().Transport
	_, err = fetch(t, c, File{Locate: at(secure.URL)}, nil)
	if err == nil || !strings.Contains(err.Error(), "it redirects from https to http://127.0.0.1:1") {
		t.Error(err)
	}
}

// A token goes to the host that it is for, on each connection, and to no other that it redirects to.
func TestHeader(t *testing.T) {
	t.Parallel()
	text, digest := content(1000)
	serve := broken(text, 400, 1, true)
	var shown []string
	show := func(w http.ResponseWriter, r *http.Request) {
		shown = append(shown, r.Header.Get("Authorization")+" "+r.Header.Get("Accept"))
		serve(w, r)
	}
	storage := httptest.NewServer(http.HandlerFunc(show))
	defer storage.Close()
	redirect := false
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !redirect {
			show(w, r)
			return
		}
		if r.Header.Get("Authorization") != "Bearer t0ken" {
			t.Errorf("the API was shown %q", r.Header)
		}
		http.Redirect(w, r, storage.URL, http.StatusFound)
	}))
	defer api.Close()
	file := File{SHA256: digest, Locate: func(context.Context) (Place, error) {
		return Place{URL: api.URL, Header: http.Header{"Authorization": {"Bearer t0ken"}, "Accept": {"application/octet-stream"}}}, nil
	}}
	for _, test := range []struct {
		redirect bool
		want     string
	}{{false, "Bearer t0ken application/octet-stream"}, {true, " application/octet-stream"}} {
		shown, redirect, serve = nil, test.redirect, broken(text, 400, 1, true)
		got, err := fetch(t, quick(), file, nil)
		if err != nil || !bytes.Equal(got, text) || len(shown) != 2 || shown[0] != test.want || shown[1] != test.want {
			t.Errorf("redirect %v: %d bytes, %v, shown %q", test.redirect, len(got), err, shown)
		}
	}
}

func TestContentRange(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][2]int64{"bytes 10-99/100": {10, 100}, "bytes 0-0/*": {0, -1}, "bytes */100": {-2, 0}, "": {-2, 0}, "bytes 1/2": {-2, 0}} {
		from, total, ok := contentRange(text)
		if ok != (want[0] >= 0) || ok && (from != want[0] || total != want[1]) {
			t.Errorf("%q: %d of %d, %v", text, from, total, ok)
		}
	}
}
