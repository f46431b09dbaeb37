// Package lock is one host's part of the lock that keeps two deployments from changing a site at the same time.
//
// Terms: a generation is one owner's turn, a folder named by a number, and the highest one owns; taking it is making the
// folder after the highest; a heartbeat is a text in it that changes while its owner lives; fencing is that every
// command which changes something first looks whether its generation still owns. No clock of a host plays a part.
//
// The package must not know when an owner counts as dead, who may take over from whom, or that there are other hosts.
package lock

import (
	"bytes"
	"context"
	"crypto/rand"
	_ "embed"
	"encoding/json"
	"errors"
	"strconv"
	"strings"

	"slipway/internal/deploy"
	"slipway/internal/release"
	"slipway/internal/transport"
)

//go:embed lock.sh
var functions string

//go:embed take.sh
var takeScript string

//go:embed read.sh
var readScript string

//go:embed beat.sh
var beatScript string

//go:embed release.sh
var releaseScript string

// ErrTaken says that another owner was faster: look again.
var ErrTaken = errors.New("the lock is another's")

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

// Take takes the generation after the highest one that the caller saw. The error Is ErrTaken when that is not the highest
// any more. The layout is made where it is missing: a host's ID comes into being here. Whether the generation may be
// taken, being given back or its owner dead, is for the caller to judge.
//
// After any other error the generation may be taken all the same: Read tells by the token.
func Take(ctx context.Context, conn transport.Conn, site release.Site, seen deploy.LockState, owner deploy.LockOwner) (Taken, error) {
	text, err := json.Marshal(owner)
	if err != nil {
		return Taken{}, release.Failure(conn, "lock", err, nil)
	}
	inherit := ""
	if owner.Deployment != "" && owner.Deployment == seen.Owner.Deployment {
		inherit = "inherit"
	}
	var out bytes.Buffer
	err = conn.Run(ctx, transport.Command{Name: "lock", Script: functions + takeScript, Args: []string{
		site.Root, strings.ToLower(rand.Text()), strconv.Itoa(seen.Generation), string(text), rand.Text(), inherit,
	}, Stdout: &out})
	taken := Taken{ID: strings.TrimSpace(out.String())}
	if err != nil {
		return taken, release.Failure(conn, "lock", err, takeReasons)
	}
	taken.Generation = seen.Generation + 1
	return taken, nil
}

// Read asks for the state of the lock, as survey does among other things.
func Read(ctx context.Context, conn transport.Conn, site release.Site) (deploy.LockState, error) {
	var out bytes.Buffer
	err := conn.Run(ctx, transport.Command{Name: "read lock", Script: functions + readScript, Args: []string{site.Root}, Stdout: &out})
	if err != nil {
		return deploy.LockState{}, release.Failure(conn, "read lock", err, nil)
	}
	state, err := Parse(out.String())
	return state, release.Failure(conn, "read lock", err, nil)
}

// Beat gives a sign of life. The error Is ErrFenced when the generation does not own any more.
func Beat(ctx context.Context, conn transport.Conn, site release.Site, generation int) error {
	err := Fence(conn, site, generation).Run(ctx, transport.Command{
		Name: "heartbeat", Script: beatScript, Args: []string{site.Root, strconv.Itoa(generation), rand.Text()}, Urgent: true,
	})
	return release.Failure(conn, "heartbeat", err, nil)
}

// Release gives a generation back. One that was given back, or taken over, is no error.
func Release(ctx context.Context, conn transport.Conn, site release.Site, generation int) error {
	err := conn.Run(ctx, transport.Command{Name: "unlock", Script: releaseScript, Args: []string{site.Root, strconv.Itoa(generation)}})
	return release.Failure(conn, "unlock", err, releaseReasons)
}
