//go:build linux

package sweep

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// site is the application of one host. Like a real one it resolves `current` when it is started or told to reload (a touch
// of shared/run/reload), and goes on reading from that very folder: a release that is pruned, or written to, under it shows.
type site struct {
	root     string // the deploy path
	listener net.Listener
	server   *http.Server

	mu       sync.Mutex
	release  string
	reloaded time.Time // of the reload file when the release was resolved
}

func newSite(root string) (*site, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &site{root: root, listener: listener}
	s.server = &http.Server{Handler: s, ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = s.server.Serve(listener) }()
	return s, nil
}

func (s *site) port() string { return fmt.Sprint(s.listener.Addr().(*net.TCPAddr).Port) }

func (s *site) close() { _ = s.server.Close() }

// boot forgets what is loaded, as a machine that was off does.
func (s *site) boot() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.release, s.reloaded = "", time.Time{}
}

func (s *site) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	release, version, err := s.page()
	if err != nil {
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("X-Release", filepath.Base(release))
	_, _ = fmt.Fprintln(w, "all of", version)
}

// page is what a visitor gets: the version, once every part of the page is found to be of it.
func (s *site) page() (release, version string, err error) {
	if release, err = s.load(); err != nil {
		return "", "", err
	}
	text, err := os.ReadFile(filepath.Join(release, "version"))
	if err != nil {
		return "", "", err
	}
	version = string(text)
	for _, name := range prepared {
		part, err := os.ReadFile(filepath.Join(release, name))
		if err != nil {
			return "", "", err
		}
		if got := strings.TrimSpace(string(part)); got != version {
			return "", "", fmt.Errorf("half a page: %s of %s is %q", name, version, got)
		}
	}
	return release, version, nil
}

func (s *site) load() (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var touched time.Time
	if info, err := os.Stat(filepath.Join(s.root, "shared", "run", "reload")); err == nil {
		touched = info.ModTime()
	} else if !errors.Is(err, os.ErrNotExist) {
		return "", err
	}
	if s.release == "" || touched.After(s.reloaded) {
		release, err := filepath.EvalSymlinks(filepath.Join(s.root, "current"))
		if err != nil {
			return "", err
		}
		s.release, s.reloaded = release, touched
	}
	return s.release, nil
}
