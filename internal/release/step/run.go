package step

import (
	"cmp"
	"context"
	"crypto/rand"
	_ "embed"
	"errors"
	"fmt"
	"path"
	"strconv"
	"time"

	"slipway/internal/release"
	"slipway/internal/transport"
)

//go:embed process.sh
var processFunctions string

// Processes are the functions of shell that find processes again: boot, started, alive.
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

// Run starts a step and follows it to its end, in one command. A step that fails is no error: its Status says so. An
// error means that the step was not started, or that nobody saw it end: it may be running still. It Is ErrStarted when
// this instance was started before, ErrUnknown when the step's wrapper died, transport.ErrLost when the connection did or the
// command was killed that followed the step.
//
// When ctx ends, Run returns soon and the step goes on: see Stop.
//
// out gets every line that the step prints, without its LF and otherwise as it came, while the step runs, from one
// goroutine; a line of more than 64 KiB in pieces of at most 64 KiB. nil discards.
//
// next is the byte of the log after the last one that out got, also with an error: Follow goes on from there, and no line
// is lost or doubled. A line whose end had not come when the connection was lost comes from Follow, whole.
func Run(ctx context.Context, conn transport.Conn, site release.Site, inst Instance, out func(line string)) (status Status, next int64, err error) {
	environment, err := environment(inst)
	if err != nil {
		return Status{}, 0, release.Failure(conn, "step "+inst.Step.Name, err, nil)
	}
	lines := newFollower(0, out)
	status, err = lines.run(ctx, conn, inst, transport.Command{
		Script: launcher,
		Args: []string{
			site.Root, inst.Folder(), lines.token,
			environment, inst.Step.Run,
			cmp.Or(inst.Step.Fingerprint, "-") + " " + strconv.Itoa(inst.Attempt), lock(inst),
			directory(site, inst), seconds(inst.Step.Timeout), shell(inst),
			seconds(cmp.Or(inst.Pace, defaultPace)), size(inst.Head, defaultHead), size(inst.Tail, defaultTail),
		},
	})
	return status, lines.next, release.Failure(conn, "step "+inst.Step.Name, err, runReasons)
}

// launcher is the same for every step, so that a session has it but once. It holds the wrapper as a word.
var launcher = logFunctions + processFunctions +
	"program=" + quote(processFunctions+keepFunction+wrapperScript) + "\n" + runScript

func newFollower(from int64, out func(line string)) *follower {
	if out == nil {
		out = func(string) {}
	}
	return &follower{token: rand.Text(), out: out, next: from}
}

// run runs a command that prints a log and a status behind it.
func (f *follower) run(ctx context.Context, conn transport.Conn, inst Instance, command transport.Command) (Status, error) {
	command.Name, command.Stdout = inst.Step.Name, f
	err := conn.Run(ctx, command)
	var exit *transport.ExitError
	if errors.As(err, &exit) && (exit.Signal != "" || exit.Status > 128) {
		// Not the step was killed but who followed it, by the kernel when memory runs out, say. No script ends like that.
		err = fmt.Errorf("%w: %s", transport.ErrLost, exit.Error())
	}
	if errors.Is(err, transport.ErrLost) {
		return Status{}, err // the line that has no end yet is begun again by Follow
	}
	f.flush()
	switch {
	case err != nil:
		return Status{}, err
	case f.status == "":
		return Status{}, fmt.Errorf("%w: its output ended without one", ErrUnknown)
	}
	return parseStatus(f.status, inst.Step.Timeout)
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

// seconds is a duration as sleep takes it.
func seconds(d time.Duration) string { return strconv.FormatFloat(max(0, d.Seconds()), 'f', -1, 64) }

// Stop ends a running instance: TERM to its process group, and KILL to what is still there 5 s later. It returns when
// the step has ended. An instance that has not begun never will: Run gives ErrNeverStarted then. One that has ended is no
// error.
func Stop(ctx context.Context, conn transport.Conn, site release.Site, inst Instance) error {
	script := processFunctions + dropFunction + stopScript
	err := conn.Run(ctx, transport.Command{Name: "stop", Script: script, Args: []string{site.Root, inst.Folder()}})
	return release.Failure(conn, "stop "+inst.Step.Name, err, stopReasons)
}
