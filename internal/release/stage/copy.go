package stage

import (
	_ "embed"
	"errors"
	"maps"
	"strings"

	"slipway/internal/deploy"
	"slipway/internal/release"
	"slipway/internal/transport"
)

//go:embed copy.sh
var copyFunctions string

// ErrNotCopied says that a release on the host has not, or not as its manifest says, what was to be copied.
var ErrNotCopied = errors.New("the members could not be copied")

// Base is a release on the host that has members of the one which is made.
type Base struct {
	Folder  string // absolute
	Records string // absolute; "" where the payload has the whole manifest
}

// Statuses of a copy that failed for what the base has.
const (
	statusNoBase = 94
	statusUnfit  = 95
)

// maxUnfit is how many paths of members that did not become what they should the host tells, and maxUnfitBytes how long they are together.
const (
	maxUnfit      = 1000
	maxUnfitBytes = 4 << 20
)

// Copy makes a release like Upload, of a payload that lacks what a base has. Where the base has not what is expected the error Is
// ErrNotCopied, and there is nothing that could be taken for a release; unfit are then the paths that are to be sent, too, nil where
// those are too many, or something else is wrong.
func Copy(site release.Site, id deploy.ReleaseID, delta Payload, base Base, unfit *[]string, progress func(done, total int64)) release.Operation {
	op := Upload(site, id, delta, progress)
	if op.Invalid != nil {
		return op
	}
	op.Script, op.Args = unpackFunctions+copyFunctions+uploadScript, append(op.Args, base.Folder, base.Records)
	op.Reasons = maps.Clone(op.Reasons)
	op.Reasons[statusNoBase] = release.Reason{Err: ErrNotCopied}
	op.Reasons[statusUnfit] = release.Reason{Err: ErrNotCopied}
	op.Limit = maxUnfitBytes
	op.Output = release.Whole(func(text []byte, err error) error {
		*unfit = nil
		var exit *transport.ExitError
		if errors.As(err, &exit) && exit.Status == statusUnfit {
			*unfit = unfitPaths(string(text))
		}
		return err
	})
	return op
}

// unfitPaths reads the paths that a host tells; nil where there are more than it tells.
func unfitPaths(text string) (paths []string) {
	if strings.Count(text, "\n") >= maxUnfit {
		return nil
	}
	for line := range strings.Lines(text) {
		if path, ok := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "./"); ok {
			paths = append(paths, path)
		}
	}
	return paths
}
