package step

import (
	"crypto/rand"
	_ "embed"
	"strconv"

	"github.com/slipway/slipway/internal/release"
	"github.com/slipway/slipway/internal/transport"
)

//go:embed follow.sh
var followScript string

var followReasons = map[int]release.Reason{
	91: {Err: ErrNeverStarted, Hint: "run the job again: it starts a new try"},
	92: {Err: ErrUnknown, Hint: reserveHint},
}

// Join follows an instance that was started before, running or ended, to its end like Start, from the byte of its log that
// is next.
//
// The error Is ErrUnknown when the step's wrapper is gone and left no status, ErrNeverStarted when the step did not
// begin: then it is made sure that it never will. One instance has one follower at a time who may find that out.
func (w *Watch) Join() release.Operation {
	token := rand.Text()
	return release.Operation{
		Name: "step " + w.instance.Step.Name, Script: processFunctions + dropFunction + logFunctions + followScript,
		Args:    []string{w.site.Root, w.instance.Folder(), token, strconv.FormatInt(w.Next, 10)},
		Reasons: followReasons, Output: w.output(token), Next: w.afterJoin,
		Limit: transport.Unlimited, Silence: silence(w.instance),
	}
}
