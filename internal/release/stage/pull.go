package stage

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/url"
	"strconv"
	"strings"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/release"
	"github.com/slipway/slipway/internal/secret"
)

//go:embed pull.sh
var pullFunctions string

// ErrNotPulled says that a host could not make a release of an archive that it was to fetch by itself. The release can be sent.
var ErrNotPulled = errors.New("the archive could not be pulled")

const statusNotPulled = 94

// Archive is a tarball that hosts fetch by themselves, and that tar unpacks to the members of a release.
type Archive struct {
	Address  secret.Secret // https
	SHA256   deploy.Digest
	Size     int64  // bytes
	Encoding string // "zstd", "gzip" or "none"
	Strip    int    // leading folders of its names that are dropped
	Unpacked int64  // bytes on a disk
}

// inAddress are the characters that an address may have besides letters and digits: none that means anything in curl's configuration, or
// ends a line.
const inAddress = "-._~:/?#[]@!$&'()*+,;=%"

// Check says why hosts cannot be given the address; nil is that they can.
func (a Archive) Check() error {
	address := a.Address.Reveal()
	odd := func(c rune) bool {
		return (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') && !strings.ContainsRune(inAddress, c)
	}
	if at, err := url.Parse(address); err != nil || at.Scheme != "https" || at.Host == "" {
		return errors.New("the address is none of https")
	}
	if at := strings.IndexFunc(address, odd); at >= 0 {
		return errors.New("the address has a character that must be written as %XX")
	}
	return nil
}

// Pull makes a release like Upload, of the manifest, which is sent, and of an archive that the host fetches. Where that goes wrong the
// error Is ErrNotPulled, and nothing is there that could be taken for a release. What was fetched before a connection was lost, or the
// runner killed, is not fetched again.
//
// progress is called with the bytes of the manifest handed to the connection, received with those of the archive that the host has; each
// from one goroutine, nil is allowed.
func Pull(site release.Site, id deploy.ReleaseID, manifest Payload, archive Archive, progress func(done, total int64), received func(done int64)) release.Operation {
	op := Upload(site, id, manifest, progress)
	if op.Invalid != nil {
		return op
	}
	if err := archive.Check(); err != nil {
		return release.Invalid(op.Name, fmt.Errorf("%w: %w", ErrNotPulled, err))
	}
	op.Script = Unpacking() + pullFunctions + uploadScript
	op.Args = append(op.Args, "", "", "", "", archive.Address.Reveal(), string(archive.SHA256), strconv.FormatInt(archive.Size, 10), archive.Encoding,
		strconv.Itoa(archive.Strip), strconv.FormatInt(archive.Unpacked>>10, 10))
	op.Reasons = maps.Clone(op.Reasons)
	op.Reasons[statusNotPulled] = release.Reason{Err: ErrNotPulled}
	op.Output = func() (release.Output, error) { return &pulling{received: received}, nil }
	return op
}

// pulling reads how much a host has, a line each time.
type pulling struct {
	line     []byte
	received func(done int64)
}

const longestCount = 20

func (p *pulling) Write(text []byte) (int, error) {
	for line := range bytes.Lines(text) {
		p.line = append(p.line, line[:min(len(line), longestCount)]...)
		if len(p.line) > 2*longestCount {
			return 0, io.ErrShortBuffer
		}
		if !bytes.HasSuffix(line, []byte("\n")) {
			break
		}
		if done, err := strconv.ParseInt(string(bytes.TrimSpace(p.line)), 10, 64); err == nil && p.received != nil {
			p.received(done)
		}
		p.line = p.line[:0]
	}
	return len(text), nil
}

func (p *pulling) End(err error) error { return err }
