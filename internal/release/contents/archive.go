package contents

import (
	_ "embed"
	"io"
	"strings"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/release"
	"github.com/slipway/slipway/internal/transport"
)

//go:embed archive.sh
var archiveScript string

// Archive writes files and links of a release to an output, each try to one of its own: as tars, one behind the other for each 200 of
// them, compressed where the host can. limit is how many bytes they may have. The members are as the host has them now: whether they are those of the manifest, the content digest tells.
func Archive(site release.Site, id deploy.ReleaseID, paths []string, limit int64, to func() (release.Output, error)) release.Operation {
	var list strings.Builder
	for _, path := range paths {
		list.WriteString("./" + path + "\n")
	}
	return release.Operation{
		Name: "read release", Script: archiveScript, Args: []string{site.Release(id)},
		Stdin:  func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(list.String())), nil },
		Output: to, Limit: limit, Silence: transport.LongSilence,
		Reasons: map[int]release.Reason{93: {Hint: "was it changed by hand? Deploy there again, or take the artifact from CI"}},
	}
}
