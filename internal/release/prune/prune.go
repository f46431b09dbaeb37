// Package prune removes old releases from a host, and what dead deployments left behind.
//
// It removes what it is not told to keep; the policy (how many, which) is the caller's. It never removes what current
// or previous name, nor anything whose name does not have the form of a release ID.
package prune

import (
	"context"

	"slipway/internal/deploy"
	"slipway/internal/release"
	"slipway/internal/transport"
)

// Run removes all releases but those to keep, and tells which it removed, also when it fails midway.
func Run(ctx context.Context, conn transport.Conn, site release.Site, keep []deploy.ReleaseID) (removed []deploy.ReleaseID, err error) {
	return nil, nil
}
