package deploy

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"
)

// Provenance is what CI's record of a run says of the artifact that the run built. It is zero where no run is known.
type Provenance struct {
	RunID    int64  `json:"run_id"`
	URL      string `json:"url,omitempty"` // page of the run
	Workflow string `json:"workflow"`      // path of its file: .github/workflows/build.yml
	Branch   string `json:"branch"`        // of a run for a tag: the tag's name
	Event    string `json:"event"`         // push, workflow_dispatch, ...
	Commit   string `json:"commit"`        // full

	Artifact   string `json:"artifact,omitempty"` // its name; "" where it was not written down
	ArtifactID int64  `json:"artifact_id,omitempty"`

	Attested Attested `json:"attested,omitzero"` // the attestation that proves it; zero where none was asked for
}

// IsZero reports whether no run is known.
func (p Provenance) IsZero() bool { return p == Provenance{} }

func (p Provenance) String() string {
	if p.RunID == 0 {
		return cmp.Or(p.Workflow, "a workflow") + " (" + cmp.Or(p.Event, "of an unknown event") + " on " + cmp.Or(p.Branch, "an unknown branch") + ")"
	}
	return fmt.Sprintf("run %d of %s (%s on %s)", p.RunID, p.Workflow, p.Event, p.Branch)
}

// ProvenanceRule is what a run must be for that what it built may be launched. What it leaves out, it does not ask for.
type ProvenanceRule struct {
	Workflow string   // path of the workflow's file
	Branches []string // names, or patterns of path.Match
	Events   []string

	Attestation *AttestationRule // nil: nothing is asked for
}

// Refuse is why the rule does not let pass what a run built; nil where it does, and where there is no rule.
func (r *ProvenanceRule) Refuse(p Provenance) error {
	if r != nil && r.Attestation != nil {
		if err := r.Attestation.refuse(p.Attested); err != nil {
			return err
		}
	}
	return r.RefuseRun(p)
}

// Attests reports whether the rule asks for an attestation.
func (r *ProvenanceRule) Attests() bool { return r != nil && r.Attestation != nil }

// RefuseRun is what Refuse says of the run alone: of one whose attestation is not yet known.
func (r *ProvenanceRule) RefuseRun(p Provenance) error {
	switch {
	case r == nil:
		return nil
	case p.IsZero():
		return fmt.Errorf("no run is known that built it, and `provenance` asks for one")
	case r.Workflow != "" && p.Workflow != r.Workflow:
		return fmt.Errorf("%s built it, and `provenance` wants %s", p, r.Workflow)
	case len(r.Branches) > 0 && !slices.ContainsFunc(r.Branches, func(pattern string) bool { return matches(pattern, p.Branch) }):
		return fmt.Errorf("%s built it, and `provenance` wants the branch %s", p, strings.Join(r.Branches, " or "))
	case len(r.Events) > 0 && !slices.Contains(r.Events, p.Event):
		return fmt.Errorf("%s built it, and `provenance` wants the event %s", p, strings.Join(r.Events, " or "))
	}
	return nil
}

func matches(pattern, name string) bool {
	ok, err := path.Match(pattern, name)
	return ok && err == nil
}
