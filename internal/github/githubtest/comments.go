package githubtest

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Comment is a comment on a pull request.
type Comment struct {
	ID   int64
	Pull string // its number
	User string // login; that of a bot ends with [bot]
	Body string
}

// maxComment is how many characters a comment may have.
const maxComment = 65_536

// jobsBot is the user of a job's own token.
const jobsBot = "github-actions[bot]"

// Comments are all that there are, the oldest first.
func (s *Server) Comments() []Comment {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.said)
}

// Say adds a comment.
func (s *Server) Say(pull, user, body string) Comment {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.say(pull, user, body)
}

func (s *Server) say(pull, user, body string) Comment {
	s.lastID++
	said := Comment{ID: s.lastID, Pull: pull, User: user, Body: body}
	s.said = append(s.said, said)
	return said
}

func (s *Server) user() string {
	if s.Login != "" {
		return s.Login
	}
	return jobsBot
}

func (s *Server) commentOf(c Comment) map[string]any {
	kind := "User"
	if strings.HasSuffix(c.User, "[bot]") {
		kind = "Bot"
	}
	at := made(c.ID).Format(time.RFC3339)
	return map[string]any{
		"id": c.ID, "body": c.Body, "user": map[string]any{"login": c.User, "type": kind}, "created_at": at, "updated_at": at,
		"html_url": "https://github.example/" + s.Name + "/pull/" + c.Pull + "#issuecomment-" + strconv.FormatInt(c.ID, 10),
	}
}

// hasPull reports whether there is a pull request of a number, and says if not.
func (s *Server) hasPull(w http.ResponseWriter, number string) bool {
	_, ok := s.repo.Pulls[number+"/merge"]
	ok = ok || slices.ContainsFunc(s.repo.Merges, func(m Merge) bool { return strconv.Itoa(m.Number) == number })
	if !ok {
		say(w, http.StatusNotFound, "Not Found")
	}
	return ok
}

// comments is GET /repos/{owner}/{repo}/issues/{issue_number}/comments, by ascending ID.
func (s *Server) comments(w http.ResponseWriter, r *http.Request, rest []string) {
	if !s.hasPull(w, rest[0]) {
		return
	}
	list := []map[string]any{}
	for _, c := range s.said {
		if c.Pull == rest[0] {
			list = append(list, s.commentOf(c))
		}
	}
	give(w, page(s, w, r, list))
}

// comment is POST /repos/{owner}/{repo}/issues/{issue_number}/comments.
func (s *Server) comment(w http.ResponseWriter, r *http.Request, rest []string) {
	body, ok := s.body(w, r)
	if !ok || !s.hasPull(w, rest[0]) {
		return
	}
	created(w, s.commentOf(s.say(rest[0], s.user(), body)))
}

// recomment is PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}. Who may write may change another user's comment, too.
func (s *Server) recomment(w http.ResponseWriter, r *http.Request, rest []string) {
	body, ok := s.body(w, r)
	if !ok {
		return
	}
	if at := s.at(w, rest[0]); at >= 0 {
		s.said[at].Body = body
		give(w, s.commentOf(s.said[at]))
	}
}

// uncomment is DELETE /repos/{owner}/{repo}/issues/comments/{comment_id}.
func (s *Server) uncomment(w http.ResponseWriter, _ *http.Request, rest []string) {
	if at := s.at(w, rest[0]); at >= 0 {
		s.said = slices.Delete(s.said, at, at+1)
		w.WriteHeader(http.StatusNoContent)
	}
}

// at is the place of a comment, by its ID; -1 where there is none, which is said.
func (s *Server) at(w http.ResponseWriter, id string) int {
	at := slices.IndexFunc(s.said, func(c Comment) bool { return strconv.FormatInt(c.ID, 10) == id })
	switch {
	case at < 0:
		say(w, http.StatusNotFound, "Not Found")
	case s.said[at].User != s.user():
		s.blame("comment %s of %s was written over", id, s.said[at].User)
	}
	return at
}

// body is the text of a comment that is sent.
func (s *Server) body(w http.ResponseWriter, r *http.Request) (string, bool) {
	var sent map[string]string
	if err := json.NewDecoder(r.Body).Decode(&sent); err != nil || len(sent) != 1 || sent["body"] == "" {
		s.blame("%s %s sends %v: %v", r.Method, r.URL.Path, sent, err)
		say(w, http.StatusBadRequest, "Problems parsing JSON")
		return "", false
	}
	if utf8.RuneCountInString(sent["body"]) > maxComment {
		say(w, http.StatusUnprocessableEntity, "Body is too long (maximum is 65536 characters)")
		return "", false
	}
	return sent["body"], true
}

// graphQL is POST /graphql, of which one query is known.
func (s *Server) graphQL(w http.ResponseWriter, r *http.Request) {
	var asked struct{ Query string }
	err := json.NewDecoder(r.Body).Decode(&asked)
	if words := strings.Join(strings.Fields(asked.Query), " "); err != nil || r.Method != http.MethodPost || words != "query { viewer { login } }" {
		s.blame("%s /graphql asks %q: %v", r.Method, asked.Query, err)
		give(w, map[string]any{"errors": []map[string]string{{"message": "Parse error"}}})
		return
	}
	give(w, map[string]any{"data": map[string]any{"viewer": map[string]string{"login": s.user()}}})
}
