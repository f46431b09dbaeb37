package step

import (
	"cmp"
	"crypto/rand"
	_ "embed"
	"path"
	"strconv"
	"sync"
	"time"

	"github.com/slipway/slipway/internal/release"
	"github.com/slipway/slipway/internal/transport"
)

//go:embed process.sh
var processFunctions string

// Processes are the functions of shell that tell what became of a try, and find processes again: ended, boot, started, alive.
func Processes() string { return processFunctions }

//go:embed drop.sh
var dropFunction string

//go:embed log.sh
var logFunctions string

//go:embed keep.sh
var keepFunction string

//go:embed wrapper.sh
var wrapperScript string

//go:embed run.sh
var runScript string

//go:embed stop.sh
var stopScript string

const reserveHint = "look at the owner and the free space of the deploy path"

var runReasons = map[int]release.Reason{
	90: {Err: ErrStarted, Hint: "look at its log there: what it did is not known to this run"},
	91: {Err: ErrNeverStarted, Hint: "run the job again: it starts a new try"},
	92: {Hint: reserveHint},
}

var stopReasons = map[int]release.Reason{
	91: {Hint: "look at that process on the host"},
}

// What a wrapper keeps of a log, and how often it gives a sign of life, where the instance does not say.
const (
	defaultHead = 8 << 20
	defaultTail = 8 << 20
	defaultPace = 20 * time.Second
)

// Start starts a step and follows it to its end, in one command. The Status says how the step ended, also when it
// failed. An error means that the step was not started, or that nobody saw it end: it may be running still. It Is ErrStarted when
// this instance was started before, ErrUnknown when the step's wrapper died, transport.ErrLost when the connection did or the
// command was killed that followed the step. Once the step may have begun, what follows is Join.
//
// When the context ends, the operation ends soon and the step goes on: see Stop.
func (w *Watch) Start() release.Operation {
	inst, site := w.instance, w.site
	name := "step " + inst.Step.Name
	environment, err := Environment(inst)
	if err != nil {
		return release.Invalid(name, err)
	}
	token := rand.Text()
	op := release.Operation{
		Name: name, Script: launcher(), Reasons: runReasons, Output: w.output(token), Next: w.afterStart,
		Limit: transport.Unlimited, Silence: silence(inst),
		Args: []string{
			site.Root, inst.Folder(), token,
			environment, inst.Step.Run,
			meta(inst), lock(inst),
			directory(site, inst), milliseconds(inst.Step.Timeout), shell(inst),
			milliseconds(cmp.Or(inst.Pace, defaultPace)), size(inst.Head, defaultHead), size(inst.Tail, defaultTail), site.Mask(), again(inst),
		},
	}
	if w.Along != nil {
		op.Args = append(append(op.Args, w.Along.Operation.Script), w.Along.Operation.Args...)
		if op.Silence > 0 {
			op.Silence = max(op.Silence, w.Along.Operation.Silence)
		}
	}
	return op
}

// Along is an operation that the command which starts a step carries out too, once the step has succeeded: that costs no round trip. It
// takes no input, and nobody reads what it prints. Where it is not Done, because it failed or the link was lost, it is still to be done
// by itself.
type Along struct {
	Operation release.Operation
	Done      bool
}

// launcher is the same for every step, so that a session sends it once. It holds the wrapper as a word.
var launcher = sync.OnceValue(func() string {
	return logFunctions + processFunctions + "program=" + quote(processFunctions+keepFunction+wrapperScript) + "\n" + runScript
})

// meta is what the journal keeps of a try beside its script and its log.
func meta(inst Instance) string {
	return cmp.Or(inst.Step.Fingerprint, "-") + " " + strconv.Itoa(inst.Attempt)
}

// again says whether a step may run again when nobody saw its end.
func again(inst Instance) string {
	if inst.Step.Idempotent {
		return "yes"
	}
	return ""
}

// silence is how long a step may print nothing: the host ends it sooner.
func silence(inst Instance) time.Duration {
	if inst.Step.Timeout <= 0 {
		return transport.Unlimited
	}
	return inst.Step.Timeout + transport.DefaultSilence
}

func lock(inst Instance) string {
	if inst.Lock == 0 {
		return ""
	}
	return strconv.Itoa(inst.Lock)
}

func size(bytes, standard int64) string { return strconv.FormatInt(cmp.Or(bytes, standard), 10) }

// directory is where a step runs, absolute.
func directory(site release.Site, inst Instance) string {
	base := site.Current()
	if inst.Release != "" {
		base = site.Release(inst.Release)
	}
	if path.IsAbs(inst.Step.Dir) {
		return inst.Step.Dir
	}
	return path.Join(base, inst.Step.Dir)
}

func shell(inst Instance) string {
	if inst.Step.Shell == "" {
		return "sh -eu"
	}
	return inst.Step.Shell
}

// milliseconds is a duration as the wrapper counts it.
func milliseconds(d time.Duration) string { return strconv.FormatInt(max(0, d.Milliseconds()), 10) }

// seconds is a duration as sleep takes it.
func seconds(d time.Duration) string { return strconv.FormatFloat(max(0, d.Seconds()), 'f', -1, 64) }

// Stop ends a running instance: TERM to its process group, and KILL to what is still there 5 s later. It returns when
// the step has ended. An instance that has not begun never will: Start returns ErrNeverStarted then. Stop
// succeeds for one that has ended.
func Stop(site release.Site, inst Instance) release.Operation {
	return release.Operation{
		Name: "stop " + inst.Step.Name, Script: processFunctions + dropFunction + stopScript,
		Args: []string{site.Root, inst.Folder()}, Reasons: stopReasons,
	}
}
