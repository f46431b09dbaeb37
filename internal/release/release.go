// Package release is the layout on a host: where everything lies below the deploy path. Its sub-packages are the
// operations on ONE host: survey, lock, hold, journal, stage, step, activate, prune; each has its own embedded scripts.
//
// They see one transport.Conn and know nothing of batches, other hosts, or what a failure means for the fleet.
package release

import (
	"cmp"
	"path"

	"github.com/slipway/slipway/internal/deploy"
)

// Format is the version of the layout that this program writes; a host with a newer one is refused.
const Format = 1

// Site is the deploy path on a host, absolute. All paths are the host's, with slashes.
type Site struct {
	Root  string
	Umask string // of what is made there, less Slipway's own records, which are their owner's alone; "" is 022
}

// Mask is the umask in octal.
func (s Site) Mask() string { return cmp.Or(s.Umask, "022") }

// Current is the link that names the live release.
func (s Site) Current() string { return path.Join(s.Root, "current") }

// Release is the folder of an unpacked release.
func (s Site) Release(id deploy.ReleaseID) string { return path.Join(s.Root, "releases", string(id)) }

// Shared is the folder that outlives releases.
func (s Site) Shared() string { return path.Join(s.Root, "shared") }

// Private is Slipway's own folder.
func (s Site) Private() string { return path.Join(s.Root, ".slipway") }

// Records is where what is known of a release is kept: manifests, marks, its activate block.
func (s Site) Records(id deploy.ReleaseID) string {
	return path.Join(s.Private(), "releases", string(id))
}

// Secrets is the folder of a release's secret files.
func (s Site) Secrets(id deploy.ReleaseID) string {
	return path.Join(s.Private(), "secrets", string(id))
}

// Journal is the folder of a deployment's journal.
func (s Site) Journal(id deploy.DeploymentID) string {
	return path.Join(s.Private(), "deployments", string(id))
}

// History is the file with a line for each change of current.
func (s Site) History() string { return path.Join(s.Private(), "history.jsonl") }
