package githubtest

import (
	"encoding/base64"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Check is a check run, or a commit status.
type Check struct {
	Commit, Name string
	Status       bool
	State        string // of a check run its conclusion, or its status where it has not ended
	ID           int64  // the higher, the later
}

// checkRuns is GET /repos/{owner}/{repo}/commits/{ref}/check-runs. Of a check suite the latest run of a name is listed; here each run
// is of a suite of its own.
func (s *Server) checkRuns(w http.ResponseWriter, r *http.Request, rest []string) {
	list := []map[string]any{}
	for _, c := range s.repo.Checks {
		if c.Status || c.Commit != rest[0] || !slices.Contains([]string{"", c.Name}, r.URL.Query().Get("check_name")) {
			continue
		}
		record := map[string]any{
			"id": c.ID, "name": c.Name, "head_sha": c.Commit, "status": "completed", "conclusion": c.State,
			"started_at": made(c.ID).Format(time.RFC3339), "html_url": "https://github.example/" + s.Name + "/runs/" + c.Name,
		}
		if slices.Contains([]string{"queued", "in_progress", "waiting", "requested", "pending"}, c.State) {
			record["status"], record["conclusion"] = c.State, nil
		}
		list = append(list, record)
	}
	give(w, map[string]any{"total_count": len(list), "check_runs": page(s, w, r, list)})
}

// combined is GET /repos/{owner}/{repo}/commits/{ref}/status: the newest of each context.
func (s *Server) combined(w http.ResponseWriter, r *http.Request, rest []string) {
	newest := map[string]Check{}
	for _, c := range s.repo.Checks {
		if c.Status && c.Commit == rest[0] && c.ID >= newest[c.Name].ID {
			newest[c.Name] = c
		}
	}
	list := []map[string]any{}
	for _, c := range newest {
		list = append(list, map[string]any{
			"id": c.ID, "context": c.Name, "state": c.State, "updated_at": made(c.ID).Format(time.RFC3339), "target_url": nil,
		})
	}
	slices.SortFunc(list, func(a, b map[string]any) int { return strings.Compare(a["context"].(string), b["context"].(string)) })
	give(w, map[string]any{"state": "success", "sha": rest[0], "total_count": len(list), "statuses": page(s, w, r, list)})
}

// contents is GET /repos/{owner}/{repo}/contents/{path}, of a file.
func (s *Server) contents(w http.ResponseWriter, r *http.Request, rest []string) {
	text, ok := s.repo.Files[r.URL.Query().Get("ref")][rest[0]]
	if !ok {
		say(w, http.StatusNotFound, "Not Found")
		return
	}
	give(w, map[string]any{
		"type": "file", "encoding": "base64", "size": len(text), "name": rest[0], "path": rest[0],
		"content": inLines(base64.StdEncoding.EncodeToString([]byte(text))),
	})
}

// inLines breaks a text as the API breaks base64: after 60 characters.
func inLines(text string) string {
	var lines strings.Builder
	for ; len(text) > 60; text = text[60:] {
		lines.WriteString(text[:60] + "\n")
	}
	return lines.String() + text + "\n"
}

// membership is GET /orgs/{org}/teams/{team_slug}/memberships/{username}. It is nothing for the token of a job.
func (s *Server) membership(w http.ResponseWriter, r *http.Request, path string) {
	parts := strings.Split(path, "/")
	if len(parts) != 5 || parts[1] != "teams" || parts[3] != "memberships" || r.Method != get {
		s.blame("there is no %s /orgs/%s", r.Method, path)
		say(w, http.StatusNotFound, "Not Found")
		return
	}
	state := s.repo.Teams[parts[0]+"/"+parts[2]][parts[4]]
	switch {
	case s.PolicyToken == "" || r.Header.Get("Authorization") != "Bearer "+s.PolicyToken:
		say(w, http.StatusForbidden, "Resource not accessible by integration")
	case state == "":
		say(w, http.StatusNotFound, "Not Found")
	default:
		give(w, map[string]any{"url": s.api.URL + r.URL.Path, "role": "member", "state": state})
	}
}
