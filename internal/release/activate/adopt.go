package activate

import (
	_ "embed"
	"encoding/json"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/release"
)

//go:embed adopt.sh
var adoptScript string

// Adopt makes another tool's release, which current leads to, one that can be gone back to under an ID: restarted and verified as the
// block says. Nothing of it is changed, and where current leads to no folder nothing is done.
func Adopt(site release.Site, id deploy.ReleaseID, block Block) release.Operation {
	text, err := json.Marshal(block)
	if err != nil {
		return release.Invalid("adopt", err)
	}
	return release.Operation{Name: "adopt", Script: adoptScript, Args: []string{site.Root, string(id), string(text)}}
}
