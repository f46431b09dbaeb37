package githubtest

import (
	"bytes"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// store is the storage: it gives files to whoever has an address that is not used up, and to nobody who shows a token.
func (s *Server) store(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	planned, faulty := s.fault(r.URL.Path)
	parts := strings.Split(r.URL.Path, "/") // "", storage, kind, id
	file, ok := File{}, false
	if len(parts) == 4 {
		file, ok = s.find(parts[2], parts[3])
	}
	if r.Header.Get("Authorization") != "" {
		s.blame("the storage was shown a token")
		ok = false
	}
	if len(parts) == 4 && parts[2] != "attestations" && r.URL.Query().Get("sig") != strconv.Itoa(s.links) { // of those a list gives out many
		s.blame("an address in the storage was used after a newer one was given out")
		ok = false
	}
	cut, noRange, stall := s.Cut, s.NoRange, s.Stall
	s.mu.Unlock()
	switch {
	case faulty:
		planned.write(w)
		return
	case !ok:
		w.WriteHeader(http.StatusForbidden)
		return
	}
	if noRange {
		r.Header.Del("Range")
	}
	if stall {
		w.Header().Set("ETag", file.tag())
		w.Header().Set("Content-Length", strconv.Itoa(len(file.Content)))
		_, _ = w.Write(file.Content[:1])
		_ = http.NewResponseController(w).Flush()
		select {
		case <-s.stopped:
		case <-r.Context().Done():
		}
		return
	}
	file.send(w, r, cut)
}

func (f File) tag() string { return `"` + strings.TrimPrefix(f.digest(), "sha256:") + `"` }

// send sends a file, or what is asked for of it, and breaks the connection after so many bytes; 0 is never.
func (f File) send(w http.ResponseWriter, r *http.Request, cut int64) {
	w.Header().Set("ETag", f.tag())
	if cut > 0 {
		w = &cutter{ResponseWriter: w, left: cut}
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(f.Content))
}

// cutter breaks the connection after some bytes.
type cutter struct {
	http.ResponseWriter
	left int64
}

func (c *cutter) Write(p []byte) (int, error) {
	if c.left <= int64(len(p)) {
		_, _ = c.ResponseWriter.Write(p[:c.left])
		_ = http.NewResponseController(c.ResponseWriter).Flush()
		panic(http.ErrAbortHandler)
	}
	n, err := c.ResponseWriter.Write(p)
	c.left -= int64(n)
	return n, err
}
