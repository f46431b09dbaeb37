package step

import (
	_ "embed"
	"fmt"

	"github.com/slipway/slipway/internal/release"
)

//go:embed resolve.sh
var resolveScript string

var resolveReasons = map[int]release.Reason{
	90: {Hint: "only a step whose outcome is unknown can be decided: the re-run says which"},
	91: {Hint: "wait for its end, or end it, and decide then"},
	92: {Hint: reserveHint},
}

// Resolve writes down what a person, or the step's check, found out about an instance whose outcome is unknown: "done"
// makes it a success, "rerun" void. Deciding the same twice succeeds; one that runs still, or whose end is recorded
// otherwise, is not made a success.
func Resolve(site release.Site, inst Instance, decision string) release.Operation {
	if decision != "done" && decision != "rerun" {
		return release.Invalid("resolve", fmt.Errorf("%q is neither done nor rerun", decision))
	}
	return release.Operation{
		Name: "resolve", Script: processFunctions + dropFunction + resolveScript,
		Args: []string{site.Root, inst.Folder(), decision}, Reasons: resolveReasons,
	}
}
