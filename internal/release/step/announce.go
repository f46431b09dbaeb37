package step

import (
	_ "embed"
	"strings"

	"github.com/slipway/slipway/internal/release"
)

//go:embed announce.sh
var announceScript string

var announceReasons = map[int]release.Reason{
	90: {Err: ErrStarted, Hint: "run the job again"},
	92: {Hint: reserveHint},
}

// Announce writes down on a host that a step begins which the runner carries out. Until Conclude follows, its outcome is unknown.
func Announce(site release.Site, inst Instance) release.Operation {
	return announce(site, inst, "begin", nil)
}

// Conclude writes down how a step ended that the runner carried out, and its log.
func Conclude(site release.Site, inst Instance, ok bool, log []string) release.Operation {
	status := "exit 1"
	if ok {
		status = "exit 0"
	}
	return announce(site, inst, status, log)
}

func announce(site release.Site, inst Instance, status string, log []string) release.Operation {
	return release.Operation{
		Name: "record " + inst.Step.Name, Script: processFunctions + announceScript, Reasons: announceReasons,
		Args: []string{site.Root, inst.Folder(), status, meta(inst), strings.Join(log, "\n")},
	}
}
