package activate

import (
	"bytes"
	"context"
	"crypto/rand"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"slipway/internal/deploy"
	"slipway/internal/release"
	"slipway/internal/transport"
)

// Block is how a release is restarted and verified, with the variables that its steps and checks need.
type Block struct {
	Activation deploy.Activation
	Vars       map[string]string
}

// ErrNoBlock says that a release has no stored block: it was never prepared to be activated.
var ErrNoBlock = errors.New("the release has no stored activate block")

//go:embed mark.sh
var markScript string

//go:embed store.sh
var storeScript string

//go:embed load.sh
var loadScript string

var loadReasons = map[int]release.Reason{90: {Err: ErrNoBlock, Hint: "its restart and checks are not known on this host"}}

// Mark marks a release: "verified" (it passed its checks; takes earlier bad and failed marks away), "bad" (it failed
// them: never a target to go back to), "failed" (its deployment failed before it was live).
func Mark(ctx context.Context, conn transport.Conn, site release.Site, id deploy.ReleaseID, mark string) error {
	if !slices.Contains([]string{"verified", "bad", "failed"}, mark) || !id.Valid() {
		return release.Failure(conn, "mark", fmt.Errorf("no mark %q for release %q", mark, id), nil)
	}
	err := conn.Run(ctx, transport.Command{Name: "mark", Script: markScript, Args: []string{site.Root, string(id), mark}})
	return release.Failure(conn, "mark", err, nil)
}

// Store keeps a release's block, over an earlier one.
func Store(ctx context.Context, conn transport.Conn, site release.Site, id deploy.ReleaseID, block Block) error {
	text, err := json.Marshal(block)
	if err != nil {
		return release.Failure(conn, "store activate block", err, nil)
	}
	args := []string{site.Root, string(id), string(text), rand.Text()}
	err = conn.Run(ctx, transport.Command{Name: "store activate block", Script: storeScript, Args: args})
	return release.Failure(conn, "store activate block", err, nil)
}

// Load reads a release's block; the error Is ErrNoBlock where there is none.
func Load(ctx context.Context, conn transport.Conn, site release.Site, id deploy.ReleaseID) (Block, error) {
	var text bytes.Buffer
	args := []string{site.Root, string(id)}
	err := conn.Run(ctx, transport.Command{Name: "load activate block", Script: loadScript, Args: args, Stdout: &text})
	var block Block
	if err == nil {
		err = json.Unmarshal(text.Bytes(), &block)
	}
	if err != nil {
		return Block{}, release.Failure(conn, "load activate block", err, loadReasons)
	}
	return block, nil
}
