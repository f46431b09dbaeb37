package deploy

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/slipway/slipway/internal/lazyregexp"
)

// Digest is a SHA-256 in lower-case hex, 64 digits, without a prefix.
type Digest string

// Short is the first six digits, for people.
func (d Digest) Short() string { return string(d[:min(6, len(d))]) }

// ReleaseID names a release on every host: time of the first attempt (UTC), short revision, six digits of the content
// digest, as in 20261121-073000-1a2b3c4-9f3c51. It is a safe path component and a safe shell word.
type ReleaseID string

// NewReleaseID makes the ID of a release. A revision that is empty or no hex string is written as 0000000.
func NewReleaseID(firstAttempt time.Time, revision string, content Digest) ReleaseID {
	return ReleaseID(fmt.Sprintf("%s-%s-%s", firstAttempt.UTC().Format(madeAt), ShortRevision(revision), content.Short()))
}

var releaseID = lazyregexp.New(`^[0-9]{8}-[0-9]{6}-[0-9a-f]{7}-[0-9a-f]{6}$`)

// Valid reports whether the ID has the form that NewReleaseID gives it.
func (id ReleaseID) Valid() bool { return releaseID.MatchString(string(id)) }

// madeAt is how an ID says when it was made.
const madeAt = "20060102-150405"

// Made is the time in the ID, in whole seconds; the zero time when the ID is not valid.
func (id ReleaseID) Made() time.Time {
	if !id.Valid() {
		return time.Time{}
	}
	made, _ := time.Parse(madeAt, string(id)[:len(madeAt)])
	return made
}

// Content is the beginning of the content digest within the ID; empty when the ID is not valid.
func (id ReleaseID) Content() string {
	if !id.Valid() {
		return ""
	}
	return strings.Split(string(id), "-")[3]
}

// Revision is the short revision within the ID; empty when the ID is not valid or was made without a revision.
func (id ReleaseID) Revision() string {
	if !id.Valid() {
		return ""
	}
	if revision := strings.Split(string(id), "-")[2]; revision != noRevision {
		return revision
	}
	return ""
}

const noRevision = "0000000"

var hexRevision = lazyregexp.New(`^[0-9a-f]{7,64}$`)

// ShortRevision is the first seven digits of a commit, or 0000000 when there is none.
func ShortRevision(revision string) string {
	if !hexRevision.MatchString(revision) {
		return noRevision
	}
	return revision[:7]
}

// DeploymentID names one CI run's work on one app and environment, the same in every attempt of the run. It is a safe
// path component.
type DeploymentID string

// Identity is what a deployment's ID is made of. The attempt is not part of it.
type Identity struct {
	Server      string // https://github.com
	Repository  string // numeric repository ID where the CI gives one, else owner/name
	RunID       string
	Job         string // "" where several jobs make one deployment, as shards do; Step likewise
	Step        string // the step's ID in the job
	App         string
	Environment string
	Command     string
	Key         string // deployment_key: tells matrix legs apart
}

var unsafeInID = lazyregexp.New(`[^A-Za-z0-9]+`)

// ID is the deployment's ID: run, job and command for people, and a hash of every part for uniqueness.
func (i Identity) ID() DeploymentID {
	parts := []string{i.Server, i.Repository, i.RunID, i.Job, i.Step, i.App, i.Environment, i.Command, i.Key}
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	var words []string
	for _, part := range []string{i.RunID, i.Job, i.Command} {
		if word := strings.Trim(unsafeInID.ReplaceAllString(part, "-"), "-"); word != "" {
			words = append(words, word[:min(len(word), 24)])
		}
	}
	return DeploymentID(strings.Join(append(words, hex.EncodeToString(sum[:6])), "-"))
}
