// Package hold keeps a host's note that a person wants no deployments for now.
//
// The package must not know whom the note stops. It needs no lock: a person may put a site on hold at any time.
package hold

import (
	_ "embed"
	"encoding/json"
	"strings"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/release"
)

//go:embed set.sh
var setScript string

//go:embed clear.sh
var clearScript string

var reasons = map[int]release.Reason{92: {Hint: "look at the owner and the free space of the deploy path"}}

// Set puts deployments on hold, and replaces an earlier hold. It makes the deploy path where there is none.
func Set(site release.Site, hold deploy.Hold) release.Operation {
	text, err := json.Marshal(hold)
	if err != nil {
		return release.Invalid("hold", err)
	}
	return release.Operation{Name: "hold", Script: setScript, Args: []string{site.Root, string(text), release.Unique, site.Mask()}, Reasons: reasons}
}

// Clear lifts a hold. It succeeds when there is none.
func Clear(site release.Site) release.Operation {
	return release.Operation{Name: "unhold", Script: clearScript, Args: []string{site.Root}, Reasons: reasons}
}

// Parse reads the file. What a person wrote there by hand is a hold too, with the text as its reason.
func Parse(text string) *deploy.Hold {
	var hold deploy.Hold
	if json.Unmarshal([]byte(text), &hold) != nil || hold.Reason == "" {
		hold = deploy.Hold{Reason: strings.Join(strings.Fields(text), " ")}
	}
	return &hold
}
