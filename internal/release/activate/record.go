package activate

import (
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/release"
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

// Mark marks a release: "verified" (it passed its checks; takes the other marks away), "bad" (it failed
// them: never a target to go back to), "failed" (its deployment failed before it was live), "waiting" (a shard prepared it, and the rest of
// its deployment is still to come).
func Mark(site release.Site, id deploy.ReleaseID, mark string) release.Operation {
	if !slices.Contains([]string{"verified", "bad", "failed", "waiting"}, mark) || !id.Valid() {
		return release.Invalid("mark", fmt.Errorf("no mark %q for release %q", mark, id))
	}
	return release.Operation{Name: "mark", Script: markScript, Args: []string{site.Root, string(id), mark}}
}

// Store keeps a release's block, over an earlier one.
func Store(site release.Site, id deploy.ReleaseID, block Block) release.Operation {
	text, err := json.Marshal(block)
	if err != nil {
		return release.Invalid("store activate block", err)
	}
	args := []string{site.Root, string(id), string(text), release.Unique}
	return release.Operation{Name: "store activate block", Script: storeScript, Args: args}
}

// Load reads a release's block; the error Is ErrNoBlock where there is none.
func Load(site release.Site, id deploy.ReleaseID, block *Block) release.Operation {
	read := func(a release.Answer) error {
		*block = Block{}
		return json.Unmarshal(a.Text, block)
	}
	return release.Operation{
		Name: "load activate block", Script: loadScript, Args: []string{site.Root, string(id)}, Read: read, Reasons: loadReasons,
	}
}
