package githubtest

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/slipway/slipway/internal/lazyregexp"
)

// history is all commits of a ref, newest last; none where there is no such ref.
func (s *Server) history(ref string) []string {
	if name, ok := strings.CutPrefix(ref, "heads/"); ok {
		return s.repo.Branches[name]
	}
	if name, ok := strings.CutPrefix(ref, "tags/"); ok && s.repo.Tags[name] != "" {
		return []string{s.repo.Tags[name]}
	}
	return nil
}

// known are all commits that there are.
func (s *Server) known() []string {
	var all []string
	for _, commits := range s.repo.Branches {
		all = append(all, commits...)
	}
	for _, commit := range s.repo.Tags {
		all = append(all, commit)
	}
	for _, run := range s.repo.Runs { // also those that only a fork has: its objects are shared
		all = append(all, run.Commit)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

var digits = lazyregexp.New(`^[0-9a-f]{4,64}$`)

// commit is GET /repos/{owner}/{repo}/commits/{ref}, with the media type of the bare SHA.
func (s *Server) commit(w http.ResponseWriter, r *http.Request, rest []string) {
	if accept := r.Header.Get("Accept"); accept != "application/vnd.github.v3.sha" && accept != "application/vnd.github.sha" {
		s.blame("commits/%s is asked for as %q: the whole commit is large", rest[0], accept)
	}
	found := s.history(rest[0])
	if digits.MatchString(rest[0]) {
		for _, commit := range s.known() {
			if strings.HasPrefix(commit, rest[0]) {
				found = append(found, commit)
			}
		}
		if len(found) > 1 {
			found = nil // ambiguous
		}
	}
	if len(found) == 0 {
		say(w, http.StatusUnprocessableEntity, "No commit found for SHA: "+rest[0])
		return
	}
	w.Header().Set("Content-Type", "application/vnd.github.sha")
	_, _ = w.Write([]byte(found[len(found)-1]))
}

// ref is GET /repos/{owner}/{repo}/git/ref/{ref}.
func (s *Server) ref(w http.ResponseWriter, _ *http.Request, rest []string) {
	name, pull := strings.CutPrefix(rest[0], "pull/")
	commit := s.repo.Pulls[name]
	if !pull || commit == "" {
		say(w, http.StatusNotFound, "Not Found")
		return
	}
	give(w, map[string]any{"ref": "refs/" + rest[0], "object": map[string]string{"type": "commit", "sha": commit}})
}

// runs is GET /repos/{owner}/{repo}/actions/runs.
func (s *Server) runs(w http.ResponseWriter, r *http.Request, _ []string) {
	wanted := r.URL.Query().Get("head_sha")
	var list []map[string]any
	for _, run := range s.repo.Runs {
		if wanted == "" || run.Commit == wanted {
			list = append(list, s.run(run))
		}
	}
	total := len(list)
	give(w, map[string]any{"total_count": total, "workflow_runs": page(s, w, r, list)})
}

func (s *Server) run(run Run) map[string]any {
	or := func(text, otherwise string) string {
		if text == "" {
			return otherwise
		}
		return text
	}
	record := map[string]any{
		"id": run.ID, "name": or(run.Name, "Build"), "head_branch": run.Branch, "head_sha": run.Commit, "path": or(run.Workflow, ".github/workflows/build.yml"),
		"event": or(run.Event, "push"), "status": or(run.Status, "completed"), "conclusion": nil,
		"html_url":   "https://github.example/" + s.Name + "/actions/runs/" + strconv.FormatInt(run.ID, 10),
		"created_at": made(run.ID).Format(time.RFC3339), "repository": map[string]any{"full_name": s.Name},
		"head_repository": map[string]any{"full_name": or(run.From, s.Name), "fork": run.From != ""},
	}
	if run.Status == "" {
		record["conclusion"] = or(run.Conclusion, "success")
	}
	return record
}

// artifacts is GET /repos/{owner}/{repo}/actions/runs/{run_id}/artifacts.
func (s *Server) artifacts(w http.ResponseWriter, r *http.Request, rest []string) {
	for _, run := range s.repo.Runs {
		if strconv.FormatInt(run.ID, 10) != rest[0] {
			continue
		}
		list := []map[string]any{}
		for _, file := range run.Artifacts {
			list = append(list, map[string]any{
				"id": file.ID, "name": file.Name, "size_in_bytes": len(file.Content), "expired": file.Expired, "digest": file.digest(),
				"created_at": made(file.ID).Format(time.RFC3339), "expires_at": made(file.ID).AddDate(0, 0, 90).Format(time.RFC3339),
				"archive_download_url": s.api.URL + "/repos/" + s.Name + "/actions/artifacts/" + strconv.FormatInt(file.ID, 10) + "/zip",
				"workflow_run":         map[string]any{"id": run.ID, "head_branch": run.Branch, "head_sha": run.Commit},
			})
		}
		total := len(list)
		give(w, map[string]any{"total_count": total, "artifacts": page(s, w, r, list)})
		return
	}
	say(w, http.StatusNotFound, "Not Found")
}

// artifact is GET /repos/{owner}/{repo}/actions/artifacts/{artifact_id}/zip.
func (s *Server) artifact(w http.ResponseWriter, _ *http.Request, rest []string) {
	file, ok := s.find("artifact", rest[0])
	switch {
	case !ok || file.Deleted:
		say(w, http.StatusNotFound, "Not Found")
	case file.Expired:
		say(w, http.StatusGone, "Artifact has expired")
	default:
		w.Header().Set("Location", s.link("artifact", file.ID))
		w.WriteHeader(http.StatusFound)
	}
}

// release is GET /repos/{owner}/{repo}/releases/tags/{tag}.
func (s *Server) release(w http.ResponseWriter, _ *http.Request, rest []string) {
	files, ok := s.repo.Releases[rest[0]]
	if !ok {
		say(w, http.StatusNotFound, "Not Found")
		return
	}
	assets := []map[string]any{}
	for _, file := range files {
		assets = append(assets, map[string]any{"id": file.ID, "name": file.Name, "size": len(file.Content), "digest": file.digest()})
	}
	give(w, map[string]any{"tag_name": rest[0], "assets": assets})
}

// asset is GET /repos/{owner}/{repo}/releases/assets/{asset_id}, which gives the file only to who asks for bytes.
func (s *Server) asset(w http.ResponseWriter, r *http.Request, rest []string) {
	file, ok := s.find("asset", rest[0])
	switch {
	case !ok:
		say(w, http.StatusNotFound, "Not Found")
	case r.Header.Get("Accept") != "application/octet-stream":
		s.blame("asset %s is asked for as %q", rest[0], r.Header.Get("Accept"))
		give(w, map[string]any{"id": file.ID, "name": file.Name})
	case s.Streams:
		file.send(w, r, s.Cut)
	default:
		w.Header().Set("Location", s.link("asset", file.ID))
		w.WriteHeader(http.StatusFound)
	}
}

// find is an artifact or an asset by its ID.
func (s *Server) find(kind, id string) (File, bool) {
	var all []File
	if kind == "attestations" {
		if at, err := strconv.Atoi(id); err == nil && at >= 0 && at < len(s.repo.Attestations) {
			return s.repo.Attestations[at].stored(), true
		}
		return File{}, false
	}
	if kind == "artifact" {
		for _, run := range s.repo.Runs {
			all = append(all, run.Artifacts...)
		}
	} else {
		for _, files := range s.repo.Releases {
			all = append(all, files...)
		}
	}
	for _, file := range all {
		if strconv.FormatInt(file.ID, 10) == id {
			return file, true
		}
	}
	return File{}, false
}
