package survey

import (
	_ "embed"
	"errors"
	"strconv"
	"strings"

	"slipway/internal/deploy"
	"slipway/internal/release"
	"slipway/internal/transport"
)

//go:embed drift.sh
var driftScript string

// ErrNoManifest says that there is nothing to compare a release with.
var ErrNoManifest = errors.New("the release has no manifest")

var driftReasons = map[int]release.Reason{90: {Err: ErrNoManifest}, 91: {Hint: "look what became of it on the host, and deploy again"}}

// Differences are how a release differs from the manifest of its artifact.
type Differences struct {
	Compared int // members of the artifact
	Count    int // differences, also those that are not listed
	List     []Difference
}

// Difference is one member of the artifact that is not as it was.
type Difference struct {
	Path string `json:"path"` // relative to the release
	What string `json:"what"` // changed (another content), missing, kind (a folder for a file, or the like), rights, target (of a link)
}

const mostDifferences = 2000

// Drift compares a release with the manifest of its artifact, and reads all its members: a question for who asks for it. What steps
// made is not compared, nor what is linked into the release. The error Is ErrNoManifest for another tool's release.
func Drift(site release.Site, id deploy.ReleaseID, found *Differences) release.Operation {
	read := func(a release.Answer) error {
		*found = Differences{}
		whole := false
		for line := range strings.Lines(string(a.Text)) {
			what, rest, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
			n, _ := strconv.Atoi(rest)
			switch what {
			case "compared":
				found.Compared, whole = n, true
			case "differ":
				found.Count = n
			default:
				found.List = append(found.List, Difference{Path: strings.TrimPrefix(rest, "./"), What: what})
			}
		}
		found.Count = max(found.Count, len(found.List))
		if !whole {
			return errors.New("its answer is cut short")
		}
		return nil
	}
	args := []string{site.Root, string(id), site.Mask(), strconv.Itoa(mostDifferences)}
	return release.Operation{
		Name: "drift", Script: driftScript, Args: args, Read: read, Reasons: driftReasons, Limit: 16 << 20, Silence: transport.LongSilence,
	}
}
