package plan

import (
	"strings"

	"github.com/slipway/slipway/internal/deploy"
)

// Nearby is a release of the plan's content that another environment has on a machine.
type Nearby struct {
	Environment string
	Machine     string // deploy.Facts.Machine
	Folder      string // absolute, as Records
	Records     string // of what is known of it
}

// near is where the members lie on a host's own machine; nil where they have to be sent. Whether it is the same machine the copy itself
// proves: every member is held against the manifest.
func (a Artifact) near(f deploy.Facts) *Nearby {
	words := strings.Fields(f.Machine)
	if len(words) < 2 || words[1] == "-" { // it does not say by its boot which machine it is
		return nil
	}
	for _, n := range a.Nearby {
		if n.Machine == f.Machine {
			return &n
		}
	}
	return nil
}
