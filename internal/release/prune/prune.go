// Package prune removes old releases from a host, and what dead deployments left behind.
//
// It removes what it is not told to keep; the policy (how many, which) is the caller's. It never removes what current
// or previous name, nor anything whose name does not have the form of a release ID.
package prune

import (
	"bytes"
	"context"
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

// Run removes all releases but those to keep, with their records and secret files, and tells which it removed, also
// when it fails midway. Beside them go records of releases that are not there, journals older than any release that is,
// but for the newest 50 and those of deployments that did not end, and links of switches that died more than a day ago.
func Run(ctx context.Context, conn transport.Conn, site release.Site, keep []deploy.ReleaseID) (removed []deploy.ReleaseID, err error) {
	args := []string{site.Root}
	for _, id := range keep {
		args = append(args, string(id))
	}
	var out bytes.Buffer
	err = conn.Run(ctx, transport.Command{Name: "prune", Script: script, Args: args, Stdout: &out})
	for line := range strings.Lines(out.String()) {
		if id := deploy.ReleaseID(strings.TrimSpace(line)); id.Valid() {
			removed = append(removed, id)
		}
	}
	return removed, release.Failure(conn, "prune", err, reasons)
}
