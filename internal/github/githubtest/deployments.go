package githubtest

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/slipway/slipway/internal/lazyregexp"
)

// Deployment is a deployment of a commit to an environment.
type Deployment struct {
	ID                     int64
	SHA, Environment, Task string
	Description            string
	Payload                json.RawMessage
	ProductionEnvironment  bool
	Statuses               []Status // the oldest first
}

// Status is a status of a deployment.
type Status struct {
	State, Description, LogURL, EnvironmentURL string
}

// State is the newest state; "" before the first.
func (d Deployment) State() string {
	if len(d.Statuses) == 0 {
		return ""
	}
	return d.Statuses[len(d.Statuses)-1].State
}

// Record is a deployment record of the organisation.
type Record map[string]string

// Deployments are all that there are, the oldest first.
func (s *Server) Deployments() []Deployment {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := slices.Clone(s.deployed)
	for i := range all {
		all[i].Statuses = slices.Clone(all[i].Statuses)
	}
	return all
}

// AddDeployment adds one that somebody else made, and gives its ID.
func (s *Server) AddDeployment(d Deployment) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.addDeployment(d)
}

func (s *Server) addDeployment(d Deployment) int64 {
	d.ID = int64(len(s.deployed)) + 1
	s.deployed = append(s.deployed, d)
	return d.ID
}

// Records are the deployment records of the organisation, in the order in which they were made.
func (s *Server) Records() []Record {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.records)
}

// sent reads the body of a call into fields, each as it was sent. It blames fields that the documentation does not have.
func (s *Server) sent(w http.ResponseWriter, r *http.Request, known ...string) (map[string]json.RawMessage, bool) {
	var fields map[string]json.RawMessage
	if err := json.NewDecoder(r.Body).Decode(&fields); err != nil {
		s.blame("%s %s sends no object: %v", r.Method, r.URL.Path, err)
		say(w, http.StatusBadRequest, "Problems parsing JSON")
		return nil, false
	}
	for name := range fields {
		if !slices.Contains(known, name) {
			s.blame("%s %s takes no %s", r.Method, r.URL.Path, name)
		}
	}
	return fields, true
}

// text is a field as a text; "" where it is none.
func text(field json.RawMessage) (value string) {
	_ = json.Unmarshal(field, &value)
	return value
}

func (s *Server) deploymentOf(d Deployment) map[string]any {
	at := made(d.ID).Format(time.RFC3339)
	return map[string]any{
		"id": d.ID, "sha": d.SHA, "ref": d.SHA, "task": d.Task, "environment": d.Environment, "description": d.Description, "payload": d.Payload,
		"production_environment": d.ProductionEnvironment, "transient_environment": false, "created_at": at, "updated_at": at,
	}
}

// deployments is GET /repos/{owner}/{repo}/deployments, the newest first.
func (s *Server) deployments(w http.ResponseWriter, r *http.Request, _ []string) {
	fits := func(name, value string) bool {
		wanted := r.URL.Query().Get(name)
		return wanted == "" || wanted == value
	}
	list := []map[string]any{}
	for _, d := range slices.Backward(s.deployed) {
		if fits("sha", d.SHA) && fits("environment", d.Environment) && fits("task", d.Task) && fits("ref", d.SHA) {
			list = append(list, s.deploymentOf(d))
		}
	}
	give(w, page(s, w, r, list))
}

// deploy is POST /repos/{owner}/{repo}/deployments.
func (s *Server) deploy(w http.ResponseWriter, r *http.Request, _ []string) {
	sent, ok := s.sent(w, r, "ref", "task", "auto_merge", "required_contexts", "payload", "environment", "description", "transient_environment", "production_environment")
	if !ok {
		return
	}
	d := Deployment{SHA: text(sent["ref"]), Task: text(sent["task"]), Environment: text(sent["environment"]), Description: text(sent["description"]), Payload: sent["payload"]}
	switch {
	case string(sent["auto_merge"]) != "false" || string(sent["required_contexts"]) != "[]":
		s.blame("a deployment is made that merges or waits for checks: auto_merge %s, required_contexts %s", sent["auto_merge"], sent["required_contexts"])
		say(w, http.StatusConflict, "Conflict: Commit status checks failed for "+d.SHA)
	case !strings.HasPrefix(string(d.Payload), "{"):
		s.blame("a deployment's payload is %s", d.Payload)
		say(w, http.StatusUnprocessableEntity, "Validation Failed")
	case d.Environment == "" || d.Task == "" || utf8.RuneCountInString(d.Description) > maxDescription:
		s.blame("a deployment has environment %q, task %q, description %q", d.Environment, d.Task, d.Description)
		say(w, http.StatusUnprocessableEntity, "Validation Failed")
	case !slices.Contains(s.known(), d.SHA):
		say(w, http.StatusUnprocessableEntity, "No ref found for: "+d.SHA)
	default:
		d.ProductionEnvironment = d.Environment == "production"
		d.ID = s.addDeployment(d)
		created(w, s.deploymentOf(d))
	}
}

const maxDescription = 140

// deployment is one by its ID; nil where there is none, which is said.
func (s *Server) deployment(w http.ResponseWriter, id string) *Deployment {
	n, err := strconv.Atoi(id)
	if err != nil || n < 1 || n > len(s.deployed) {
		say(w, http.StatusNotFound, "Not Found")
		return nil
	}
	return &s.deployed[n-1]
}

// statuses is GET /repos/{owner}/{repo}/deployments/{deployment_id}/statuses, the newest first.
func (s *Server) statuses(w http.ResponseWriter, r *http.Request, rest []string) {
	d := s.deployment(w, rest[0])
	if d == nil {
		return
	}
	list := []map[string]any{}
	for _, status := range slices.Backward(d.Statuses) {
		list = append(list, status.fields())
	}
	give(w, page(s, w, r, list))
}

func (s Status) fields() map[string]any {
	return map[string]any{"state": s.State, "description": s.Description, "log_url": s.LogURL, "environment_url": s.EnvironmentURL}
}

var webAddress = lazyregexp.New(`^https?://`)

// setStatus is POST /repos/{owner}/{repo}/deployments/{deployment_id}/statuses. Unless it says auto_inactive: false, a success makes those
// before it inactive that are of the same environment, whoever made them.
func (s *Server) setStatus(w http.ResponseWriter, r *http.Request, rest []string) {
	sent, ok := s.sent(w, r, "state", "target_url", "log_url", "description", "environment", "environment_url", "auto_inactive")
	if !ok {
		return
	}
	d := s.deployment(w, rest[0])
	if d == nil {
		return
	}
	status := Status{State: text(sent["state"]), Description: text(sent["description"]), LogURL: text(sent["log_url"]), EnvironmentURL: text(sent["environment_url"])}
	isAddress := func(value string) bool {
		_, err := url.Parse(value)
		return value == "" || err == nil && webAddress.MatchString(value)
	}
	states := []string{"error", "failure", "inactive", "in_progress", "queued", "pending", "success"}
	if !slices.Contains(states, status.State) || utf8.RuneCountInString(status.Description) > maxDescription || !isAddress(status.LogURL) || !isAddress(status.EnvironmentURL) {
		s.blame("a deployment's status is %+v", status)
		say(w, http.StatusUnprocessableEntity, "Validation Failed")
		return
	}
	if string(sent["auto_inactive"]) != "false" && status.State == "success" {
		for i := range s.deployed {
			if other := &s.deployed[i]; other.ID < d.ID && other.Environment == d.Environment && other.State() == "success" {
				other.Statuses = append(other.Statuses, Status{State: "inactive"})
			}
		}
	}
	d.Statuses = append(d.Statuses, status)
	created(w, status.fields())
}

// organisation is what lies below /orgs/.
func (s *Server) organisation(w http.ResponseWriter, r *http.Request, path string) {
	owner, _, _ := strings.Cut(s.Name, "/")
	switch {
	case path != owner+"/artifacts/metadata/deployment-record":
		s.membership(w, r, path)
	case r.Method != post || s.User:
		say(w, http.StatusNotFound, "Not Found")
	case !s.refuses(w, "artifact-metadata: write"):
		s.record(w, r)
	}
}

var sha256Digest = lazyregexp.New(`^sha256:[0-9a-f]{64}$`)

// record is POST /orgs/{org}/artifacts/metadata/deployment-record. One environment and name have one record.
func (s *Server) record(w http.ResponseWriter, r *http.Request) {
	sent, ok := s.sent(w, r, "name", "digest", "version", "status", "logical_environment", "physical_environment", "cluster", "deployment_name", "tags",
		"runtime_risks", "github_repository", "return_records")
	if !ok {
		return
	}
	record := Record{}
	for name, value := range sent {
		record[name] = text(value)
	}
	if record["name"] == "" || !sha256Digest.MatchString(record["digest"]) || record["logical_environment"] == "" || record["deployment_name"] == "" ||
		!slices.Contains([]string{"deployed", "decommissioned"}, record["status"]) || strings.Contains(record["github_repository"], "/") {
		s.blame("a deployment record is %v", record)
		say(w, http.StatusUnprocessableEntity, "Validation Failed")
		return
	}
	s.records = slices.DeleteFunc(s.records, func(other Record) bool {
		return other["logical_environment"] == record["logical_environment"] && other["deployment_name"] == record["deployment_name"]
	})
	s.records = append(s.records, record)
	give(w, map[string]any{"total_count": 1, "deployment_records": []any{record}})
}

func created(w http.ResponseWriter, body any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(http.StatusCreated)
	_ = json.NewEncoder(w).Encode(body)
}
