package stage

import (
	_ "embed"
	"errors"
	"maps"

	"slipway/internal/deploy"
	"slipway/internal/release"
)

//go:embed copy.sh
var copyFunctions string

// ErrNotCopied says that a release on the host has not, or not as the manifest says, what was to be copied.
var ErrNotCopied = errors.New("the members could not be copied")

// Copy makes a release of members that lie in a folder on the host, another release of the same content, and verifies it like Upload:
// index is the manifest alone. Where the folder has them not, the error Is ErrNotCopied, and there is nothing that could be taken for a
// release.
func Copy(site release.Site, id deploy.ReleaseID, index Payload, folder string) release.Operation {
	op := Upload(site, id, index, nil)
	if op.Invalid != nil {
		return op
	}
	op.Name, op.Script, op.Args = "copy", unpackFunctions+copyFunctions+uploadScript, append(op.Args, folder)
	op.Reasons = maps.Clone(op.Reasons)
	op.Reasons[92] = release.Reason{Err: ErrNotCopied}
	op.Reasons[94] = release.Reason{Err: ErrNotCopied}
	return op
}
