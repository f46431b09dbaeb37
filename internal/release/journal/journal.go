// Package journal makes a host ready to be deployed to (the layout below the deploy path) and keeps its records of
// deployments: the plan of each, and the history of what current named.
//
// Terms: the layout is the folders of docs/design.md, On the host; an entry of the history is one change of current.
// The package must not know what a plan says.
package journal

import (
	_ "embed"
	"encoding/json"
	"strconv"
	"strings"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/release"
	"github.com/slipway/slipway/internal/release/lock"
)

//go:embed open.sh
var openScript string

//go:embed close.sh
var closeScript string

//go:embed end.sh
var endScript string

//go:embed append.sh
var appendScript string

var openReasons = map[int]release.Reason{
	90: {Hint: "deploy with the Slipway version that made it, or a newer one"},
}

// Open makes the layout where it is not there yet and puts the deployment's plan (JSON) in its journal, over an
// earlier one; a deployment that had ended is going on again. It is the first command of a deployment that changes
// anything on a host but its lock. A host's ID is made here, once, and the deploy path becomes the owner's.
func Open(site release.Site, id deploy.DeploymentID, plan []byte, owner deploy.Owner) release.Operation {
	return release.Operation{Name: "open journal", Script: lock.Reserve() + openScript, Reasons: openReasons, Args: []string{
		site.Root, strconv.Itoa(release.Format), release.Unique, string(id), string(plan), strings.TrimSpace(owner.App + " " + owner.Environment), release.Unique, site.Mask(),
	}}
}

// Close makes .slipway its user's alone again, where the survey found that it is not. It may precede Open in one command.
func Close(site release.Site) release.Operation {
	return release.Operation{Name: "open journal", Script: closeScript, Args: []string{site.Private()}, Falls: true}
}

// End writes down that a deployment is over on a host, and how: in one word, over what an earlier attempt wrote. It sets current to
// what that names then, "" where it is no link; nil where nobody asks.
func End(site release.Site, id deploy.DeploymentID, outcome string, current *string) release.Operation {
	op := release.Operation{Name: "end journal", Script: endScript, Args: []string{site.Root, string(id), outcome, release.Unique, ""}, Falls: true}
	if current != nil {
		op.Args[4] = "yes"
		op.Read = func(a release.Answer) error {
			*current = strings.TrimSuffix(string(a.Text), "\n")
			return nil
		}
	}
	return op
}

// Append adds a line to the host's history. Whatever happens to the host meanwhile, the history has the whole line or
// what it had before.
func Append(site release.Site, entry deploy.HistoryEntry) release.Operation {
	line, err := json.Marshal(entry)
	if err != nil {
		return release.Invalid("record", err)
	}
	return release.Operation{Name: "record", Script: appendScript, Args: []string{site.Root, string(line), release.Unique}, Falls: true}
}
