// Package step runs one step on one host, detached from the connection, into the host's journal.
//
// Terms: an instance is one try of a step in one deployment, with a folder of its own; the launcher is the script that
// starts it and follows its log; the wrapper is the script that lives as long as the step, enforces its time-out and
// writes down how it ended. The package must not know why a step runs, or what its failure means.
package step

import (
	"context"
	"errors"
	"fmt"
	"time"

	"slipway/internal/deploy"
	"slipway/internal/release"
	"slipway/internal/secret"
	"slipway/internal/transport"
)

// Instance is one try of a step.
type Instance struct {
	Deployment deploy.DeploymentID
	Release    deploy.ReleaseID // the step's directory is in it; "" is what current names
	Step       deploy.Step
	Undo       bool              // an undo of the step, with a folder of its own
	Try        int               // from 1
	Vars       map[string]string // the host's, and SLIPWAY_*; the step's own go over them
	Secrets    map[string]secret.Secret
}

// Status is how a step ended.
type Status struct {
	Exit     int           // of the step's own process; 0 when a signal or the time-out ended it
	Signal   string        // "TERM"; "" when it exited
	TimedOut bool          // the wrapper ended it
	Limit    time.Duration // the time-out, when TimedOut
}

// OK tells whether the step succeeded.
func (s Status) OK() bool { return s.Exit == 0 && s.Signal == "" && !s.TimedOut }

// String is the status for people: "exit 1", "killed by TERM", "timed out after 5m0s".
func (s Status) String() string {
	switch {
	case s.TimedOut:
		return fmt.Sprintf("timed out after %s", s.Limit)
	case s.Signal != "":
		return "killed by " + s.Signal
	}
	return fmt.Sprintf("exit %d", s.Exit)
}

// ErrStarted says that this very instance was started before: it is not started again.
var ErrStarted = errors.New("this step was started before in this deployment")

// ErrUnknown says that the step was started and that nobody saw how it ended.
var ErrUnknown = errors.New("the step's outcome is unknown")

// Run starts a step and follows it to its end. A step that fails is no error: its Status says so.
func Run(ctx context.Context, conn transport.Conn, site release.Site, inst Instance, out func(line string)) (Status, error) {
	return Status{}, nil
}

// Stop ends a running step: TERM to its process group, KILL 5 s later. A step that does not run is no error.
func Stop(ctx context.Context, conn transport.Conn, site release.Site, inst Instance) error {
	return nil
}
