package plan

import (
	"maps"
	"path"
	"slices"

	"github.com/slipway/slipway/internal/deploy"
)

// upkeep finishes the plan of a command that activates nothing.
func (p *Plan) upkeep() error {
	p.Revision, p.WorkflowRevision = "", "" // nothing is deployed
	if problem := p.setRelease(""); problem != nil {
		return deploy.Problems{*problem}
	}
	if p.config.Exec != "" {
		p.Exec = &deploy.Step{
			Name: "command", Phase: deploy.Exec, Number: 1, Run: p.config.Exec, Timeout: p.config.Timeout, Hosts: deploy.HostNames(p.Targets),
		}
		for _, name := range slices.Sorted(maps.Keys(p.config.Secrets)) {
			if !p.config.Secrets[name].IsEmpty() {
				p.Exec.Secrets = append(p.Exec.Secrets, name)
			}
		}
	}
	return nil
}

// ExecOn is the command of `exec` as a host runs it: in current, where that leads to a folder, and with the variables of what is live.
func (s *Schedule) ExecOn(h Host) (deploy.Step, map[string]string) {
	step, vars := s.On(h.Name, *s.Exec), maps.Clone(s.Vars[h.Name])
	if h.NoRelease || h.Before.None() && h.Facts.Current != deploy.CurrentDirectory {
		step.Dir = h.DeployPath
	}
	id := h.Facts.CurrentID
	vars["SLIPWAY_RELEASE"], vars["SLIPWAY_REVISION"] = string(id), commitOf(id, s.Targets, map[string]deploy.Facts{h.Name: h.Facts})
	vars["SLIPWAY_RELEASE_PATH"] = vars["SLIPWAY_CURRENT_PATH"]
	if id != "" {
		vars["SLIPWAY_RELEASE_PATH"] = path.Join(h.DeployPath, "releases", string(id))
	}
	return step, vars
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
