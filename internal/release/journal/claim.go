package journal

import (
	_ "embed"
	"fmt"
	"strconv"
	"strings"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/lazyregexp"
	"github.com/slipway/slipway/internal/release"
)

//go:embed claim.sh
var claimScript string

// Claim names a deployment's release for all its jobs, unless one of them has done so in this attempt, and sets named to what holds. It
// needs no lock: it touches nothing but the deployment's own journal, and who comes second changes nothing.
func Claim(site release.Site, id deploy.DeploymentID, claim deploy.Claim, named *deploy.Claim) release.Operation {
	read := func(a release.Answer) (err error) {
		*named, err = ParseClaim(fmt.Sprintf("%d %s", claim.Attempt, a.Text))
		return err
	}
	return release.Operation{Name: "name the release", Script: claimScript, Read: read, Args: []string{
		site.Root, string(id), strconv.Itoa(claim.Attempt), fmt.Sprintf("%s %s", claim.Release, claim.Content), site.Mask(),
	}}
}

var contentDigest = lazyregexp.New(`^[0-9a-f]{64}$`)

// ParseClaim reads a claim: its attempt, and what its link says.
func ParseClaim(text string) (deploy.Claim, error) {
	words := strings.Split(text, " ")
	if len(words) == 3 {
		attempt, err := strconv.Atoi(words[0])
		claim := deploy.Claim{Attempt: attempt, Release: deploy.ReleaseID(words[1]), Content: deploy.Digest(words[2])}
		if err == nil && attempt > 0 && claim.Release.Valid() && contentDigest.MatchString(words[2]) {
			return claim, nil
		}
	}
	return deploy.Claim{}, &deploy.Error{
		Cause: fmt.Errorf("the claim %.120q in the journal of this deployment names no release", text),
		Hint:  "look at it on the host, and move it away",
	}
}
