package step

import (
	"context"
	"crypto/rand"
	_ "embed"
	"fmt"
	"path"
	"strconv"
	"time"

	"slipway/internal/release"
	"slipway/internal/transport"
)

//go:embed run.sh
var runScript string

//go:embed wrapper.sh
var wrapperScript string

//go:embed stop.sh
var stopScript string

var runReasons = map[int]release.Reason{
	90: {Err: ErrStarted, Hint: "look at its log there: what it did is not known to this run"},
	92: {Hint: "look at the owner and the free space of the deploy path"},
}

var stopReasons = map[int]release.Reason{
	91: {Hint: "look at that process on the host"},
}

// Run starts a step and follows it to its end, in one command. A step that fails is no error: its Status says so. An
// error means that the step was not started, or that nobody saw it end: it may be running still. It Is ErrStarted when
// this instance was started before, ErrUnknown when the step's wrapper died, transport.ErrLost when the connection did.
//
// When ctx ends, Run returns soon and the step goes on: see Stop.
//
// out gets every line that the step prints, without its LF and otherwise as it came, while the step runs, from one
// goroutine; a line of more than 64 KiB in pieces of at most 64 KiB. nil discards.
//
// next is the byte of the log after the last one that out got, also with an error: Follow goes on from there, and no line
// is lost or doubled. A line whose end had not come when the connection was lost comes from Follow, whole.
func Run(ctx context.Context, conn transport.Conn, site release.Site, inst Instance, out func(line string)) (status Status, next int64, err error) {
	status, err = run(ctx, conn, site, inst, out)
	if err != nil {
		return Status{}, 0, release.Failure(conn, "step "+inst.Step.Name, err, runReasons)
	}
	return status, 0, nil
}

func run(ctx context.Context, conn transport.Conn, site release.Site, inst Instance, out func(line string)) (Status, error) {
	environment, err := environment(inst)
	if err != nil {
		return Status{}, err
	}
	if out == nil {
		out = func(string) {}
	}
	lines := &follower{token: rand.Text(), out: out}
	err = conn.Run(ctx, transport.Command{
		Name:   inst.Step.Name,
		Script: runScript,
		Args: []string{
			site.Root, inst.Folder(), lines.token,
			wrapperScript + environment + "{ main \"$@\"; exit; }", inst.Step.Run,
			directory(site, inst), seconds(inst.Step.Timeout), shell(inst),
		},
		Stdout: lines,
	})
	lines.flush()
	if err != nil {
		return Status{}, err
	}
	if lines.status == "" {
		return Status{}, fmt.Errorf("%w: its output ended without one", ErrUnknown)
	}
	return parseStatus(lines.status, inst.Step.Timeout)
}

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
// the step has ended. An instance that never started, or has ended, is no error.
func Stop(ctx context.Context, conn transport.Conn, site release.Site, inst Instance) error {
	err := conn.Run(ctx, transport.Command{Name: "stop", Script: stopScript, Args: []string{site.Root, inst.Folder()}})
	return release.Failure(conn, "stop "+inst.Step.Name, err, stopReasons)
}
