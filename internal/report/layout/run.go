package layout

import (
	"cmp"
	"strconv"
	"strings"

	"github.com/slipway/slipway/internal/ci"
	"github.com/slipway/slipway/internal/deploy"
)

// Target is the app and, behind an arrow, its environment: "shop -> production".
func Target(h deploy.Header, arrow string) string {
	return deploy.Joined(" "+arrow+" ", h.App, h.Environment)
}

// Where is what people call the place: the environment, or the app where there are none.
func Where(h deploy.Header) string {
	if h.Environment == "" {
		return h.App
	}
	return h.Environment
}

// RunText is the run and its attempt, as in 412.1. The number is what the CI's pages show; the ID is for machines. What a person typed has
// none.
func RunText(h deploy.Header, run ci.Run) string {
	if run.Platform == "" {
		return ""
	}
	number := cmp.Or(run.RunNumber, h.RunID)
	if number == "" || h.Attempt == 0 {
		return number
	}
	return number + "." + strconv.Itoa(h.Attempt)
}

// ShortRevision is a commit for people; what is no commit stays as it is.
func ShortRevision(revision string) string {
	if short := deploy.ShortRevision(revision); strings.HasPrefix(revision, short) {
		return short
	}
	return Cut(revision, 40)
}

// RunsOf says what the release of a deployment is: another tool's by the folder that people know, else as Runs does.
func RunsOf(h deploy.Header) string {
	if h.Folder != "" {
		return "another tool's " + h.Folder
	}
	return Runs(h.Release)
}

// Runs says what a release is, by its commit where it has one.
func Runs(id deploy.ReleaseID) string {
	if revision := id.Revision(); revision != "" {
		return revision
	}
	return string(id)
}
