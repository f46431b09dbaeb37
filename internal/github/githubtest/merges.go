package githubtest

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Merge is a pull request, by the commits that it brought.
type Merge struct {
	Number      int
	Title, User string
	Commits     []string
	Open        bool // it is not merged
}

// pulls is GET /repos/{owner}/{repo}/commits/{commit_sha}/pulls.
func (s *Server) pulls(w http.ResponseWriter, r *http.Request, rest []string) {
	if !slices.Contains(s.known(), rest[0]) {
		say(w, http.StatusUnprocessableEntity, "No commit found for SHA: "+rest[0])
		return
	}
	list := []map[string]any{}
	for _, m := range s.repo.Merges {
		if !slices.Contains(m.Commits, rest[0]) {
			continue
		}
		pull := map[string]any{
			"number": m.Number, "title": m.Title, "user": map[string]any{"login": m.User, "type": "User"}, "state": "open", "merged_at": nil,
			"html_url": "https://github.example/" + s.Name + "/pull/" + strconv.Itoa(m.Number), "base": map[string]any{"ref": "main"},
		}
		if !m.Open {
			pull["state"], pull["merged_at"] = "closed", made(int64(m.Number)).Format(time.RFC3339)
		}
		list = append(list, pull)
	}
	give(w, page(s, w, r, list))
}

// compare is GET /repos/{owner}/{repo}/compare/{basehead}. Commits come with the oldest first; without a page there are 250 of them.
func (s *Server) compare(w http.ResponseWriter, r *http.Request, rest []string) {
	base, head, ok := strings.Cut(rest[0], "...")
	base, knowsBase := s.whole(base)
	head, knowsHead := s.whole(head)
	if !ok || !knowsBase || !knowsHead {
		say(w, http.StatusNotFound, "Not Found")
		return
	}
	before, after := s.upTo(base), s.upTo(head)
	ahead, behind := without(after, before), without(before, after)
	status := "diverged"
	switch {
	case len(ahead) == 0 && len(behind) == 0:
		status = "identical"
	case len(behind) == 0:
		status = "ahead"
	case len(ahead) == 0:
		status = "behind"
	}
	commits := []map[string]any{}
	for _, commit := range ahead {
		parents := []map[string]any{}
		for _, parent := range s.parents(commit, after) {
			parents = append(parents, map[string]any{"sha": parent})
		}
		commits = append(commits, map[string]any{"sha": commit, "parents": parents, "commit": map[string]any{"message": "commit " + commit}})
	}
	if r.URL.Query().Get("page") == "" && r.URL.Query().Get("per_page") == "" {
		commits = commits[:min(len(commits), 250)]
	} else {
		commits = page(s, w, r, commits)
	}
	give(w, map[string]any{
		"status": status, "ahead_by": len(ahead), "behind_by": len(behind), "total_commits": len(ahead), "files": []any{}, "commits": commits,
	})
}

// parents are those that are said, else the commit before.
func (s *Server) parents(commit string, history []string) []string {
	if parents, ok := s.repo.Parents[commit]; ok {
		return parents
	}
	if at := slices.Index(history, commit); at > 0 {
		return []string{history[at-1]}
	}
	return nil
}

// whole is the commit that some digits begin.
func (s *Server) whole(commit string) (string, bool) {
	var found []string
	for _, known := range s.known() {
		if strings.HasPrefix(known, commit) {
			found = append(found, known)
		}
	}
	if len(found) != 1 || len(commit) < 7 {
		return commit, false
	}
	return found[0], true
}

// upTo is a commit and those before it, as the branch that tells most of them has them.
func (s *Server) upTo(commit string) []string {
	found := []string{commit}
	for _, commits := range s.repo.Branches {
		if at := slices.Index(commits, commit); at >= len(found) {
			found = commits[:at+1]
		}
	}
	return found
}

// without are the commits that others have not.
func without(commits, others []string) (own []string) {
	for _, commit := range commits {
		if !slices.Contains(others, commit) {
			own = append(own, commit)
		}
	}
	return own
}
