package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/lazyregexp"
)

// asked is what a rollback asks for, for people.
func (p *Plan) asked() string {
	if p.Ref.Commit != "" {
		return fmt.Sprintf("%q (commit %.7s)", p.To, p.Ref.Commit)
	}
	return fmt.Sprintf("%q", p.To)
}

// Unknown reports whether a rollback asks for what no host has a release of, by any name that hosts know: it may be a branch or tag.
func (p *Plan) Unknown(facts map[string]deploy.Facts) bool {
	return p.Rollback() && !p.anyTarget() && !slices.ContainsFunc(anywhere(facts), func(id deploy.ReleaseID) bool { return p.names(id, facts) })
}

// names reports whether a rollback asks for a release: by its ID, also as the links on a host have it, by the folder of another
// tool's, by its commit or the beginning of it, or by the beginning of its content's digest, with sha256: before it or without.
func (p *Plan) names(id deploy.ReleaseID, facts map[string]deploy.Facts) bool {
	to := cmp.Or(p.Ref.Commit, strings.TrimSuffix(p.To, "/"))
	if to == string(id) || strings.HasSuffix(to, "releases/"+string(id)) || to == adoptedAs(id, facts) {
		return true
	}
	digest, only := strings.CutPrefix(strings.ToLower(to), "sha256:")
	if !hexName.MatchString(digest) {
		return false
	}
	content := id.Content()
	for _, f := range facts {
		if r, _ := f.Release(id); r.Content != "" {
			content = string(r.Content)
		}
	}
	begins := func(whole string) bool { // of some only the beginning is known
		return whole != "" && (strings.HasPrefix(whole, digest) || strings.HasPrefix(digest, whole))
	}
	return !only && begins(commitOf(id, p.Targets, facts)) || len(digest) >= shortestDigest && adoptedAs(id, facts) == "" && begins(content)
}

// hexName is a commit or a digest, or the beginning of one.
var hexName = lazyregexp.New(`^[0-9a-f]{4,64}$`)

// shortestDigest is how many digits of a digest name a release at least.
const shortestDigest = 6
