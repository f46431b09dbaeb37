package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/slipway/slipway/internal/deploy"
)

// hostChecks are the checks of what a host said; those after the third are for hosts that get releases.
var hostChecks = []string{
	deploy.CheckTools, deploy.CheckRights, deploy.CheckClock, deploy.CheckSpace, deploy.CheckInodes, deploy.CheckLayout, deploy.CheckOwner,
	deploy.CheckCurrent, deploy.CheckShared, deploy.CheckLock, deploy.CheckHold, deploy.CheckLeftovers,
}

// Findings are what preflight would refuse a deployment for, and what it would warn of, on every host that gave its facts: the same
// judgement, without an end at the first host. A check that found nothing says so.
func (p *Plan) Findings(facts map[string]deploy.Facts) []deploy.Finding {
	s := &Schedule{Plan: p}
	paths := deploy.Paths{}
	refused := map[string][]deploy.Finding{}
	for _, target := range p.Targets {
		if f, asked := facts[target.Name]; asked {
			s.Hosts = append(s.Hosts, schedule(p, target, f))
			refused[target.Name] = append(judge(p, target, f), judgePath(paths, target, f)...)
		}
	}
	var all []deploy.Finding
	for _, h := range s.Hosts {
		found := slices.Concat(refused[h.Name], s.judgeRoom(h), s.warnings(h))
		checks := hostChecks
		if h.NoRelease {
			checks = checks[:3]
		}
		for _, check := range checks {
			if !slices.ContainsFunc(found, func(f deploy.Finding) bool { return f.Check == check }) {
				found = append(found, deploy.Finding{Host: h.Name, Check: check, State: deploy.FindingOK})
			}
		}
		all = append(all, found...)
	}
	return all
}

// warnings are what a deployment to a host would go on with.
func (s *Schedule) warnings(h Host) []deploy.Finding {
	var found []deploy.Finding
	add := func(check, mend, text string, args ...any) {
		found = append(found, deploy.Finding{Host: h.Name, Check: check, State: deploy.FindingWarn, Text: fmt.Sprintf(text, args...), Mend: mend})
	}
	f := h.Facts
	if skew := f.ClockSkew; skew.Abs() > tolerableSkew {
		add(deploy.CheckClock, "set it: `timedatectl set-ntp true`", "its clock is %s; steps that use TLS or signed requests may fail there", ahead(skew))
	}
	if h.NoRelease {
		return found
	}
	if s.short(h) && len(s.judgeRoom(h)) == 0 {
		needs := s.Artifact.Needs()
		add(deploy.CheckSpace, "`slipway prune"+s.selected()+"`", "%s free, a deployment needs about %s: it deletes old releases first", deploy.Size(f.FreeBytes), deploy.Size(needs.Bytes))
	}
	if f.NoExec {
		add(deploy.CheckRights, "`mount -o remount,exec` it, or choose another `deploy_path`", "%s is mounted noexec: no program of a release can be executed", h.DeployPath)
	}
	if cause := s.nothingLive(h); cause != "" {
		add(deploy.CheckCurrent, "deploy, or roll back to a release that is kept", "%s; nothing is live", cause)
	}
	if !f.Lock.Free() {
		add(deploy.CheckLock, "wait for it; `slipway unlock"+s.selected()+"` frees the host from an owner that is dead", "locked by %s", owner(f.Lock.Owner))
	}
	if f.Hold != nil {
		add(deploy.CheckHold, "`slipway unhold"+s.selected()+"` when it is over", "%s", holdText(f.Hold))
	}
	for _, journal := range f.Unfinished {
		add(deploy.CheckLeftovers, "nothing: the next deployment mends it first", "deployment %s did not come to its end", journal.ID)
	}
	return found
}

// selected is the flag by which a command goes to the same environment; "" where there is none.
func (p *Plan) selected() string {
	if p.Environment == "" {
		return ""
	}
	return " -e " + p.Environment
}

// owner says who has a lock.
func owner(o deploy.LockOwner) string {
	who := []string{cmp.Or(o.Command, "a deployment")}
	if o.Actor != "" {
		who = append(who, "by "+o.Actor)
	}
	if o.RunURL != "" {
		who = append(who, "in "+o.RunURL)
	}
	if !o.Since.IsZero() {
		who = append(who, "since "+o.Since.UTC().Format("2006-01-02 15:04")+" UTC")
	}
	return strings.Join(who, " ")
}
