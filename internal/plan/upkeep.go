package plan

import (
	"slices"

	"slipway/internal/deploy"
)

// upkeep finishes the plan of a command that activates nothing.
func (p *Plan) upkeep() error {
	p.Revision, p.WorkflowRevision = "", "" // nothing is deployed
	if problem := p.setRelease(""); problem != nil {
		return deploy.Problems{*problem}
	}
	return nil
}

// KeepNow is the keep set of the whole fleet when nothing is deployed: what the finish of the deployment that went live last would
// keep. A host's way back is the newest good release beside the one that is live.
func (s *Schedule) KeepNow() []deploy.ReleaseID {
	keep := s.keep(s.KeepReleases, keepFailures, false)
	for _, h := range s.Hosts {
		keep = append(keep, UnwindTarget(s.Deployment, h.Before.Release, Link{}, h.Facts).Release)
	}
	slices.Sort(keep)
	return slices.DeleteFunc(slices.Compact(keep), func(id deploy.ReleaseID) bool { return id == "" })
}
