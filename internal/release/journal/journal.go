// Package journal makes a host ready to be deployed to (the layout below the deploy path) and keeps its records of
// deployments: the plan of each, and the history of what current named.
//
// Terms: the layout is the folders of docs/design.md, On the host; an entry of the history is one change of current.
// The package must not know what a plan says.
package journal

import (
	"context"

	"slipway/internal/deploy"
	"slipway/internal/release"
	"slipway/internal/transport"
)

// Open makes the layout where it is not there yet and puts the deployment's plan (JSON) in its journal. It is the first
// command of a deployment that changes anything on a host.
func Open(ctx context.Context, conn transport.Conn, site release.Site, id deploy.DeploymentID, plan []byte) error {
	return nil
}

// Append adds a line to the host's history.
func Append(ctx context.Context, conn transport.Conn, site release.Site, entry deploy.HistoryEntry) error {
	return nil
}
