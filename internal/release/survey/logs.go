package survey

import (
	_ "embed"
	"strconv"
	"strings"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/release"
	"github.com/slipway/slipway/internal/release/step"
)

//go:embed logs.sh
var logsScript string

// Log is the end of what one try of a step printed.
type Log struct {
	Begun, Ended time.Time // by the host's clock; Ended is zero where the try has no status
	Text         []byte    // as it was printed, a NUL as ?
	Cut          bool      // it has a beginning, which is not read
}

// TakeLogs asks a host for the ends of logs, of at most so many bytes each, and gives each to take with its place in tries.
func TakeLogs(site release.Site, id deploy.DeploymentID, tries []deploy.StepFacts, bytes int, take func(try int, log Log)) release.Operation {
	args := []string{site.Root, string(id), strconv.Itoa(bytes)}
	places := map[string]int{}
	for i, try := range tries {
		folder := try.Folder + "/" + tryName(try)
		places[folder] = i
		args = append(args, folder)
	}
	read := func(a release.Answer) error {
		for record := range strings.SplitSeq(string(a.Text), "\x00") {
			parts := strings.SplitN(record, "\n", 3)
			i, known := places[parts[0]]
			if len(parts) < 3 || !known {
				continue
			}
			begun, ended, _ := strings.Cut(parts[1], " ")
			take(i, Log{Begun: seconds(begun), Ended: seconds(ended), Text: []byte(parts[2]), Cut: len(parts[2]) >= bytes})
		}
		return nil
	}
	limit := int64(len(tries)+1) * int64(bytes+1024)
	return release.Operation{Name: "read logs", Script: step.Processes() + logsScript, Args: args, Read: read, Limit: limit, Silence: time.Minute}
}

func tryName(try deploy.StepFacts) string {
	kind := "do-"
	if try.Undo {
		kind = "undo-"
	}
	return kind + strconv.Itoa(try.Try)
}
