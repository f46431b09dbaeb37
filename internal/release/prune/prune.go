// Package prune removes old releases from a host, and what dead deployments left behind.
//
// It removes what it is not told to keep; the policy (how many, which) is the caller's. It never removes what current
// or previous lead to, nor anything whose name does not have the form of a release ID. A release is renamed before it is deleted, so
// that no half of one is ever taken for a release; what a dead run left so is deleted by the next.
package prune

import (
	_ "embed"
	"errors"
	"strings"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/release"
	"github.com/slipway/slipway/internal/release/lock"
	"github.com/slipway/slipway/internal/transport"
)

//go:embed prune.sh
var script string

const stuckHint = "something in it belongs to another user: remove it by hand, or name a command that may: `prune_command` (docs/rollback.md)"

// Result is what Prune did, as far as it was seen: it may have failed midway, or the link was lost.
type Result struct {
	Removed []deploy.ReleaseID
	Through bool  // it came to its end: an error is that of another operation in the same command
	Stuck   error // what could not be removed, a *deploy.Error; nil is nothing
}

// Prune removes all releases but those to keep, with their records and secret files, and fills in result. What cannot be removed
// is no error of the operation. command, words separated by spaces, removes a release that the user may not remove: its path
// comes as the last argument; "" is none. Beside them go records of releases that are not there, journals older than any
// release that is, but for the newest 50 and those of deployments that did not end, and links of switches that died more
// than a day ago.
func Prune(site release.Site, keep []deploy.ReleaseID, command string, result *Result) release.Operation {
	args := []string{site.Root, command}
	for _, id := range keep {
		args = append(args, string(id))
	}
	read := func(text []byte, err error) error {
		for line := range strings.Lines(string(text)) {
			result.read(strings.TrimSuffix(line, "\n"))
		}
		return err
	}
	return release.Operation{Name: "prune", Script: lock.Reserve() + script, Args: args, Output: release.Whole(read), Falls: true, Silence: transport.LongSilence}
}

func (r *Result) read(line string) {
	stuck, isStuck := strings.CutPrefix(line, "stuck ")
	switch id := deploy.ReleaseID(line); {
	case id.Valid():
		r.Removed = append(r.Removed, id)
	case isStuck:
		r.Through, r.Stuck = true, &deploy.Error{Op: "prune", Cause: errors.New(stuck), Hint: stuckHint}
	case line == "through":
		r.Through = true
	}
}
