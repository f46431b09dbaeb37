// Package deploy is Slipway's vocabulary: identifiers, hosts, phases, steps, facts, events, results and errors.
//
// It is a leaf: every other package may import it and it imports none of them. It holds values and their
// invariants only. It must not know how anything is read, sent, run or shown.
package deploy

// Phase is a stretch of a deployment with a promise of its own (see docs/design.md, Phases).
type Phase string

// The phases, in the order in which they run. Unwind is the part of activate that brings switched hosts back.
const (
	Preflight Phase = "preflight"
	Prepare   Phase = "prepare"
	Migrate   Phase = "migrate"
	Activate  Phase = "activate"
	Unwind    Phase = "unwind"
	Finish    Phase = "finish"
	Undo      Phase = "undo" // steps of migrate are taken back after a failure
	OnFailure Phase = "on_failure"
	Exec      Phase = "exec"   // the one command of `exec`
	Ensure    Phase = "ensure" // steps around migrate and activate: run before, taken back after
)

// Phases are the phases of a deployment that goes well, in order.
var Phases = []Phase{Preflight, Prepare, Migrate, Activate, Finish}

// PerHost reports whether each host goes through the phase by itself, in parts, and is told for itself.
func (p Phase) PerHost() bool { return p == Activate || p == Unwind }

// HostOutcome is what became of a host by the end of a deployment.
type HostOutcome string

// The outcomes of a host.
const (
	HostActivated HostOutcome = "activated" // runs the release, verified
	HostUnchanged HostOutcome = "unchanged" // runs what it ran before; nothing live was touched
	HostSwitched  HostOutcome = "switched"  // current names the release, or may name it, and nobody verified it there
	HostUnwound   HostOutcome = "unwound"   // was switched, and was brought back
	HostFailed    HostOutcome = "failed"    // needs a person, or is live unverified
	HostSkipped   HostOutcome = "skipped"   // took no part
)

// StepOutcome is what is known of a step on one host.
type StepOutcome string

// The outcomes of a step. Unknown is neither failed nor succeeded: nobody saw it end.
const (
	Succeeded StepOutcome = "succeeded"
	Failed    StepOutcome = "failed"
	Unknown   StepOutcome = "unknown"
	NotRun    StepOutcome = "skipped"
)

// Exit codes of the program (docs/exit-codes.md).
const (
	ExitDone        = 0
	ExitFailed      = 1   // failed before migrate, nothing live changed
	ExitBadInput    = 2   // bad input or deploy file; no host was contacted
	ExitUnwound     = 3   // activate failed, every switched host was brought back
	ExitPerson      = 4   // a person is needed
	ExitLocked      = 5   // locked or on hold
	ExitSuperseded  = 6   // a newer run deployed already
	ExitFinish      = 7   // live, but a finish step failed or a host is missing
	ExitMigrate     = 8   // migrate failed, code not switched
	ExitChanges     = 10  // plan, status: there are changes
	ExitInterrupted = 130 // cancelled, clean
)
