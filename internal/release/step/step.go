// Package step runs one step on one host, detached from the connection, into the host's journal.
//
// Terms: an instance is one try of a step in one deployment, with a folder of its own; the launcher is the script that
// starts it and follows its log; the wrapper is the script that lives as long as the step, enforces its time-out and
// writes down how it ended. The package must not know why a step runs, or what its failure means.
package step

import (
	"errors"
	"fmt"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/secret"
)

// Instance is one try of a step.
type Instance struct {
	Deployment deploy.DeploymentID
	Release    deploy.ReleaseID // the step's directory is in it; "" is what current names
	Step       deploy.Step
	Undo       bool                     // an undo of the step, with a folder of its own
	Try        int                      // from 1
	Attempt    int                      // of the CI run that starts it, for the record; from 1
	Lock       int                      // the generation of the host's lock under which it runs, which its wrapper keeps alive; 0 for none
	Vars       map[string]string        // the host's, and SLIPWAY_*; the step's own go over the host's
	Secrets    map[string]secret.Secret // those that the step declares, by name

	// What the host keeps of its log, and the time between two of the wrapper's heartbeats; 0 is the usual.
	Head, Tail int64 // bytes of the beginning and of the end of a longer log: 8 MiB each
	Pace       time.Duration
}

// Recorded is the instance of a try that a journal has: enough to Follow, Stop and Resolve it.
func Recorded(id deploy.DeploymentID, facts deploy.StepFacts) Instance {
	recorded := deploy.Step{Phase: facts.Phase(), Number: facts.Number(), Name: facts.Slug()}
	return Instance{Deployment: id, Undo: facts.Undo, Try: facts.Try, Step: recorded}
}

// Folder is where an instance's script, log, pid and status are, relative to the deploy path.
func (i Instance) Folder() string {
	what := "do"
	if i.Undo {
		what = "undo"
	}
	name := fmt.Sprintf("%s-%d-%s", i.Step.Phase, i.Step.Number, i.Step.Slug())
	return path.Join(".slipway/deployments", string(i.Deployment), "steps", name, what+"-"+strconv.Itoa(max(1, i.Try)))
}

// Status is how a step ended.
type Status struct {
	Exit     int           // of the step's own process; 0 when a signal or the time-out ended it
	Signal   string        // "TERM"; "" when it exited
	TimedOut bool          // the wrapper ended it
	Limit    time.Duration // the time-out, when TimedOut
}

// OK reports whether the step succeeded.
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

// parseStatus reads the line of the file status.
func parseStatus(line string, limit time.Duration) (Status, error) {
	kind, value, _ := strings.Cut(strings.TrimSpace(line), " ")
	switch {
	case kind == "timeout":
		return Status{TimedOut: true, Limit: limit}, nil
	case kind == "signal" && value != "":
		return Status{Signal: value}, nil
	case kind == "exit":
		if code, err := strconv.ParseUint(value, 10, 8); err == nil {
			return Status{Exit: int(code)}, nil
		}
	case kind == "unknown":
		return Status{}, ErrUnknown
	case kind == "dropped":
		return Status{}, ErrNeverStarted
	}
	return Status{}, fmt.Errorf("%w: its status reads %.60q", ErrUnknown, line)
}

// ErrStarted says that this very instance was started before: it is not started again.
var ErrStarted = errors.New("this step was started before in this deployment")

// ErrUnknown says that the step was started and that nobody saw how it ended.
var ErrUnknown = errors.New("the step's outcome is unknown")

// ErrNeverStarted says that the try was not started and never will be: another one may be.
var ErrNeverStarted = errors.New("the step was never started")
