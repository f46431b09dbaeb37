package deploy

import (
	"slices"
	"time"
)

// Outcome is how a whole deployment ended.
type Outcome string

// The outcomes of a deployment.
const (
	OutcomeActivated  Outcome = "activated" // exit 0, or 7 with a failed finish step
	OutcomeUnchanged  Outcome = "unchanged"
	OutcomeFailed     Outcome = "failed"  // exit 1 or 8: the live code was not touched
	OutcomeUnwound    Outcome = "unwound" // exit 3
	OutcomePerson     Outcome = "person"  // exit 4
	OutcomeCancelled  Outcome = "cancelled"
	OutcomeSuperseded Outcome = "superseded" // exit 6: a newer run's release is live
	OutcomePrepared   Outcome = "prepared"   // of a shard: its hosts have the release, and nothing is switched
	OutcomeDone       Outcome = "done"       // of a command that activates nothing
	OutcomeReconciled Outcome = "reconciled" // of the post step: nothing is half done any more
)

// StatusCancelled is the status of a span that ended because the deployment was cancelled, and for no fault of its own.
const StatusCancelled = "cancelled"

// Result is everything there is to say of a deployment that is over. Report makes summary and outputs from it alone.
type Result struct {
	Header
	Outcome  Outcome
	ExitCode int
	Start    time.Time
	Duration time.Duration
	Phases   []PhaseResult // those that started, in order
	Hosts    []HostResult  // in the plan's order
	Steps    []StepDone    // in the order in which they ended
	Parts    []HostDone    // activations and unwindings in order
	Warnings []string      // what is true now and a person must know: "shop.0042 stays applied"
	Errors   []*Error      // in the plan's order: what failed, on which host
	Failed   Phase         // the phase that failed, "" when none did
	Step     string        // the step or part that failed first, "" when none did
	Back     Back          // of a rollback
	Shipped  Shipped       // of one after which the release is live
	Next     Next          // what to do now; zero when nothing is to be done
}

// PhaseResult is when a phase ran.
type PhaseResult struct {
	Phase    Phase
	Start    time.Time
	Duration time.Duration
	OK       bool
}

// HostResult is what became of one host.
type HostResult struct {
	Host        string
	Outcome     HostOutcome
	Before      ReleaseID // what it ran before; "" when nothing, or nothing of Slipway's
	Now         ReleaseID // what it runs now
	Foreign     string    // what another tool's current named before; "" when it was none
	Unreachable bool      // it did not answer: Before and Now are not known
	Roles       []string
	Traffic     Traffic // of the release's members
}

// Traffic is what it took to bring a release to a host, in bytes.
type Traffic struct {
	Sent   int64 // over the connection, compressed
	Reused int64 // copied on the host, from another release

	Patched int   // files of which only what differs was sent
	Pulled  int64 // fetched by the host itself, compressed
}

// Traffic is that of all hosts together.
func (r Result) Traffic() (all Traffic) {
	for _, h := range r.Hosts {
		all.Sent += h.Traffic.Sent
		all.Reused += h.Traffic.Reused
		all.Patched += h.Traffic.Patched
		all.Pulled += h.Traffic.Pulled
	}
	return all
}

// HostsWith are the names of hosts with an outcome, in order.
func (r Result) HostsWith(outcome HostOutcome) []string {
	names := []string{}
	for _, h := range r.Hosts {
		if h.Outcome == outcome {
			names = append(names, h.Host)
		}
	}
	return names
}

// Spans are all spans of steps and parts.
func (r Result) Spans() []Span {
	var spans []Span
	for _, s := range r.Steps {
		spans = append(spans, s.Spans...)
	}
	for _, p := range r.Parts {
		spans = append(spans, p.Spans...)
	}
	return spans
}

// Failures are the errors; where there are none, those of the spans that failed. What was only cancelled failed at nothing.
func (r Result) Failures() []*Error {
	if len(r.Errors) > 0 || r.Outcome == OutcomeCancelled {
		return r.Errors
	}
	var list []*Error
	for _, span := range FailedSpans(r.Spans()) {
		if span.Err == nil {
			span.Err = &Error{Host: span.Host, Phase: span.Phase, Step: span.Step}
		}
		list = append(list, span.Err)
	}
	return list
}

// FailedHosts are the hosts on which something failed, in the plan's order.
func (r Result) FailedHosts() []string {
	failed := map[string]bool{}
	for _, e := range r.Failures() {
		failed[e.Host] = true
	}
	hosts := []string{}
	for _, h := range r.Hosts {
		if failed[h.Host] || h.Outcome == HostFailed {
			hosts = append(hosts, h.Host)
		}
	}
	return hosts
}

// LeftBehind are the hosts that a deployment went on without, and that do not run its release.
func (r Result) LeftBehind() []string {
	if r.Outcome != OutcomeActivated || r.Failed == "" || r.Failed == Finish {
		return nil
	}
	var behind []string
	for _, h := range r.Hosts {
		if h.Outcome != HostActivated {
			behind = append(behind, h.Host)
		}
	}
	return behind
}

// Previous is what the fleet ran before: the first host's that ran a release.
func (r Result) Previous() ReleaseID {
	for _, h := range r.Hosts {
		if h.Before != "" {
			return h.Before
		}
	}
	return ""
}

// AnotherTools is what the fleet ran before of another tool's: the first host's that did; "" where none did.
func (r Result) AnotherTools() string {
	for _, h := range r.Hosts {
		if h.Foreign != "" {
			return h.Foreign
		}
	}
	return ""
}

// Unasked reports whether it is not known of some host what it ran, or of all, because it was over before they were asked.
func (r Result) Unasked() bool {
	return len(r.Hosts) == 0 || slices.ContainsFunc(r.Hosts, func(h HostResult) bool { return h.Unreachable })
}

// Changed reports whether a host runs another release than before.
func (r Result) Changed() bool {
	return slices.ContainsFunc(r.Hosts, func(h HostResult) bool { return h.Now != h.Before })
}

// Migrated are the steps of migrate with what became of them on their hosts, in order, without what was taken back since.
func (r Result) Migrated() (list []StepDone) {
	for _, step := range r.Steps {
		switch {
		case step.Phase == Migrate:
			list = append(list, step)
		case step.Phase == Undo:
			for i := range list {
				if list[i].Step == step.Step {
					list[i].Spans = slices.DeleteFunc(slices.Clone(list[i].Spans), func(span Span) bool { return step.succeeded(span.Host) })
				}
			}
			list = slices.DeleteFunc(list, func(d StepDone) bool { return len(d.Spans) == 0 })
		}
	}
	return list
}

// Undone are the names of the steps of migrate that were taken back, in that order. One that ran after its undo, which was an earlier
// attempt's or another deployment's, is not among them.
func (r Result) Undone() (names []string) {
	for _, step := range r.Steps {
		switch {
		case step.Phase == Migrate:
			names = slices.DeleteFunc(names, func(name string) bool { return name == step.Step })
		case step.Phase == Undo && len(FailedSpans(step.Spans)) == 0 && !slices.Contains(names, step.Step):
			names = append(names, step.Step)
		}
	}
	return names
}

// succeeded reports whether the step went well on a host.
func (e StepDone) succeeded(host string) bool {
	return slices.ContainsFunc(e.Spans, func(span Span) bool { return span.Host == host && span.Outcome == Succeeded })
}

// Kept is how many steps on hosts were found done.
func (r Result) Kept() int {
	n := 0
	for _, step := range r.Steps {
		for _, span := range step.Spans {
			if span.Kept > 0 {
				n++
			}
		}
	}
	for _, part := range r.Parts {
		if part.Kept {
			n++
		}
	}
	return n
}
