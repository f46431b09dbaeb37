// Package stage makes a release on a host: it unpacks and verifies the artifact, and links what is shared into it.
//
// Terms: a release is staged once every member was verified against the artifact's manifest; the payload is the
// compressed tar of docs/packages.md; links are the shared directories and files and the secret files of a release.
// The package must not know where the payload comes from, or whether the release is ever activated.
package stage

import (
	_ "embed"
	"fmt"
	"io"
	"sync"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/release"
	"github.com/slipway/slipway/internal/transport"
)

// Payload is a release's tar in one encoding, to be sent to many hosts at once.
type Payload interface {
	Open() (io.ReadCloser, error) // an independent reader each time
	Size() int64                  // bytes that the reader gives; about how many, while it is made
	Encoding() string             // "zstd" or "gzip"
}

//go:embed unpack.sh
var unpackFunctions string

//go:embed modes.sh
var modeFunctions string

// Unpacking are the functions of shell that take a payload in, and verify it.
func Unpacking() string { return unpackFunctions + modeFunctions }

//go:embed upload.sh
var uploadScript string

var uploadReasons = map[int]release.Reason{
	90: {Hint: "install it on the host"},
	91: {Hint: "run the job again; if it stays, look at the network and at the host's memory"},
	92: {Hint: "run the job again; if it stays, look at the host's disk and memory"},
	93: {Hint: "look at the owner and the free space of the deploy path"},
}

// Upload brings a release to the host and verifies it, in one command. It needs an opened journal. A release that is
// staged already stays as it is and nothing is read. After an error there is nothing that could be taken for a release.
//
// progress is called with the bytes that a try has handed to the connection so far, by one goroutine at a time, and not any more once the
// try is over; nil is allowed.
func Upload(site release.Site, id deploy.ReleaseID, p Payload, progress func(done, total int64)) release.Operation {
	if !id.Valid() {
		return release.Invalid("upload", fmt.Errorf("%q is no release ID", id))
	}
	if progress == nil {
		progress = func(int64, int64) {}
	}
	return release.Operation{
		Name:    "upload",
		Script:  Unpacking() + uploadScript,
		Args:    []string{site.Root, string(id), p.Encoding(), site.Mask(), "", release.Unique},
		Reasons: uploadReasons,
		Silence: transport.LongSilence,
		Stdin: func() (io.ReadCloser, error) {
			payload, err := p.Open()
			return &counter{ReadCloser: payload, total: p.Size, progress: progress}, err
		},
	}
}

// markArg is the place among the arguments of an upload at which the release's mark stands.
const markArg = 4

// Unproven makes a release count as failed until it was live and verified: on other hosts it was so long ago.
func Unproven(upload release.Operation) release.Operation {
	if upload.Invalid == nil {
		upload.Args[markArg] = "failed"
	}
	return upload
}

// counter reports how much was read until it is closed: a read may be under way when its command is over, and outlast it.
type counter struct {
	io.ReadCloser
	total    func() int64
	progress func(done, total int64)

	mu     sync.Mutex
	done   int64
	closed bool
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.ReadCloser.Read(p)
	c.mu.Lock()
	defer c.mu.Unlock()
	if n > 0 && !c.closed {
		c.done += int64(n)
		c.progress(c.done, max(c.done, c.total()))
	}
	return n, err
}

func (c *counter) Close() error {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	return c.ReadCloser.Close()
}
