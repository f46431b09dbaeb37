package step

import (
	"context"
	_ "embed"
	"fmt"

	"slipway/internal/release"
	"slipway/internal/transport"
)

//go:embed resolve.sh
var resolveScript string

var resolveReasons = map[int]release.Reason{
	90: {Hint: "only a step whose outcome is unknown can be decided: the re-run says which"},
	91: {Hint: "wait for its end, or end it, and decide then"},
	92: {Hint: reserveHint},
}

// Resolve writes down what a person, or the step's check, found out about an instance whose outcome is unknown: "done"
// makes it a success, "rerun" void. To decide the same twice is no error; one that runs still, or whose end is recorded
// otherwise, is not made a success.
func Resolve(ctx context.Context, conn transport.Conn, site release.Site, inst Instance, decision string) error {
	if decision != "done" && decision != "rerun" {
		return release.Failure(conn, "resolve", fmt.Errorf("%q is neither done nor rerun", decision), nil)
	}
	script := processFunctions + dropFunction + resolveScript
	err := conn.Run(ctx, transport.Command{Name: "resolve", Script: script, Args: []string{site.Root, inst.Folder(), decision}})
	return release.Failure(conn, "resolve", err, resolveReasons)
}
