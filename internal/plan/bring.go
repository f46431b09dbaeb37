package plan

import (
	"fmt"
	"maps"
	"slices"

	"github.com/slipway/slipway/internal/deploy"
)

// Bringing is a release that a rollback goes to, and that some hosts lack: they were away, are new, or it was pruned there.
type Bringing struct {
	Release  deploy.ReleaseID
	Content  deploy.Digest
	Revision string
	BuiltBy  deploy.Provenance
	From     string   // a host that has it
	To       []string // hosts that lack it, in the plan's order
}

// ToBring is what has to be brought before a rollback can go to its target; ok is false where nothing has to be, or nothing can be.
func (p *Plan) ToBring(facts map[string]deploy.Facts) (b Bringing, ok bool) {
	if !p.Rollback() || p.Reconcile {
		return b, false
	}
	id, err := adopt(p, facts)
	if err != nil {
		return b, false
	}
	there := serving(p, facts)
	b = Bringing{
		Release: id, Content: contentOf(id, there), Revision: commitOf(id, p.Targets, facts), BuiltBy: provenanceOf(id, p.Targets, facts), To: lacking(id, p, there),
	}
	for _, target := range deploy.WithRelease(p.Targets) {
		if b.From == "" && !slices.Contains(b.To, target.Name) {
			b.From = target.Name
		}
	}
	return b, len(b.To) > 0 && p.notBrought(id, b.To, there) == ""
}

// brings reports whether the plan has an artifact that hosts may get.
func (p *Plan) brings() bool { return !p.Rollback() || p.Artifact.Content != "" }

// notBrought says why a release is not brought to the hosts that lack it; "" where it can be.
func (p *Plan) notBrought(id deploy.ReleaseID, missing []string, facts map[string]deploy.Facts) string {
	switch {
	case len(missing) == len(facts):
		return "no host has it"
	case adoptedAs(id, facts) != "":
		return "another tool made it"
	case contentOf(id, facts) == "":
		return "the others do not say what is in it"
	}
	for _, target := range p.Targets {
		if slices.Contains(missing, target.Name) && p.like(target, id, facts) == "" {
			return fmt.Sprintf("no host that has it has the roles and variables of %s: how it is restarted and verified there is not known", target.Name)
		}
	}
	return ""
}

// contentOf is the content of a release on all hosts that have it; "" where they do not agree, or do not know.
func contentOf(id deploy.ReleaseID, facts map[string]deploy.Facts) (content deploy.Digest) {
	for _, f := range facts {
		r, _ := f.Release(id)
		switch {
		case !whole(r):
		case r.Content == "" || content != "" && r.Content != content:
			return ""
		default:
			content = r.Content
		}
	}
	return content
}

// like is a host that went live with a release, and on which a host that lacks it would have been restarted and verified in the same way:
// it has the same roles and variables. "" is none.
func (p *Plan) like(host deploy.Host, id deploy.ReleaseID, facts map[string]deploy.Facts) string {
	for _, other := range deploy.WithRelease(p.Targets) {
		r, _ := facts[other.Name].Release(id)
		if whole(r) && r.Good() && sorted(other.Roles) == sorted(host.Roles) && maps.Equal(other.Vars, host.Vars) {
			return other.Name
		}
	}
	return ""
}

func sorted(roles []string) string { return fmt.Sprintf("%q", slices.Sorted(slices.Values(roles))) }

// onlyLacking leaves the steps of prepare to the hosts that lack the release: the others were prepared when it was deployed there.
func (s *Schedule) onlyLacking(facts map[string]deploy.Facts) deploy.Errors {
	there := serving(s.Plan, facts)
	missing := lacking(s.Release, s.Plan, there)
	if why := s.notBrought(s.Release, missing, there); len(missing) > 0 && why != "" {
		return deploy.Errors{refuse(missing[0], fmt.Sprintf("%s is not there, and %s", s.Release, why), "deploy its artifact again, which brings it to every host")}
	}
	for i, h := range s.Hosts {
		if slices.Contains(missing, h.Name) {
			s.Hosts[i].Like = s.like(h.Host, s.Release, there)
		}
	}
	s.without(&s.Prepare, s.has)
	s.Prepare = slices.DeleteFunc(s.Prepare, func(step deploy.Step) bool { return len(step.Hosts)+len(step.Receivers) == 0 })
	return nil
}

// has reports whether a host has the release that a rollback goes to, prepared.
func (s *Schedule) has(host string) bool {
	return slices.ContainsFunc(s.Hosts, func(h Host) bool { return h.Name == host && h.Like == "" })
}
