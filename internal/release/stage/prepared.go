package stage

import (
	_ "embed"
	"errors"
	"strconv"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/release"
	"github.com/slipway/slipway/internal/transport"
)

//go:embed listing.sh
var listingFunction string

//go:embed prepared.sh
var preparedScript string

// Listing is the function of shell that tells what a release holds.
func Listing() string { return listingFunction }

// maxPrepared is how large the record may be, in bytes: some 600,000 files.
const maxPrepared = 64 << 20

const emptyHint = "a step of `prepare` deleted it, or somebody by hand: steps run in the release, and `$SLIPWAY_RELEASE_PATH` names it"

// ErrEmpty says that the steps of prepare left nothing of a release.
var ErrEmpty = errors.New("nothing is left of the release")

// Prepared writes down what a release holds once its prepare steps are through, over what was written before. It reads no contents:
// kind, rights, size and times tell what is changed later. Its error Is ErrEmpty where the release is gone, or has no file of those that
// it had.
func Prepared(site release.Site, id deploy.ReleaseID) release.Operation {
	return release.Operation{
		Name: "list release", Script: listingFunction + preparedScript,
		Args:    []string{site.Root, string(id), release.Unique, strconv.Itoa(maxPrepared)},
		Reasons: map[int]release.Reason{91: {Err: ErrEmpty, Hint: emptyHint}, 92: {}, 93: {}}, Silence: transport.LongSilence,
	}
}
