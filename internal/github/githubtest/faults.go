package githubtest

import (
	"io"
	"net/http"
	"slices"
	"strings"
)

// Answer is a fault: what the API or the storage says instead of the truth.
type Answer struct {
	Status int
	Header http.Header
	Body   string
}

// Fail makes the next calls whose path has a piece answer otherwise, one after the other. The storage's paths begin with /storage/.
func (s *Server) Fail(piece string, answers ...Answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults[piece] = append(s.faults[piece], answers...)
}

// Hang gives no answer to calls whose path has one of the pieces; none gives answers to all again.
func (s *Server) Hang(pieces ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.silent = pieces
}

// hangs waits for as long as the caller does, where that is wanted.
func (s *Server) hangs(r *http.Request) bool {
	s.mu.Lock()
	silent := slices.ContainsFunc(s.silent, func(piece string) bool { return strings.Contains(r.URL.Path, piece) })
	if silent {
		s.asked = append(s.asked, r.URL.Path)
	}
	s.mu.Unlock()
	if silent {
		_, _ = io.Copy(io.Discard, r.Body) // else the end of the connection is not seen
		select {
		case <-s.stopped:
		case <-r.Context().Done():
		}
	}
	return silent
}

// fault is the next planned answer for a path.
func (s *Server) fault(path string) (Answer, bool) {
	for piece, answers := range s.faults {
		if len(answers) > 0 && strings.Contains(path, piece) {
			s.faults[piece] = answers[1:]
			return answers[0], true
		}
	}
	return Answer{}, false
}

func (a Answer) write(w http.ResponseWriter) {
	for name, values := range a.Header {
		w.Header()[name] = values
	}
	w.WriteHeader(a.Status)
	_, _ = w.Write([]byte(a.Body))
}
