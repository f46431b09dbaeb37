package stage

import (
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/release"
	"github.com/slipway/slipway/internal/transport"
)

//go:embed copy.sh
var copyFunctions string

// ErrNotCopied says that a release on the host has not, or not as its manifest says, what was to be copied.
var ErrNotCopied = errors.New("the members could not be copied")

// ErrNotPatched says that the host could not decode a delta against the files that it has: another delta may do.
var ErrNotPatched = errors.New("the delta could not be decoded")

// Base is a release on the host that has members of the one which is made.
type Base struct {
	Folder  string // absolute
	Records string // absolute; "" where the payload has the whole manifest
	Old     Old    // the zero value where the payload is decoded as it is
}

// Old is files of a base that a payload in zstd is decoded against.
type Old struct {
	Paths []string
	Sum   [sha256.Size]byte // of their contents, one behind the other
}

// args are those of the script.
func (o Old) args() []string {
	if len(o.Paths) == 0 {
		return nil
	}
	return []string{hex.EncodeToString(o.Sum[:]), "./" + strings.Join(o.Paths, "\n./")}
}

// Statuses of a copy that failed for what the base has.
const (
	statusNoBase = 94
	statusUnfit  = 95
	statusNotOld = 96
)

// maxUnfit is how many paths of members that did not become what they should the host tells, and maxUnfitBytes how long they are together.
const (
	maxUnfit      = 1000
	maxUnfitBytes = 4 << 20
)

// Copy makes a release like Upload, of a payload that lacks what a base has. Where the base has not what is expected the error Is
// ErrNotCopied, and there is nothing that could be taken for a release; unfit are then the paths that are to be sent, too, nil where
// those are too many, or something else is wrong. Where the base's old files are another's, or a delta cannot be decoded against them, it Is
// ErrNotPatched.
func Copy(site release.Site, id deploy.ReleaseID, delta Payload, base Base, unfit *[]string, progress func(done, total int64)) release.Operation {
	op := Upload(site, id, delta, progress)
	if op.Invalid != nil {
		return op
	}
	op.Script, op.Args = Unpacking()+copyFunctions+uploadScript, slices.Concat(op.Args, []string{base.Folder, base.Records}, base.Old.args())
	op.Reasons = maps.Clone(op.Reasons)
	op.Reasons[statusNoBase] = release.Reason{Err: ErrNotCopied}
	op.Reasons[statusUnfit] = release.Reason{Err: ErrNotCopied}
	op.Reasons[statusNotOld] = release.Reason{Err: ErrNotPatched}
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
