// Package back says what a rollback goes back over, and where else it may go: for the preview and for the page of one that ran.
package back

import (
	"fmt"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/report/layout"
)

// The most releases, and the most texts of other kinds, that are named; the others are counted.
const (
	mostReleases = 5
	mostTexts    = 20
)

// Between is `2 releases: 1a2b3c4, 9c0de12; 5 commits; migrations shop.0042, shop.0043 stay applied`; "" where a rollback takes none back.
func Between(b deploy.Back) string {
	if len(b.Over) == 0 {
		return ""
	}
	text := layout.Plural(len(b.Over), "release") + ": " + releases(b.Over, layout.Runs) + "; " + commits(b.Commits)
	if what := b.Applied.What; len(what) == 1 {
		text += "; migration " + what[0] + " stays applied"
	} else if len(what) > 0 {
		text += "; migrations " + deploy.List(what, ", ", mostTexts) + " stay applied"
	}
	switch unknown := deploy.List(b.Applied.Unknown, ", ", mostReleases); {
	case unknown != "" && len(b.Applied.What) > 0:
		text += "; not known: " + unknown
	case unknown != "":
		text += "; which migrations stay applied is not known: " + unknown
	case len(b.Applied.What) == 0:
		text += "; no migrations"
	}
	return text
}

func commits(c deploy.Commits) string {
	switch {
	case c.Unknown != "":
		return "how many commits is not known: " + c.Unknown
	case c.Gone == 0 && c.New == 0:
		return "the same commit"
	case c.New == 0:
		return layout.Plural(c.Gone, "commit")
	}
	return fmt.Sprintf("%s, and %d the other way: they have diverged", layout.Plural(c.Gone, "commit"), c.New)
}

// Instead is the releases that `to` may name; "" where there are no others.
func Instead(b deploy.Back) string {
	return releases(b.Instead, func(id deploy.ReleaseID) string { return string(id) })
}

func releases(ids []deploy.ReleaseID, name func(deploy.ReleaseID) string) string {
	names := make([]string, len(ids))
	for i, id := range ids {
		names[i] = name(id)
	}
	return deploy.List(names, ", ", mostReleases)
}
