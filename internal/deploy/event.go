package deploy

import "time"

// LongestLine is how many bytes of a line are told at once; a longer one is cut before the character that does not fit.
const LongestLine = 64 << 10

// Event is one thing that happened, told while it happens. Events go one way, to a function that app supplies; that
// function may be called from many goroutines.
type Event interface{ event() }

// Header is what is known of a deployment before it starts.
type Header struct {
	Version          string // of Slipway
	Command          string // deploy, rollback
	Reconcile        bool   // nothing is deployed: what an attempt of the command left half done is mended
	App              string
	Environment      string    // "" where the deploy file has none
	URL              string    // of the environment, for people
	Release          ReleaseID // "" where a clean-up finds no journal
	Folder           string    // of a rollback to another tool's release: the name of its folder there, by which people know it; "" else
	Deployment       DeploymentID
	ArtifactSize     int64      // bytes of the file; 0 for a rollback
	ArtifactSHA      Digest     // of the file
	ContentSHA       Digest     // of the content
	Revision         string     // full commit that the artifact was built of
	WorkflowRevision string     // of the run, where it is another than Revision; "" else
	Provenance       Provenance // the run that built the artifact; zero where none is known
	Actor            string
	Override         Override // by the actor; zero where no rule stood against the run
	RunURL           string   // page of the CI run
	RunID            string
	Attempt          int
	Earlier          *Attempt // that this one goes on from; nil when it is the first
	Replaced         Replaced // known once the hosts were asked
	Shard            Shard    // of several jobs that make the deployment, which one this is
	Hosts            []string // of a shard its own
	Others           []string // of a shard: hosts that get the release and are in other shards
	LeftOut          []string // hosts of the environment that `limit` leaves out: they keep what they run
}

// Upkeep reports whether the command works on the hosts and activates nothing.
func (h Header) Upkeep() bool { return h.Command == "prune" || h.Command == "exec" }

// Attempt is an earlier attempt of the same deployment.
type Attempt struct {
	Number int
	Actor  string
	Phase  Phase // in which it stopped; "" when it activated the release on every host that knows of it
}

type (
	// Started opens the log.
	Started struct{ Header }

	// PhaseStarted says that every host passed the barrier before the phase.
	PhaseStarted struct{ Phase Phase }

	// StepStarted says that a step begins on its hosts.
	StepStarted struct {
		Phase Phase
		Step  string
		Hosts []string
	}

	// Output is one line that a host printed, without its line ending, exactly as it came: nothing is safe to print in it. One
	// that is nearly LongestLine long goes on in the next Output.
	Output struct {
		Phase Phase
		Step  string
		Host  string
		Line  string
	}

	// Progress says how far a transfer to a host is.
	Progress struct {
		Phase       Phase
		Step        string
		Host        string
		Done, Total int64 // bytes
	}

	// SpanDone says that one host is through with a step, for live views; StepDone follows.
	SpanDone struct{ Span }

	// StepDone says that the step is over on all its hosts.
	StepDone struct {
		Phase   Phase
		Step    string
		Note    string // for the whole step, like "3 hosts, all on 20261119-..."
		At      Position
		Command string // first line of what was run, for people
		Spans   []Span // in the plan's order of hosts
	}

	// HostDone says that one host went through its parts in this order.
	HostDone struct {
		Phase   Phase  // Activate or Unwind
		Host    string // FleetName for the fleet's own verify
		Release ReleaseID
		Foreign string // of an unwinding: what another tool's current names, which the host went back to
		Kept    bool   // an earlier attempt did it: the host was only verified
		Batch   int    // in which it was activated, from 1; 0 is none
		Spans   []Span
	}

	// Noted is something a person should know, that is no failure.
	Noted struct {
		Level Level
		Text  string
		At    Position
	}

	// HostAway says that a host that answered does no longer, and for how long it is waited for. HostBack follows when it
	// answers again.
	HostAway struct {
		Host string
		Wait time.Duration
	}

	// HostBack says that a host answers again that was away.
	HostBack struct{ Host string }

	// Finished closes the log.
	Finished struct{ Result Result }
)

// Level says how loud a note or an annotation is.
type Level string

// The levels. What is an error is told by deploy.Error, never by a note.
const (
	LevelError   Level = "error"
	LevelNotice  Level = "notice"
	LevelWarning Level = "warning"
)

func (Started) event()      {}
func (PhaseStarted) event() {}
func (StepStarted) event()  {}
func (Output) event()       {}
func (Progress) event()     {}
func (SpanDone) event()     {}
func (StepDone) event()     {}
func (HostDone) event()     {}
func (Noted) event()        {}
func (HostAway) event()     {}
func (HostBack) event()     {}
func (Finished) event()     {}

// Emit takes events. It may be called concurrently and returns quickly.
type Emit func(Event)
