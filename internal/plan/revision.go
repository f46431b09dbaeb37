package plan

import (
	"cmp"
	"slices"
	"strings"

	"github.com/slipway/slipway/internal/deploy"
)

// builtOf sets the commit of a release that lies on the hosts already. The run's own is then that of its workflow.
func (p *Plan) builtOf(commit string) {
	workflow := cmp.Or(p.WorkflowRevision, p.Revision)
	p.Revision, p.WorkflowRevision = commit, workflow
	if commit != "" && strings.HasPrefix(workflow, commit) {
		p.Revision, p.WorkflowRevision = workflow, ""
	}
}

// commitOf is the commit that a release was built of, as the history of a host has it; else its first digits, from the release's ID;
// else "".
func commitOf(id deploy.ReleaseID, targets []deploy.Host, facts map[string]deploy.Facts) string {
	for _, target := range targets {
		for _, entry := range slices.Backward(facts[target.Name].History) {
			if entry.Release == id && entry.Revision != "" {
				return entry.Revision
			}
		}
	}
	return id.Revision()
}

// provenanceOf is the run that built a release, as a host recorded it when the release went live; zero where none did.
func provenanceOf(id deploy.ReleaseID, targets []deploy.Host, facts map[string]deploy.Facts) deploy.Provenance {
	for _, target := range targets {
		for _, entry := range slices.Backward(facts[target.Name].History) {
			if entry.Release == id && !entry.Provenance.IsZero() {
				return entry.Provenance
			}
		}
	}
	return deploy.Provenance{}
}

// Deployed is the run whose artifact an earlier attempt of this deployment took for a ref, as the newest attempt's record on any host
// has it; zero where none has: nothing was deployed then. The hosts are asked since nothing else outlives an attempt.
func Deployed(ref string, targets []deploy.Host, facts func(host string) deploy.Facts) deploy.Provenance {
	var newest Record
	for _, target := range targets {
		if e := earlier(facts(target.Name)); e != nil && e.Record.Ref == ref && !e.Record.Provenance.IsZero() && e.Record.Attempt > newest.Attempt {
			newest = e.Record
		}
	}
	return newest.Provenance
}
