// Package lock is one host's part of the lock that keeps two deployments from changing a site at the same time.
//
// Terms: a generation is one period of ownership, a folder named by a number, and the highest one owns; taking it is making the
// folder after the highest; a heartbeat is a text in it that changes while its owner lives; fencing is that every
// command which changes something first looks whether its generation still owns. No clock of a host plays a part.
//
// The package must not know when an owner counts as dead, who may take over from whom, or that there are other hosts.
package lock

import (
	_ "embed"
	"encoding/json"
	"errors"
	"strconv"
	"strings"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/release"
)

//go:embed lock.sh
var functions string

//go:embed take.sh
var takeScript string

//go:embed read.sh
var readScript string

//go:embed beat.sh
var beatScript string

//go:embed reserve.sh
var reserveFunction string

//go:embed release.sh
var releaseScript string

// ErrTaken says that another owner was faster: look again.
var ErrTaken = errors.New("another deployment holds the lock")

const writeHint = "look at the owner and the free space of the deploy path"

var takeReasons = map[int]release.Reason{
	90: {Err: ErrTaken, Hint: "another deployment took it this moment: run the job again, it waits"},
	92: {Hint: writeHint},
}

var releaseReasons = map[int]release.Reason{92: {Hint: writeHint}}

// Taken is what a host answered to Take.
type Taken struct {
	Generation int    // ours from now on; 0 with an error
	ID         string // of the host (.slipway/id), also with ErrTaken; "" when it did not say
}

// Take takes the generation after the highest one that the caller saw, and sets taken. The error Is ErrTaken when that is not
// the highest any more. The layout is made where it is missing: a host's ID comes into being here. Whether the generation may
// be taken, being given back or its owner dead, is for the caller to judge.
//
// After any other error the generation may still be taken, and the token that Read finds says so. So Take is never repeated.
func Take(site release.Site, seen deploy.LockState, owner deploy.LockOwner, taken *Taken) release.Operation {
	text, err := json.Marshal(owner)
	if err != nil {
		return release.Invalid("lock", err)
	}
	inherit := ""
	if owner.Deployment != "" && owner.Deployment == seen.Owner.Deployment {
		inherit = "inherit"
	}
	read := func(text []byte, err error) error {
		*taken = Taken{ID: strings.TrimSpace(string(text))}
		if err == nil {
			taken.Generation = seen.Generation + 1
		}
		return err
	}
	return release.Operation{
		Name: "lock", Script: functions + takeScript, Output: release.Whole(read), Reasons: takeReasons, Once: true,
		Args: []string{site.Root, release.Unique, strconv.Itoa(seen.Generation), string(text), release.Unique, inherit, site.Mask()},
	}
}

// Read asks for the state of the lock, as survey does among other things.
func Read(site release.Site, state *deploy.LockState) release.Operation {
	read := func(a release.Answer) (err error) {
		*state, err = Parse(string(a.Text))
		return err
	}
	return release.Operation{Name: "read lock", Script: functions + readScript, Args: []string{site.Root}, Read: read}
}

// Beat gives a sign of life. It is for a connection of Fence: the error Is ErrFenced when the generation does not own any
// more.
func Beat(site release.Site, generation int) release.Operation {
	return release.Operation{
		Name: "heartbeat", Script: beatScript, Args: []string{site.Root, strconv.Itoa(generation), release.Unique}, Urgent: true,
	}
}

// Release ends a generation. It succeeds when that ended already, or when another owner took over.
func Release(site release.Site, generation int) release.Operation {
	return release.Operation{
		Name: "unlock", Script: releaseScript, Args: []string{site.Root, strconv.Itoa(generation)}, Reasons: releaseReasons,
	}
}
