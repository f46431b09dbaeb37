//go:build e2e

package e2e

import (
	"net/http"
	"regexp"
	"strconv"
	"time"

	"github.com/slipway/slipway/e2e/load"
)

var (
	versionShown = regexp.MustCompile(`Version (\d+)`)
	releaseShown = regexp.MustCompile(`\b\d{8}-\d{6}-([0-9a-f]{7})-[0-9a-f]{6}\b`)
	embedded     = regexp.MustCompile(`"(/static/[^"]+)"`)
)

// versions are all that an answer says of the version that it is of: in words, and as the commit in a release's ID.
func versions(header http.Header, body []byte) []string {
	var marks []string
	for _, found := range versionShown.FindAllSubmatch(body, -1) {
		marks = append(marks, string(found[1]))
	}
	for _, text := range append(header.Values("X-Release"), string(body)) {
		for _, found := range releaseShown.FindAllStringSubmatch(text, -1) {
			if version, err := strconv.ParseInt(found[1], 16, 64); err == nil {
				marks = append(marks, strconv.FormatInt(version, 10))
			}
		}
	}
	return marks
}

// visitors are who visits the site all the time. post says whether some of them do what must not be done twice.
func visitors(url string, post bool) load.Site {
	pages := []load.Visit{{Path: "/", Embeds: embedded}}
	site := load.Site{
		URL: url, Marks: versions, Passed: "X-Tried", Patience: time.Minute,
		Groups: []load.Group{
			{Visitors: 3, Visits: pages, Pause: 600 * time.Millisecond},
			{Visitors: 1, Visits: pages, Pause: 600 * time.Millisecond, Keep: true},
			{Visitors: 1, Visits: []load.Visit{{Path: "/slow"}}},
		},
	}
	if post {
		site.Groups = append(site.Groups, load.Group{Visitors: 1, Visits: []load.Visit{{Method: http.MethodPost, Path: "/slow"}}})
	}
	return site
}
