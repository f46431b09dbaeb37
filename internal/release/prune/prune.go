// Package prune removes old releases from a host, and what dead deployments left behind.
//
// It removes what it is not told to keep; the policy (how many, which) is the caller's. It never removes what current
// or previous name, nor anything whose name does not have the form of a release ID.
package prune

import (
	_ "embed"
	"strings"

	"slipway/internal/deploy"
	"slipway/internal/release"
	"slipway/internal/transport"
)

//go:embed prune.sh
var script string

var reasons = map[int]release.Reason{
	90: {Hint: "something in it belongs to another user: remove it by hand"},
}

// Prune removes all releases but those to keep, with their records and secret files, and sets removed to those that it
// removed, also when it fails midway. Beside them go records of releases that are not there, journals older than any
// release that is, but for the newest 50 and those of deployments that did not end, and links of switches that died more
// than a day ago.
func Prune(site release.Site, keep []deploy.ReleaseID, removed *[]deploy.ReleaseID) release.Operation {
	args := []string{site.Root}
	for _, id := range keep {
		args = append(args, string(id))
	}
	read := func(text []byte, err error) error {
		for line := range strings.Lines(string(text)) {
			if id := deploy.ReleaseID(strings.TrimSpace(line)); id.Valid() {
				*removed = append(*removed, id)
			}
		}
		return err
	}
	return release.Operation{Name: "prune", Script: script, Args: args, Output: release.Whole(read), Reasons: reasons, Silence: transport.LongSilence}
}
