package announce

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/github"
)

// comment tells the pull requests that went live, or went out of service, one after the other: GitHub wants no calls at once that write.
// It gives what a person should know of those that it could not tell.
func (a *Announcer) comment(ctx context.Context, res deploy.Result) []string {
	if !a.o.Comments {
		return nil
	}
	if unknown := cmp.Or(res.Shipped.Unknown, res.Shipped.In.Unknown, res.Shipped.Out.Unknown); unknown != "" {
		return []string{"no pull request has a comment on this deployment: which it shipped is not known: " + unknown}
	}
	pulls := slices.Concat(res.Shipped.In.Pulls, res.Shipped.Out.Pulls)
	pulls = pulls[:min(len(pulls), mostPulls)]
	ctx, cancel := a.bounded(ctx)
	defer cancel()
	for i, pull := range pulls {
		_, err := a.o.GitHub.Comment(ctx, github.Comment{
			Pull: pull.Number, Mark: "shipped-" + a.place(res.Header), Run: a.o.RunID, Text: a.o.Words.Comment(res, pull.Number),
		})
		if err != nil {
			return []string{fmt.Sprintf("%d of %d pull requests have no comment on this deployment: %s", len(pulls)-i, len(pulls), because(err))}
		}
	}
	return nil
}

// place tells apart what has a comment each on a pull request: applications, environments and keys.
func (a *Announcer) place(h deploy.Header) string {
	text, _ := json.Marshal([]string{h.App, h.Environment, a.o.Key}) // texts fit always
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8])
}
