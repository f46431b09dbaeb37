package step

import (
	"bytes"
	"cmp"
	"crypto/rand"
	_ "embed"
	"errors"
	"io"
	"strings"
	"time"

	"github.com/slipway/slipway/internal/release"
)

//go:embed preview.sh
var previewScript string

// previewTime is how long a preview may take, where its step may take longer.
const previewTime = 30 * time.Second

// Told is what a step's preview printed, and how it ended.
type Told struct {
	Lines   []string // the end of what it printed
	Nothing bool     // no release is live: it was not run
	Status  Status
}

// Preview asks a host what a step would do: it runs the step's Preview in the release that is live, for at most half a minute. It gets
// files, the paths of the new release, on its standard input. It writes nothing, into no journal; the script is to write nothing either.
func Preview(site release.Site, inst Instance, files string, told *Told) release.Operation {
	name := "preview " + inst.Step.Name
	environment, err := Environment(inst)
	if err != nil {
		return release.Invalid(name, err)
	}
	token, limit := rand.Text(), previewTime
	if timeout := inst.Step.Timeout; timeout > 0 {
		limit = min(limit, timeout)
	}
	return release.Operation{
		Name: name, Script: processFunctions + previewScript, Limit: 1 << 16, Silence: limit + time.Minute,
		Args:  []string{site.Root, inst.Step.Dir, seconds(limit), environment, inst.Step.Preview, token},
		Stdin: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(files)), nil },
		Read: func(a release.Answer) (err error) {
			*told, err = readTold(a.Text, token, limit)
			return err
		},
	}
}

// readTold takes the last line off, which says how the script ended.
func readTold(text []byte, token string, limit time.Duration) (told Told, err error) {
	before, status, ok := bytes.Cut(text, []byte(token+" "))
	if !ok {
		return told, errors.New("its answer is cut short")
	}
	if lines := strings.Trim(string(before), "\n"); lines != "" {
		told.Lines = strings.Split(lines, "\n")
	}
	how := strings.TrimSpace(string(status))
	if told.Nothing = how == "none"; told.Nothing {
		return told, nil
	}
	told.Status, err = parseStatus(cmp.Or(how, "unknown"), limit)
	return told, err
}
