package inspect

import (
	"time"

	"github.com/slipway/slipway/internal/deploy"
)

// History is what the hosts record of past deployments, merged. A host keeps the last MiB of its own record, and the journals of the
// newest 50 deployments or more; what is older than both is gone.
type History struct {
	Head
	Deployments []Deployment `json:"deployments"` // newest first, by when they began
	Rollback    Rollback     `json:"rollback"`
	Unasked     []Unasked    `json:"unasked"`           // hosts whose record is missing here
	Damaged     []Damage     `json:"damaged,omitempty"` // hosts of whose record something could not be read
}

// Deployment is one deployment, with all its attempts, as its hosts record it.
type Deployment struct {
	ID       deploy.DeploymentID `json:"deployment"`
	Command  string              `json:"command"`            // deploy, rollback, promote or join; "" where nobody recorded it
	Release  deploy.ReleaseID    `json:"release"`            // that it was to activate
	Before   deploy.ReleaseID    `json:"before,omitempty"`   // what ran before on the first host that says so
	Revision string              `json:"revision,omitempty"` // commit that the release was built of: full where it is known, else the 7 digits of the release's ID
	Actor    string              `json:"actor,omitempty"`
	RunURL   string              `json:"run_url,omitempty"` // page of the CI's run; "" where a person's machine deployed
	Attempt  int                 `json:"attempt,omitempty"` // the last one of that run, from 1; 0 is not known

	Provenance deploy.Provenance `json:"provenance,omitzero"` // the run that built the release, as CI recorded it; zero where none is known
	Override   deploy.Override   `json:"override,omitzero"`   // by the actor; zero where no rule stood against it

	// Begun is when the last attempt held its hosts and wrote its plan; where no journal is left, the first change of a host. Ended is
	// when that attempt was over; zero where it is not, died, or no journal is left. Both are the hosts' clocks, less what they are off.
	Begun time.Time `json:"begun"`
	Ended time.Time `json:"ended,omitzero"`
	// Seconds is from Begun to Ended: waiting for the hosts and for their lock does not count. 0 is not known.
	Seconds float64 `json:"seconds,omitempty"`
	// LiveAt is when the last of its hosts served the release, verified; zero where none did. By the clock of the machine that deployed.
	LiveAt time.Time `json:"live_at,omitzero"`
	// UnwoundAt is when the last host was brought back from it, by the same clock; zero where none was. A deployment whose first
	// attempt was unwound and whose second went well has both.
	UnwoundAt time.Time `json:"unwound_at,omitzero"`

	// Outcome is how it ended: activated, unchanged, unwound, failed (nothing live changed), cancelled, reconciled or superseded. Of
	// one that has not: running, where it holds the lock, else unfinished: it died or needs a person, and the next command mends what it
	// left. It is the last attempt's.
	Outcome   deploy.Outcome `json:"outcome"`
	Hosts     int            `json:"hosts"`              // how many hosts it was for, less those that get no releases
	LeftOut   []string       `json:"left_out,omitempty"` // hosts that `limit` left out: they kept what they ran
	Activated []string       `json:"activated"`          // hosts that served the release, verified, in the deploy file's order
	Unwound   []string       `json:"unwound"`            // hosts that were brought back from it
	Failures  []Failure      `json:"failures,omitempty"` // steps whose last try went wrong, and parts of an activation

	Live    bool   `json:"live"`     // it is the one by which a host runs what it runs now
	WayBack string `json:"way_back"` // whether a rollback may go to its release: good, brought, bad, unfinished, gone or refused (plan.Way)

	WayBackWhy string `json:"way_back_why,omitempty"` // of brought and gone: which host does not keep it, and where it comes from or why it cannot be brought; of refused: by what of its run
}

// Outcomes of a deployment that has not ended.
const (
	OutcomeRunning    deploy.Outcome = "running"
	OutcomeUnfinished deploy.Outcome = "unfinished"
)

// Failure is one thing that went wrong on one host.
type Failure struct {
	Host   string       `json:"host"`
	Phase  deploy.Phase `json:"phase"`
	Step   string       `json:"step"`   // the step's name, or the part of an activation: switch, restart, verify
	Status string       `json:"status"` // "exit 1", "signal TERM", "timeout", "outcome unknown"; "failed" of a part
}

// Rollback is where a rollback that names no release would go now.
type Rollback struct {
	Release deploy.ReleaseID `json:"release"`           // "" where there is no way back
	Refused string           `json:"refused,omitempty"` // why there is none, in one line
	Brought string           `json:"brought,omitempty"` // which host does not keep it, and where it comes from; "" where every host does
}

// Damage is how much of a host's record could not be read.
type Damage struct {
	Host    string `json:"host"`
	Records int    `json:"records"` // lines of the history, or records of journals
}
