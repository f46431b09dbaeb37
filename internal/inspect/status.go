package inspect

import (
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/release/survey"
)

// Status is what runs where.
type Status struct {
	Head
	State   State            `json:"state"`   // of the fleet: the worst of its hosts'
	Release deploy.ReleaseID `json:"release"` // that the fleet is to run: the one of those live that went live last; "" is none
	Hosts   []HostStatus     `json:"hosts"`   // in the deploy file's order
}

// State is how a host, or the fleet, is.
type State string

// The states, from good to bad. Those from StateDrifted on are no good end of a deployment: exit 10.
const (
	StateOK          State = "ok"
	StateNothing     State = "nothing"     // nothing was deployed yet
	StateForeign     State = "foreign"     // another tool's release is live
	StateBalancer    State = "balancer"    // gets no releases
	StateDeploying   State = "deploying"   // a deployment is under way: what is not alike may be so for its time
	StateUnreachable State = "unreachable" // could not be asked
	StateDrifted     State = "drifted"     // what is live is not what was deployed: files were changed, or current was, by hand
	StateSplit       State = "split"       // runs another release than the fleet, or none
	StateHalfDone    State = "half_done"   // a deployment died there, or its release was never verified
)

// states are all of them, from good to bad.
var states = []State{
	StateOK, StateBalancer, StateNothing, StateForeign, StateDeploying, StateUnreachable, StateDrifted, StateSplit, StateHalfDone,
}

// Bad reports whether the state asks for somebody to act.
func (s State) Bad() bool { return s == StateDrifted || s == StateSplit || s == StateHalfDone }

// HostStatus is what runs on one host.
type HostStatus struct {
	Host    string   `json:"host"`
	Roles   []string `json:"roles"`
	State   State    `json:"state"`
	Why     []string `json:"why,omitempty" words:"foreign"` // what is to say of the state, a line each
	Next    string   `json:"next,omitempty"`                // what to do about it, in one line
	Alike   string   `json:"-" words:"foreign"`             // of one that did not answer: why, less what is its own; the same of hosts that are silent for one reason
	Format  int      `json:"layout"`                        // version of the layout on the host; 0 is a host that Slipway never deployed to
	Current string   `json:"current"`                       // text of the link `current`; "" where there is none

	Release    deploy.ReleaseID    `json:"release"`              // that is live; "" is none of Slipway's
	Revision   string              `json:"revision,omitempty"`   // commit that it was built of, full where it is known
	Since      time.Time           `json:"since,omitzero"`       // when it went live, by the clock of the machine that deployed
	Actor      string              `json:"actor,omitempty"`      // who deployed it
	RunURL     string              `json:"run_url,omitempty"`    // page of the run that did
	Deployment deploy.DeploymentID `json:"deployment,omitempty"` // that did

	Kept  []Kept       `json:"kept"`            // releases that lie complete on the host, oldest first
	Lock  *Lock        `json:"lock,omitempty"`  // who holds the host; none where it is free
	Hold  *deploy.Hold `json:"hold,omitempty"`  // a person's word that nothing is to be deployed
	Left  []Leftover   `json:"left,omitempty"`  // what unfinished deployments left
	Drift *Drift       `json:"drift,omitempty"` // where it was asked for
}

// Kept is a release that lies on a host.
type Kept struct {
	Release   deploy.ReleaseID `json:"release"`
	Condition string           `json:"condition"`        // good, bad or unfinished, on this host
	Folder    string           `json:"folder,omitempty"` // of another tool's release that was adopted
}

// Lock is who holds a host.
type Lock struct {
	Deployment deploy.DeploymentID `json:"deployment"`
	Command    string              `json:"command"`
	Attempt    int                 `json:"attempt"`
	Actor      string              `json:"actor,omitempty"`
	RunURL     string              `json:"run_url,omitempty"`
	Since      time.Time           `json:"since,omitzero"` // by the owner's own clock
	Silent     float64             `json:"silent_seconds"` // since the owner's last sign of life; below zero is not known
	Dead       bool                `json:"dead"`           // for longer than a lease: the next deployment takes the lock
}

// Leftover is what an unfinished deployment left on a host.
type Leftover struct {
	Deployment deploy.DeploymentID `json:"deployment"`
	Release    deploy.ReleaseID    `json:"release"`           // that it was for
	Back       string              `json:"back,omitempty"`    // what the next command brings the host back to; "" where it may stay
	Toggles    []string            `json:"toggles,omitempty"` // what is on, and will be taken back: a drain, a maintenance page
	Undos      []string            `json:"undos,omitempty"`   // steps of migrate that it had begun to undo, in order
	HalfDone   bool                `json:"half_done"`         // there is something to mend
}

// Drift is how the files of a live release differ from those that it had once its prepare steps were through.
type Drift struct {
	Compared     int                 `json:"compared"`                // files and folders that were compared
	Count        int                 `json:"count"`                   // how many differ, less those that drift_ignore names
	Files        []survey.Difference `json:"files"`                   // of them, the first 200 by path
	ArtifactOnly bool                `json:"artifact_only,omitempty"` // nobody wrote down what steps made: only members of the artifact were compared
	Skipped      string              `json:"skipped,omitempty"`       // why nothing was compared
}
