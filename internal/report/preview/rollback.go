package preview

import (
	"fmt"
	"strings"

	"slipway/internal/deploy"
	"slipway/internal/report/layout"
)

// mostReleases is how many releases are named; the others are counted.
const mostReleases = 5

// between is `2 releases are taken back: 1a2b3c4, 9c0de12`; "" where a rollback takes none back.
func between(p deploy.Preview) string {
	if len(p.Between) == 0 {
		return ""
	}
	verb := "are"
	if len(p.Between) == 1 {
		verb = "is"
	}
	return fmt.Sprintf("%s %s taken back: %s; migrations stay applied", layout.Plural(len(p.Between), "release"), verb, releases(p.Between, layout.Runs))
}

// instead is the releases that `to` may name; "" where there are no others.
func instead(p deploy.Preview) string {
	return releases(p.Instead, func(id deploy.ReleaseID) string { return string(id) })
}

func releases(ids []deploy.ReleaseID, name func(deploy.ReleaseID) string) string {
	var names []string
	for _, id := range ids[:min(len(ids), mostReleases)] {
		names = append(names, name(id))
	}
	text := strings.Join(names, ", ")
	if more := len(ids) - len(names); more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}
