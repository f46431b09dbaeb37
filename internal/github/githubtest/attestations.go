package githubtest

import (
	"net/http"
	"strconv"

	"github.com/klauspost/compress/snappy"
)

// Attestation is one of a digest.
type Attestation struct {
	Digest string // sha256:...
	Kind   string // its predicate's type
	Bundle []byte // JSON
	Inline bool   // it is given in the list, as GitHub Enterprise Server may
	Packed []byte // what lies in the storage; nil is the bundle, compressed
}

// attestations is GET /repos/{owner}/{repo}/attestations/{subject_digest}. Pages are told by a cursor.
func (s *Server) attestations(w http.ResponseWriter, r *http.Request, rest []string) {
	query, list, first := r.URL.Query(), []map[string]any{}, 0
	if after := query.Get("after"); after != "" {
		first, _ = strconv.Atoi(after)
	}
	size, err := strconv.Atoi(query.Get("per_page"))
	if err != nil || size < 1 || size > 100 {
		s.blame("attestations has per_page=%s", query.Get("per_page"))
		size = 30
	}
	if s.PerPage > 0 {
		size = min(size, s.PerPage)
	}
	next := 0
	for at, a := range s.repo.Attestations {
		if a.Digest != rest[0] || query.Get("predicate_type") != "" && a.Kind != query.Get("predicate_type") || at < first {
			continue
		}
		if len(list) == size {
			next = at
			break
		}
		entry := map[string]any{"bundle": nil, "repository_id": 1, "bundle_url": s.link("attestations", int64(at))}
		if a.Inline {
			entry["bundle"] = rawJSON(a.Bundle)
			delete(entry, "bundle_url")
		}
		list = append(list, entry)
	}
	if len(list) == 0 {
		say(w, http.StatusNotFound, "Not Found")
		return
	}
	if next > 0 {
		address := *r.URL
		query.Set("after", strconv.Itoa(next))
		address.RawQuery = query.Encode()
		w.Header().Set("Link", "<"+s.api.URL+address.String()+`>; rel="next"`)
	}
	give(w, map[string]any{"attestations": list})
}

type rawJSON []byte

// MarshalJSON gives the text itself.
func (r rawJSON) MarshalJSON() ([]byte, error) { return r, nil }

// stored is what the storage has of it.
func (a Attestation) stored() File {
	if a.Packed != nil {
		return File{Content: a.Packed}
	}
	return File{Content: snappy.Encode(nil, a.Bundle)}
}
