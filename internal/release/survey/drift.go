package survey

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/release"
	"github.com/slipway/slipway/internal/release/stage"
	"github.com/slipway/slipway/internal/transport"
)

//go:embed drift.sh
var driftScript string

//go:embed driftprepared.sh
var driftPreparedScript string

// ErrNoManifest says that there is nothing to compare a release with.
var ErrNoManifest = errors.New("the release has no manifest")

var driftReasons = map[int]release.Reason{90: {Err: ErrNoManifest}, 91: {Hint: "look what became of it on the host, and deploy again"}}

// Differences are how a release differs from what it held once its prepare steps were through, or from the manifest of its artifact.
type Differences struct {
	ArtifactOnly bool // nobody wrote down what it held: only the members of the artifact were compared
	Compared     int  // members
	Count        int  // differences, also those that are not listed
	List         []Difference
}

// Difference is one member of a release that is not as it was.
type Difference struct {
	Path string `json:"path"` // relative to the release
	What string `json:"what"` // changed (another content), added, missing, kind (a folder for a file, or the like), rights, target (of a link)
}

// What an answer is read of at most: differences that are listed, bytes, and bytes of a line.
const (
	mostDifferences = 2000
	mostDrift       = 128 << 20
	mostDriftLine   = 16 << 10
)

// Drift compares a release with what it held once its prepare steps were through: the members of the artifact by their contents, what
// steps made by kind, rights, size and time. Where nobody wrote that down it compares the members of the artifact alone. It reads all of
// these: a question for who asks for it. What is linked into the release is not compared, nor the paths that ignored names. The
// error Is ErrNoManifest for another tool's release.
func Drift(site release.Site, id deploy.ReleaseID, ignored func(path string) bool, found *Differences) release.Operation {
	return release.Operation{
		Name: "drift", Script: strings.Join([]string{stage.Listing(), driftPreparedScript, driftScript}, "\n"),
		Args: []string{site.Root, string(id), site.Mask()}, Reasons: driftReasons, Limit: mostDrift, Silence: transport.LongSilence,
		Output: func() (release.Output, error) {
			*found = Differences{ArtifactOnly: true}
			return &driftReader{found: found, ignored: ignored}, nil
		},
	}
}

// driftReader reads the answer while it comes: of what is ignored there may be much.
type driftReader struct {
	found   *Differences
	ignored func(path string) bool
	rest    []byte // a line that has not ended
	staged  int64  // when the artifact lay there complete
	now     member // the member whose lines come now
	whole   bool
}

// Write takes a part of the answer.
func (r *driftReader) Write(part []byte) (int, error) {
	r.rest = append(r.rest, part...)
	for {
		line, rest, ended := bytes.Cut(r.rest, []byte("\n"))
		if len(line) > mostDriftLine {
			return 0, fmt.Errorf("its answer has a line that is too long: %.80q", line)
		}
		if !ended {
			return len(part), nil
		}
		if err := r.line(string(line)); err != nil {
			return 0, err
		}
		r.rest = rest
	}
}

// End is told how the command ended.
func (r *driftReader) End(err error) error {
	if err == nil && (!r.whole || len(r.rest) > 0) {
		return errors.New("its answer is cut short")
	}
	return err
}

func (r *driftReader) line(line string) (err error) {
	what, rest, _ := strings.Cut(line, " ")
	switch what {
	case "staged":
		r.found.ArtifactOnly = false
		r.staged, err = strconv.ParseInt(rest, 10, 64)
		return err
	case "compared":
		r.judge()
		r.whole = true
		r.found.Compared, err = strconv.Atoi(rest)
		return err
	}
	if r.found.ArtifactOnly {
		r.tell(what, strings.TrimPrefix(rest, "./"))
		return nil
	}
	fields := strings.SplitN(rest, " ", 5)
	path, ok := strings.CutPrefix(fields[len(fields)-1], "./")
	if len(fields) != 5 || !ok { // the last line of a list
		return nil
	}
	if path != r.now.path {
		r.judge()
		r.now = member{path: path}
	}
	r.now.take(what, fields)
	return nil
}

// judge tells what is to say of the member whose lines have come.
func (r *driftReader) judge() {
	if what := r.now.difference(r.staged); what != "" {
		r.tell(what, r.now.path)
	}
}

func (r *driftReader) tell(what, path string) {
	if r.ignored(path) {
		return
	}
	r.found.Count++
	if len(r.found.List) < mostDifferences {
		r.found.List = append(r.found.List, Difference{Path: path, What: what})
	}
}
