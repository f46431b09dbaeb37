// Package produce takes what a step has made on one host to a host that does not make it again.
//
// Terms: what a step produces are paths in its release, files, folders and links, with all that lies below; the payload
// is a compressed tar of them with a manifest, much like an artifact's (docs/packages.md). Check and Send are for the host
// that made them, Receive for one that gets them. The package must not know how a payload travels from one to the other.
package produce

import (
	_ "embed"
	"fmt"
	"io"
	"path"
	"strconv"
	"strings"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/release"
	"github.com/slipway/slipway/internal/release/stage"
	"github.com/slipway/slipway/internal/release/step"
	"github.com/slipway/slipway/internal/transport"
)

//go:embed made.sh
var madeFunctions string

//go:embed check.sh
var checkScript string

//go:embed send.sh
var sendScript string

//go:embed receive.sh
var receiveScript string

// Encodings are how a payload may be compressed, the best first. Any host can do "none".
var Encodings = []string{"zstd", "gzip", "none"}

const hintMade = "name in `produces` what the step makes, as paths in the release, or have it make that; then start a new run"

var madeReasons = map[int]release.Reason{
	91: {Hint: hintMade},
	92: {Hint: "other hosts get files, folders and links that stay in the release, or lead where `allow_links` says: have the step make it differently, or name less in `produces`"},
	93: {Hint: "look at the owners and the free space of the deploy path there, and at whether the step left something running"},
}

var receiveReasons = map[int]release.Reason{
	90: {Hint: "install it on the host"},
	91: {Hint: "run the job again; if it stays, look at the network and at the memory of both hosts"},
	92: {Hint: "run the job again; if it stays, look at the host's disk, and at what the step left running where it ran"},
	93: {Hint: "look at the owner and the free space of the deploy path"},
}

// Check reports whether a step has made what it says that it produces, and nothing that cannot be brought to other hosts:
// only files, folders and symbolic links, names without line breaks, no setuid, no link out of the release but to one of the
// absolute targets in links.
func Check(site release.Site, id deploy.ReleaseID, paths, links []string) release.Operation {
	args, err := arguments(paths, site.Root, string(id), strings.Join(links, "\n"))
	return release.Operation{Name: "produces", Script: madeFunctions + checkScript, Args: args, Invalid: err, Reasons: madeReasons, Silence: transport.LongSilence}
}

// Send writes the payload of what a step has made, each try to an output of its own. It checks as Check does before; after
// an error, what was written is of no use.
func Send(
	site release.Site, id deploy.ReleaseID, paths, links []string, encoding string, to func() (release.Output, error),
) release.Operation {
	args, err := arguments(paths, site.Root, string(id), encoding, release.Unique, strings.Join(links, "\n"))
	return release.Operation{
		Name: "send", Script: madeFunctions + sendScript, Args: args, Invalid: err, Output: to, Reasons: madeReasons,
		Limit: transport.Unlimited, Silence: transport.LongSilence,
	}
}

// Receive takes in what an instance's step has made on the host `from`, and records the instance as one that succeeded. An
// instance that is recorded already stays as it is and nothing is read. It needs a staged release and an opened journal.
// After an error the instance is not recorded, and what the step produces is to be received again.
func Receive(site release.Site, inst step.Instance, from, encoding string, payload func() (io.ReadCloser, error)) release.Operation {
	args, err := arguments(inst.Step.Produces, site.Root, string(inst.Release), encoding, release.Unique, inst.Folder(),
		inst.Step.Fingerprint+" "+strconv.Itoa(inst.Attempt), site.Mask(),
		fmt.Sprintf("not made here: brought from %s: %s", from, strings.Join(inst.Step.Produces, " ")))
	return release.Operation{
		Name: "receive", Script: step.Processes() + stage.Unpacking() + receiveScript, Args: args, Invalid: err, Stdin: payload, Reasons: receiveReasons,
		Silence: transport.LongSilence,
	}
}

// arguments are a script's own, and then the paths, each of which must lie in the release.
func arguments(paths []string, own ...string) ([]string, error) {
	for _, p := range paths {
		if p == "" || p == "." || p == ".." || path.Clean(p) != p || path.IsAbs(p) || strings.HasPrefix(p, "../") {
			return nil, fmt.Errorf("%q is no path inside a release", p)
		}
	}
	return append(own, paths...), nil
}
