package deploy

import "time"

// LockState is what a host knows of its lock. The zero value is a host that was never locked.
type LockState struct {
	Generation int    // the highest that was taken; it owns
	Released   bool   // its owner gave it back
	Beat       string // changes with each sign of life of the owner; compared, never read
	Owner      LockOwner
}

// Free reports whether nobody owns the lock.
func (s LockState) Free() bool { return s.Generation == 0 || s.Released }

// LockOwner is who took a generation of the lock.
type LockOwner struct {
	Deployment DeploymentID `json:"deployment"`
	Attempt    int          `json:"attempt"`
	Command    string       `json:"command"`
	Shard      string       `json:"shard,omitempty"` // "2/5": of several jobs that make the deployment, which one
	Actor      string       `json:"actor,omitempty"`
	RunURL     string       `json:"run_url,omitempty"`
	Since      time.Time    `json:"since"` // by the owner's own clock, for people
	Token      string       `json:"token"` // tells two owners apart that are alike in all else
}

// Hold says that a person wants no deployments for now.
type Hold struct {
	Reason string    `json:"reason"`
	Actor  string    `json:"actor,omitempty"`
	At     time.Time `json:"at"`
}
