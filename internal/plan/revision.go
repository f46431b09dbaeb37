package plan

import (
	"cmp"
	"slices"
	"strings"

	"slipway/internal/deploy"
)

// builtOf sets the commit of a release that lies on the hosts already. The run's own is then that of its workflow.
func (p *Plan) builtOf(commit string) {
	workflow := cmp.Or(p.WorkflowRevision, p.Revision)
	p.Revision, p.WorkflowRevision = commit, workflow
	if commit != "" && strings.HasPrefix(workflow, commit) {
		p.Revision, p.WorkflowRevision = workflow, ""
	}
}

// commitOf is the commit that a release was built of, as the history of a host has it; else the digits of it in the release's ID. ""
// where nobody knew it.
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
