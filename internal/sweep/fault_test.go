//go:build linux

package sweep

import (
	"os"
)

// fault is something that breaks at an operation.
type fault struct {
	name string
	// at reports whether it is put at operations of a place and kind. What is left out is told apart from its neighbours by
	// nothing: between a log-in and the first command nothing runs on a host that a full disk could harm.
	at func(op operation) bool
	// strike breaks it. It is called from within the operation, which goes on when it returns: with an error, without the
	// connection.
	strike func(t *trial, op operation) error
	// repair is what somebody has done about it before the re-run.
	repair func(t *trial) error
}

func onHost(op operation) bool { return !isRunner(op) }

func isRunner(op operation) bool { return op.kind == "line" || op.kind == "file" }

// isCommand reports whether a command has just got something to do. Behind a relay that does not show apart from before it.
func isCommand(op operation) bool { return op.kind == "taken" || op.kind == "input" && op.kill == nil }

func nothing(*trial) error { return nil }

// full is the fault that needs small disks.
const full = "full"

// faults are those of the sweep.
var faults = []fault{
	{name: "cut", at: onHost, repair: nothing, strike: func(t *trial, op operation) error {
		if op.kind == "step" { // it is not the connection's goroutine that tells of it
			t.at(op).cut()
		}
		return errCut
	}},
	{name: "kill", at: func(operation) bool { return true }, repair: nothing, strike: func(t *trial, _ operation) error {
		t.runner().kill()
		return errCut
	}},
	{name: "stop", at: onHost, repair: nothing, strike: func(t *trial, op operation) error {
		h := t.at(op)
		h.powerOff()
		t.background(h.restart)
		return errCut
	}},
	{
		name: full, at: func(op operation) bool { return op.kind == "input" || op.kind == "step" },
		strike: func(t *trial, op operation) error { t.broken(t.at(op).fill()); return nil },
		repair: func(t *trial) error { return t.everyHost((*host).empty) },
	},
	{name: "signal", at: func(op operation) bool { return isCommand(op) || op.kind == "step" }, repair: nothing, strike: func(t *trial, op operation) error {
		switch {
		case op.kind == "step":
			t.at(op).killSteps()
		case op.kill != nil:
			op.kill()
		default:
			t.broken(t.at(op).kill())
		}
		return nil
	}},
	{
		name: "unwritable", at: func(op operation) bool { return op.kind == "file" },
		strike: func(t *trial, _ operation) error { t.broken(os.Rename(t.ciFiles(), t.ciFiles()+".away")); return nil },
		repair: func(t *trial) error {
			if _, err := os.Stat(t.ciFiles()); err == nil {
				return nil
			}
			return os.Rename(t.ciFiles()+".away", t.ciFiles())
		},
	},
}

// cancelled is no fault: a person ends the job. The random sweep puts it among the faults.
var cancelled = fault{name: "cancel", at: func(operation) bool { return true }, repair: nothing, strike: func(t *trial, _ operation) error {
	t.runner().cancel()
	return nil
}}
