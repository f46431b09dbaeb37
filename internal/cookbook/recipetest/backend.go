package recipetest

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"
)

// Backend is a server that says its name, at /slow once it is told to, and a number of which are behind one balancer.
type Backend struct {
	*httptest.Server
	Began, End chan struct{} // of a slow request
}

// NewBackend starts one.
func NewBackend(t *testing.T, name string) Backend {
	t.Helper()
	s := Backend{Began: make(chan struct{}, 10), End: make(chan struct{})}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow/"+name {
			s.Began <- struct{}{}
			<-s.End
		}
		_, _ = io.WriteString(w, name)
	}))
	t.Cleanup(s.Close)
	return s
}

// Address is where the server listens: host and port.
func (s Backend) Address() (host, port string) {
	host, port, _ = net.SplitHostPort(s.Listener.Addr().String())
	return host, port
}

// Visitor asks who listens on a socket in the file system, or on host:port, with a connection for each request.
func Visitor(t *testing.T, socket string) *http.Client {
	t.Helper()
	network := "unix"
	if !filepath.IsAbs(socket) {
		network = "tcp"
	}
	return &http.Client{Timeout: time.Minute, Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, socket)
		},
	}}
}

// Get is the body of an answer, or what went wrong.
func Get(client *http.Client, path string) string {
	answer, err := client.Get("http://site" + path)
	if err != nil {
		return err.Error()
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return err.Error()
	}
	if answer.StatusCode != http.StatusOK {
		return answer.Status
	}
	return string(body)
}

// Answers are those of so many requests, sorted out: which ones came.
func Answers(client *http.Client, n int) string {
	came := map[string]bool{}
	for range n {
		came[Get(client, "/")] = true
	}
	return fmt.Sprint(came)
}

// Slow makes a request that its site does not answer before it is told to, and gives what comes of it.
func Slow(t *testing.T, client *http.Client, s Backend, name string) <-chan string {
	t.Helper()
	got := make(chan string, 1)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for {
		go func() { got <- Get(client, "/slow/"+name) }()
		select {
		case <-s.Began:
			return got
		case answer := <-got: // the other site, which is not slow here
			if answer == name {
				t.Fatalf("%s is not slow", name)
			}
		case <-ctx.Done():
			t.Fatalf("no request came to %s", name)
		}
	}
}

// Target is what a drain of a backend is told, wait in seconds.
func Target(name string, s Backend, wait int) []string {
	host, _ := s.Address()
	return []string{"SLIPWAY_TARGET=" + name, "SLIPWAY_TARGET_ADDRESS=" + host, fmt.Sprintf("SLIPWAY_DRAIN_WAIT=%d", wait)}
}
