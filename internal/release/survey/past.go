package survey

import (
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/release"
	"github.com/slipway/slipway/internal/release/step"
)

//go:embed past.sh
var pastScript string

//go:embed plans.sh
var plansScript string

// Past is what a host keeps of past deployments.
type Past struct {
	History  []deploy.HistoryEntry // oldest first, the last MiB
	Journals []Journal             // newest first, the last 200
	Damaged  int                   // lines and records that cannot be read, and are left out
}

// Journal is what a host keeps of one deployment, less its plan.
type Journal struct {
	ID      deploy.DeploymentID
	Begun   time.Time          // when the last attempt wrote its plan, by the host's clock
	Ended   time.Time          // when its outcome was written; zero where it has none
	Outcome string             // how the last attempt ended; "" when it has not, or died
	Failed  []deploy.LiveEntry // what failed of what it did to the live site, oldest first
	Steps   []deploy.StepFacts // every try of every step
}

const (
	mostJournals = 200
	mostHistory  = 1 << 20 // bytes
)

// TakePast asks a host for what it keeps of past deployments. A line that cannot be read is left out and counted: nothing is decided by
// what is asked here.
func TakePast(site release.Site, past *Past) release.Operation {
	script := strings.Join([]string{step.Processes(), journalsScript, pastScript}, "\n")
	args := []string{site.Root, strconv.Itoa(mostJournals), strconv.Itoa(mostHistory)}
	read := func(a release.Answer) (err error) {
		*past, err = parsePast(a.Text)
		return err
	}
	return release.Operation{Name: "read history", Script: script, Args: args, Read: read, Limit: 16 << 20, Silence: time.Minute}
}

func parsePast(out []byte) (Past, error) {
	past, whole := Past{}, false
	err := records(out, func(key, value string) error {
		switch key {
		case "history":
			past.history(value)
		case "journal":
			past.Journals = append(past.Journals, Journal{ID: deploy.DeploymentID(value)})
		case "odd":
			past.Damaged++
		case "end":
			whole = true
		default:
			if len(past.Journals) == 0 {
				return errors.New("its answer has a part of a journal outside of one")
			}
			return past.part(&past.Journals[len(past.Journals)-1], key, value)
		}
		return nil
	})
	if err == nil && !whole {
		err = errors.New("its answer is cut short")
	}
	return past, err
}

// history reads the lines of history.jsonl. The first may be the end of one: only so many bytes were read.
func (p *Past) history(text string) {
	first := true
	for line := range strings.Lines(text) {
		var entry deploy.HistoryEntry
		if err := json.Unmarshal([]byte(line), &entry); err == nil && !entry.At.IsZero() {
			p.History = append(p.History, entry)
		} else if !first || len(text) < mostHistory {
			p.Damaged++
		}
		first = false
	}
}

// part reads one part of a journal.
func (p *Past) part(j *Journal, key, value string) error {
	switch key {
	case "begun":
		j.Begun = seconds(value)
	case "ended":
		j.Ended = seconds(value)
	case "outcome":
		j.Outcome = strings.TrimSpace(value)
	case "failed":
		j.Failed = parseLive(value)
	case "try":
		try, err := parseTry(value)
		if err != nil {
			p.Damaged++
			return nil //nolint:nilerr // it is left out and counted
		}
		j.Steps = append(j.Steps, try)
	default:
		return fmt.Errorf("its answer has an unknown part %.40q", key)
	}
	return nil
}

// seconds is a time as stat prints it; zero where that said nothing.
func seconds(text string) time.Time {
	n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
	if err != nil || n <= 0 {
		return time.Time{}
	}
	return time.Unix(n, 0).UTC()
}

// TakePlans asks a host for the plans of deployments, and adds them to plans: plan.json, less what each step is on each host.
func TakePlans(site release.Site, ids []deploy.DeploymentID, plans map[deploy.DeploymentID][]byte) release.Operation {
	args := []string{site.Root}
	for _, id := range ids {
		args = append(args, string(id))
	}
	read := func(a release.Answer) error {
		for record := range strings.SplitSeq(string(a.Text), "\x00") {
			if id, text, found := strings.Cut(record, "\n"); found {
				plans[deploy.DeploymentID(id)] = []byte(text)
			}
		}
		return nil
	}
	return release.Operation{Name: "read plans", Script: plansScript, Args: args, Read: read, Limit: 64 << 20, Silence: time.Minute}
}
