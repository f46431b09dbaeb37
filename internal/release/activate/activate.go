// Package activate changes what current names on a host, and keeps what belongs to that: intents and outcomes, marks of
// releases, and the block by which a release is restarted and verified.
//
// Terms: a switch is the one rename(2) that changes current; an intent is written before something live is changed, its
// outcome after; a mark says what a release proved to be. The package must not know why a release is switched to.
package activate

import (
	"context"
	"errors"

	"slipway/internal/deploy"
	"slipway/internal/release"
	"slipway/internal/transport"
)

// Change is one change of current.
type Change struct {
	Deployment deploy.DeploymentID
	Release    deploy.ReleaseID // "" when the target is another tool's
	Target     string           // text of the link: "releases/<ID>", or what another tool's link said
	Previous   string           // text for the link previous; "" leaves previous alone
}

// Entry is a line of a deployment's activation.jsonl beside those of Switch and Unlink.
type Entry struct {
	What    string           `json:"what"`  // "restart", "verify", "drain", ...
	State   string           `json:"state"` // "intent", "ok", "failed"
	Release deploy.ReleaseID `json:"release,omitempty"`
}

// Block is how a release is restarted and verified, with the variables that its steps and checks need.
type Block struct {
	Activation deploy.Activation
	Vars       map[string]string
}

// ErrNoBlock says that a release has no stored block: it is not Slipway's, or was never activated.
var ErrNoBlock = errors.New("the release has no stored activate block")

// Switch makes current name the target, in one rename, with intent and outcome in the journal.
func Switch(ctx context.Context, conn transport.Conn, site release.Site, c Change) error { return nil }

// Unlink removes current, where it names the change's target.
func Unlink(ctx context.Context, conn transport.Conn, site release.Site, c Change) error { return nil }

// Note adds a line to the deployment's activation.jsonl.
func Note(ctx context.Context, conn transport.Conn, site release.Site, id deploy.DeploymentID, entry Entry) error {
	return nil
}

// Mark marks a release: "verified", "bad" or "failed".
func Mark(ctx context.Context, conn transport.Conn, site release.Site, id deploy.ReleaseID, mark string) error {
	return nil
}

// Store keeps a release's block.
func Store(ctx context.Context, conn transport.Conn, site release.Site, id deploy.ReleaseID, block Block) error {
	return nil
}

// Load reads a release's block; the error Is ErrNoBlock where there is none.
func Load(ctx context.Context, conn transport.Conn, site release.Site, id deploy.ReleaseID) (Block, error) {
	return Block{}, nil
}
