package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/lazyregexp"
)

// Adoption is another tool's release, which current names, as one that can be gone back to: its ID, and how this deploy file restarts
// and verifies it.
type Adoption struct {
	Release    deploy.ReleaseID
	Activation deploy.Activation
	Vars       map[string]string
}

// Adoption is what the deployment adopts on a host before it switches it; ok is false where current names nothing of another tool's,
// or it is adopted already.
func (s *Schedule) Adoption(h Host) (a Adoption, ok bool) {
	if h.Before.Foreign() == "" || h.Facts.Current != deploy.CurrentForeign || s.Release == "" {
		return Adoption{}, false
	}
	for _, r := range h.Facts.Releases {
		if r.Adopted != "" && r.Live {
			return Adoption{}, false
		}
	}
	id := s.adoptedID()
	adopted := *s.Plan
	adopted.Release, adopted.Revision, adopted.ArtifactSHA = id, "", ""
	vars := maps.Clone(s.Vars[h.Name])
	maps.Copy(vars, adopted.own(h.Host))
	block := s.config.ActivationOf(h.Host)
	block.Drain, block.Verify = nil, s.ForeignChecks(h, vars)
	return Adoption{Release: id, Activation: block, Vars: vars}, true
}

// adopted are the releases of another tool that are a host's way back from this deployment.
func (s *Schedule) adopted(h Host) []deploy.ReleaseID {
	if h.Before.Foreign() == "" {
		return nil
	}
	var ids []deploy.ReleaseID
	if a, ok := s.Adoption(h); ok {
		ids = append(ids, a.Release)
	}
	for _, r := range h.Facts.Releases {
		if r.Adopted != "" {
			ids = append(ids, r.ID)
		}
	}
	return ids
}

// adoptedID is the ID of what the deployment adopts, the same on every host and in every attempt. By its time it comes
// before the deployment's own release.
func (s *Schedule) adoptedID() deploy.ReleaseID {
	for _, h := range s.Hosts { // one that an earlier deployment adopted: the others are to have the same
		for _, r := range h.Facts.Releases {
			if r.Adopted != "" && r.Live {
				return r.ID
			}
		}
	}
	sum := sha256.Sum256([]byte(s.Deployment))
	return deploy.NewReleaseID(s.Release.Made().Add(-time.Second), "", deploy.Digest(hex.EncodeToString(sum[:])))
}

// ForeignChecks are the checks of this deploy file that another tool's release can be asked: all but those that want to see which
// release answers.
func (s *Schedule) ForeignChecks(h Host, vars map[string]string) []deploy.Check {
	var checks []deploy.Check
	for _, check := range s.config.ActivationOf(h.Host).Verify {
		text, err := json.Marshal(check)
		if err != nil || namesRelease.Match(text) {
			continue
		}
		if expanded, problem := expandChecks([]deploy.Check{check}, vars); problem == nil {
			checks = append(checks, expanded...)
		}
	}
	return checks
}

var namesRelease = lazyregexp.New(`SLIPWAY_(RELEASE|REVISION|ARTIFACT_SHA256|DEPLOYMENT)\b`)
