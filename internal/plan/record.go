package plan

import (
	"encoding/json"
	"slices"

	"github.com/slipway/slipway/internal/deploy"
)

// recordFormat is the version of plan.json.
const recordFormat = 1

// Record is plan.json, the first thing that a deployment writes on each host: what it is about to do.
type Record struct {
	Format     int                 `json:"format"`
	Deployment deploy.DeploymentID `json:"deployment"`
	Release    deploy.ReleaseID    `json:"release"`
	Command    string              `json:"command"`
	SHA256     deploy.Digest       `json:"artifact_sha256,omitempty"`
	Content    deploy.Digest       `json:"content_sha256,omitempty"`
	Revision   string              `json:"revision,omitempty"`
	Ref        string              `json:"ref,omitempty"` // as it was asked for: Revision is what it named then
	Provenance deploy.Provenance   `json:"provenance,omitzero"`
	Override   deploy.Override     `json:"override,omitzero"`
	Actor      string              `json:"actor,omitempty"`
	RunURL     string              `json:"run_url,omitempty"`
	Attempt    int                 `json:"attempt,omitempty"`
	MadeIn     int                 `json:"made_in,omitempty"` // the attempt that named the release
	Hosts      []string            `json:"hosts"`
	LeftOut    []string            `json:"left_out,omitempty"` // by limit
	Watched    bool                `json:"watched,omitempty"`  // all hosts together are: the release stands only once they were
	Steps      []RecordStep        `json:"steps"`
}

// RecordStep is a step of the plan and the hosts that were chosen for it; of a `once` step that is its primary.
type RecordStep struct {
	Phase deploy.Phase `json:"phase"`
	Name  string       `json:"name"`
	Once  bool         `json:"once,omitempty"`
	Hosts []string     `json:"hosts"`

	Fingerprints map[string]string `json:"fingerprints"` // by host
}

// JSON is plan.json of the schedule.
func (s *Schedule) JSON() ([]byte, error) {
	record := Record{
		Format: recordFormat, Deployment: s.Deployment, Release: s.Release, Command: s.Command,
		SHA256: s.ArtifactSHA, Content: s.ContentSHA, Revision: s.Revision, Ref: s.Artifact.Ref, Provenance: s.Provenance, Override: s.Override, Actor: s.Actor,
		RunURL: s.RunURL, Attempt: s.Attempt, MadeIn: s.madeIn(), Hosts: s.everyone(), LeftOut: s.Header.LeftOut,
		Watched: slices.ContainsFunc(s.Fleet, deploy.Check.Watched),
	}
	for _, steps := range [][]deploy.Step{s.Prepare, s.Migrate, s.Ensure, s.Finish, s.OnFailure, s.execs()} {
		for _, step := range steps {
			fingerprints := make(map[string]string, len(step.Hosts))
			for _, host := range step.Hosts {
				fingerprints[host] = s.On(host, step).Fingerprint
			}
			record.Steps = append(record.Steps, RecordStep{Phase: step.Phase, Name: step.Name, Once: step.Once, Hosts: step.Hosts, Fingerprints: fingerprints})
		}
	}
	return json.MarshalIndent(record, "", "  ")
}

// execs is the command of `exec`, as steps.
func (s *Schedule) execs() []deploy.Step {
	if s.Exec == nil {
		return nil
	}
	return []deploy.Step{*s.Exec}
}

// madeIn is the attempt that named the release.
func (s *Schedule) madeIn() int {
	for _, h := range s.Hosts {
		if h.Earlier != nil && h.Earlier.Record.Release == s.Release {
			return h.Earlier.Attempt()
		}
	}
	return s.Attempt
}

// Read reads a plan.json; the zero Record when it cannot be read.
func Read(text []byte) Record {
	var record Record
	if json.Unmarshal(text, &record) != nil || record.Release != "" && !record.Release.Valid() {
		return Record{}
	}
	return record
}
