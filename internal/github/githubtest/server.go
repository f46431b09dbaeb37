// Package githubtest is GitHub's REST API as far as Slipway asks it, and the storage that it redirects to: two real HTTP servers that
// are strict about paths, queries, headers and pages, as docs.github.com has them, and that can be made to fail. For tests alone.
package githubtest

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Repo is what there is in the one repository.
type Repo struct {
	Branches     map[string][]string // commits, the newest last: a branch contains them all
	Tags         map[string]string   // commit, that of an annotated tag peeled
	Pulls        map[string]string   // "12/merge" -> commit
	Runs         []Run               // newest first, as the API lists them
	Releases     map[string][]File   // by tag
	Merges       []Merge
	Parents      map[string][]string // of commits that are merges; of others it is the commit before them in the branch
	Checks       []Check
	Files        map[string]map[string]string // by commit, then by path: the content
	Attestations []Attestation
	Teams        map[string]map[string]string // by organisation/team, then by user: "active" or "pending"
}

// Run is a run of a workflow.
type Run struct {
	ID                            int64
	Workflow, Name, Branch, Event string
	Commit                        string
	Status, Conclusion            string // "" is completed, success
	From                          string // owner/name of the head repository; "" is this one
	Artifacts                     []File
}

// File is an artifact or an asset.
type File struct {
	ID      int64
	Name    string
	Content []byte
	Expired bool // listed as such; its download is 410
	Deleted bool // between the listing and the download
	Digest  string
}

// Server is the two servers. Its fields are set before it is asked, or between two questions.
type Server struct {
	Name        string // owner/name of the repository
	Token       string // the only one that is let in
	PolicyToken string // the only one that is told who is in a team
	Lacks       string // a line of `permissions:` that the token lacks, "actions: read", or all of a kind, "deployments"
	PerPage     int    // at most this many a page; 0 is what is asked for
	Cut         int64  // bytes after which the storage cuts each connection; 0 is never
	NoRange     bool   // the storage knows no Range
	Stall       bool   // the storage sends a byte and then nothing
	Streams     bool   // the API sends assets itself, as GitHub Enterprise Server may
	Login       string // of the token's own user in GraphQL; "" is github-actions[bot]
	User        bool   // the repository is a user's: there is no organisation

	mu       sync.Mutex
	said     []Comment
	lastID   int64 // of a comment
	deployed []Deployment
	records  []Record
	repo     Repo
	faults   map[string][]Answer // by a piece of the path
	silent   []string            // pieces of paths that get no answer
	wrong    []string            // what a client did that it must not
	asked    []string            // the calls to the API, in order
	links    int                 // addresses in the storage that were given out
	api      *httptest.Server
	storage  *httptest.Server
	stopped  chan struct{}
}

// Start starts the servers for a repository that holds nothing yet. Only this machine reaches them.
func Start(name, token string) *Server {
	s, err := StartAt("127.0.0.1", name, token)
	if err != nil {
		panic("githubtest: " + err.Error()) // as httptest does
	}
	return s
}

// StartAt starts them at an address of this machine, like that by which containers reach it.
func StartAt(address, name, token string) (*Server, error) {
	s := &Server{Name: name, Token: token, faults: map[string][]Answer{}, stopped: make(chan struct{})}
	var err error
	if s.storage, err = serve(address, s.store); err != nil {
		return nil, err
	}
	if s.api, err = serve(address, s.answer); err != nil {
		s.storage.Close()
		return nil, err
	}
	return s, nil
}

func serve(address string, handler http.HandlerFunc) (*httptest.Server, error) {
	listener, err := net.Listen("tcp", net.JoinHostPort(address, "0"))
	if err != nil {
		return nil, err
	}
	server := &httptest.Server{Listener: listener, Config: &http.Server{Handler: handler}}
	server.Start()
	return server, nil
}

// Close stops the servers.
func (s *Server) Close() {
	close(s.stopped)
	s.api.Close()
	s.storage.Close()
}

// API is the base URL, as GITHUB_API_URL has it.
func (s *Server) API() string { return s.api.URL }

// Lack sets Lacks, also while calls are under way.
func (s *Server) Lack(permission string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.Lacks = permission
}

// Set replaces what the repository holds.
func (s *Server) Set(repo Repo) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.repo = repo
}

// Wrong is what a client did that the documentation does not have, or that it must never do.
func (s *Server) Wrong() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.wrong)
}

// Asked are the paths of the calls to the API so far.
func (s *Server) Asked() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.asked)
}

func (s *Server) blame(format string, args ...any) {
	s.wrong = append(s.wrong, fmt.Sprintf(format, args...))
}

const (
	get  = http.MethodGet
	post = http.MethodPost
)

// answer is the API.
func (s *Server) answer(w http.ResponseWriter, r *http.Request) {
	if s.hangs(r) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, r.URL.Path)
	if planned, ok := s.fault(r.URL.Path); ok {
		planned.write(w)
		return
	}
	if !s.polite(w, r) {
		return
	}
	if r.URL.Path == "/graphql" {
		s.graphQL(w, r)
		return
	}
	if of, ok := strings.CutPrefix(r.URL.Path, "/orgs/"); ok {
		s.organisation(w, r, of)
		return
	}
	path, ok := strings.CutPrefix(r.URL.Path, "/repos/"+s.Name+"/")
	if !ok {
		say(w, http.StatusNotFound, "Not Found")
		return
	}
	parts := strings.Split(path, "/")
	for _, known := range []struct {
		method string
		path   string // a * is any one part, a last ** any number
		needs  string
		query  []string
		serve  func(http.ResponseWriter, *http.Request, []string)
	}{
		{get, "commits/*/pulls", "pull-requests: read", []string{"page", "per_page"}, s.pulls},
		{get, "commits/*/check-runs", "checks: read", []string{"check_name", "filter", "status", "app_id", "page", "per_page"}, s.checkRuns},
		{get, "commits/*/status", "statuses: read", []string{"page", "per_page"}, s.combined},
		{get, "commits/**", "contents: read", nil, s.commit},
		{get, "git/ref/**", "contents: read", nil, s.ref},
		{get, "contents/**", "contents: read", []string{"ref"}, s.contents},
		{get, "compare/*", "contents: read", []string{"page", "per_page"}, s.compare},
		{get, "actions/runs", "actions: read", []string{"actor", "branch", "event", "status", "created", "exclude_pull_requests", "check_suite_id", "head_sha", "page", "per_page"}, s.runs},
		{get, "actions/runs/*/artifacts", "actions: read", []string{"name", "page", "per_page"}, s.artifacts},
		{get, "actions/artifacts/*/zip", "actions: read", nil, s.artifact},
		{get, "releases/tags/**", "contents: read", nil, s.release},
		{get, "releases/assets/*", "contents: read", nil, s.asset},
		{get, "attestations/*", "attestations: read", []string{"predicate_type", "per_page", "before", "after"}, s.attestations},
		{get, "issues/*/comments", "pull-requests: read", []string{"since", "page", "per_page"}, s.comments},
		{post, "issues/*/comments", "pull-requests: write", nil, s.comment},
		{http.MethodPatch, "issues/comments/*", "pull-requests: write", nil, s.recomment},
		{http.MethodDelete, "issues/comments/*", "pull-requests: write", nil, s.uncomment},
		{get, "deployments", "deployments: read", []string{"sha", "ref", "task", "environment", "page", "per_page"}, s.deployments},
		{post, "deployments", "deployments: write", nil, s.deploy},
		{get, "deployments/*/statuses", "deployments: read", []string{"page", "per_page"}, s.statuses},
		{post, "deployments/*/statuses", "deployments: write", nil, s.setStatus},
	} {
		rest, ok := matches(parts, strings.Split(known.path, "/"))
		if !ok || r.Method != known.method {
			continue
		}
		for name := range r.URL.Query() {
			if !slices.Contains(known.query, name) {
				s.blame("%s takes no %s", known.path, name)
			}
		}
		if s.refuses(w, known.needs) {
			return
		}
		known.serve(w, r, rest)
		return
	}
	s.blame("there is no %s %s", r.Method, r.URL.Path)
	say(w, http.StatusNotFound, "Not Found")
}

// refuses is the answer where the token lacks a permission.
func (s *Server) refuses(w http.ResponseWriter, permission string) bool {
	lacks := permission == s.Lacks || strings.HasPrefix(permission, s.Lacks+":")
	if lacks {
		say(w, http.StatusForbidden, "Resource not accessible by integration")
	}
	return lacks
}

// polite refuses what the documentation wants of every call and that is missing.
func (s *Server) polite(w http.ResponseWriter, r *http.Request) bool {
	switch version := r.Header.Get("X-GitHub-Api-Version"); {
	case (r.Method == post || r.Method == http.MethodPatch) && r.Header.Get("Content-Type") != "application/json":
		s.blame("%s %s has a body of %q", r.Method, r.URL.Path, r.Header.Get("Content-Type"))
	case r.Header.Get("User-Agent") == "" || strings.HasPrefix(r.Header.Get("User-Agent"), "Go-http-client"):
		s.blame("%s has no User-Agent of its own", r.URL.Path)
	case version != "2026-03-10" && version != "2022-11-28":
		s.blame("%s speaks version %q", r.URL.Path, version)
	case r.Header.Get("Authorization") != "Bearer "+s.Token && (s.PolicyToken == "" || r.Header.Get("Authorization") != "Bearer "+s.PolicyToken):
		say(w, http.StatusUnauthorized, "Bad credentials")
		return false
	case !strings.HasPrefix(r.Header.Get("Accept"), "application/"):
		s.blame("%s accepts %q", r.URL.Path, r.Header.Get("Accept"))
	default:
		return true
	}
	say(w, http.StatusBadRequest, "Bad request")
	return false
}

func matches(parts, pattern []string) (rest []string, ok bool) {
	for i, want := range pattern {
		switch {
		case want == "**" && len(parts) > i:
			return append(rest, strings.Join(parts[i:], "/")), true
		case i >= len(parts) || want != "*" && want != parts[i]:
			return nil, false
		case want == "*":
			rest = append(rest, parts[i])
		}
	}
	return rest, len(parts) == len(pattern)
}

func say(w http.ResponseWriter, status int, message string) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"message": message, "status": strconv.Itoa(status)})
}

func give(w http.ResponseWriter, body any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_ = json.NewEncoder(w).Encode(body)
}

// page cuts a list to the page that is asked for, and links the next one.
func page[T any](s *Server, w http.ResponseWriter, r *http.Request, all []T) []T {
	number, size := 1, 30
	for name, into := range map[string]*int{"page": &number, "per_page": &size} {
		if text := r.URL.Query().Get(name); text != "" {
			n, err := strconv.Atoi(text)
			if err != nil || n < 1 || name == "per_page" && n > 100 {
				s.blame("%s has %s=%s", r.URL.Path, name, text)
				n = 1
			}
			*into = n
		}
	}
	if s.PerPage > 0 {
		size = min(size, s.PerPage)
	}
	from, to := min((number-1)*size, len(all)), min(number*size, len(all))
	if to < len(all) {
		next := *r.URL
		query := next.Query()
		query.Set("page", strconv.Itoa(number+1))
		next.RawQuery = query.Encode()
		w.Header().Set("Link", fmt.Sprintf(`<%s%s>; rel="next"`, s.api.URL, next.String()))
	}
	return all[from:to]
}

// link gives out a new address in the storage.
func (s *Server) link(kind string, id int64) string {
	s.links++
	return fmt.Sprintf("%s/storage/%s/%d?%s", s.storage.URL, kind, id, url.Values{"sig": {strconv.Itoa(s.links)}}.Encode())
}

func (f File) digest() string {
	if f.Digest != "" {
		return f.Digest
	}
	sum := sha256.Sum256(f.Content)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// made is when a run or a file came to be: the later, the higher its ID.
func made(id int64) time.Time { return time.Unix(1_790_000_000+id, 0).UTC() }
