// Package stage makes a release on a host: it unpacks and verifies the artifact, and links what is shared into it.
//
// Terms: a release is staged once every member was verified against the artifact's manifest; the payload is the
// compressed tar of docs/packages.md; links are the shared directories and files and the secret files of a release.
// The package must not know where the payload comes from, or whether the release is ever activated.
package stage

import (
	"context"
	"io"

	"slipway/internal/deploy"
	"slipway/internal/release"
	"slipway/internal/secret"
	"slipway/internal/transport"
)

// Payload is a release's tar in one encoding, ready to be sent to many hosts at once.
type Payload interface {
	Open() (io.ReadCloser, error) // an independent reader each time
	Size() int64                  // bytes that the reader gives
	Encoding() string             // "zstd" or "gzip"
}

// Links are what a release has from outside of the artifact. Paths are relative to the release, clean.
type Links struct {
	Dirs    []string                 // linked to shared/<path>, made there where missing
	Files   []string                 // linked to shared/<path>, which must be there
	Secrets map[string]secret.Secret // path -> content of a file of mode 0600
}

// Upload brings a release to the host and verifies it, in one command.
func Upload(ctx context.Context, conn transport.Conn, site release.Site, id deploy.ReleaseID, p Payload, progress func(done, total int64)) error {
	return nil
}

// Link links shared directories, shared files and secret files into a staged release.
func Link(ctx context.Context, conn transport.Conn, site release.Site, id deploy.ReleaseID, links Links) error {
	return nil
}
