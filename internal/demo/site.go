package demo

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// site serves the current release of one host over HTTP, as an application server would: it resolves `current` once and
// keeps serving that release until it is told to reload, by a touch of shared/run/reload. A release that it cannot load, for
// want of an index.html, leaves the one before in service, as a server that checks its configuration first does.
type site struct {
	root     string // the deploy path
	listener net.Listener
	server   *http.Server

	mu       sync.Mutex
	release  string    // the resolved folder that is served
	reloaded time.Time // of the reload file when the release was resolved
}

func serve(ctx context.Context, root string) (*site, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &site{root: root, listener: listener}
	s.server = &http.Server{Handler: s, ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = s.server.Serve(listener) }()
	return s, nil
}

func (s *site) port() int { return s.listener.Addr().(*net.TCPAddr).Port }

func (s *site) url() string { return "http://" + s.listener.Addr().String() + "/" }

func (s *site) close() error { return s.server.Close() }

// ServeHTTP answers with the file of the release that is loaded, and names the release in a header.
func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	release, err := s.load()
	if err != nil {
		http.Error(w, "nothing deployed yet", http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("X-Release", filepath.Base(release))
	http.FileServer(http.Dir(release)).ServeHTTP(w, r)
}

func (s *site) load() (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	info, err := os.Stat(filepath.Join(s.root, "shared", "run", "reload"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return "", err
	}
	if err == nil && (s.release == "" || info.ModTime().After(s.reloaded)) {
		release, err := filepath.EvalSymlinks(filepath.Join(s.root, "current"))
		if err != nil {
			return "", err
		}
		s.reloaded = info.ModTime()
		if _, err := os.Stat(filepath.Join(release, "index.html")); err == nil {
			s.release = release
		}
	}
	if s.release == "" {
		return "", os.ErrNotExist
	}
	return s.release, nil
}
