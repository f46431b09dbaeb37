package survey

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/release/journal"
)

// journal begins what the survey says of one deployment's journal.
func (p *parser) journal(key, id string) error {
	facts := deploy.JournalFacts{ID: deploy.DeploymentID(id)}
	if key == "own" {
		p.facts.Own = &facts
		p.reading = p.facts.Own
		return nil
	}
	p.facts.Unfinished = append(p.facts.Unfinished, facts)
	p.reading = &p.facts.Unfinished[len(p.facts.Unfinished)-1]
	return nil
}

// claim reads the name that a job gave to the deployment's release. That of the newest attempt holds.
func (p *parser) claim(value string) error {
	claim, err := journal.ParseClaim(value)
	if err == nil && claim.Attempt > p.facts.Claim.Attempt {
		p.facts.Claim = claim
	}
	return err
}

// inJournal reads one part of the journal that was begun last.
func inJournal(read func(*deploy.JournalFacts, string) error) func(*parser, string) error {
	return func(p *parser, value string) error {
		if p.reading == nil {
			return errors.New("its answer has a part of a journal outside of one")
		}
		return read(p.reading, value)
	}
}

func readTry(journal *deploy.JournalFacts, value string) error {
	try, err := parseTry(value)
	if err == nil {
		journal.Steps = append(journal.Steps, try)
	}
	return err
}

// parseLive reads activation.jsonl. A line that is torn, because the host died or its disk was full while it was written,
// is left out: the script that wrote it stopped there, and what the line was to say was not done, or is not known. What
// was written next stands on the same line.
func parseLive(text string) []deploy.LiveEntry {
	var entries []deploy.LiveEntry
	for line := range strings.Lines(text) {
		begin := max(0, strings.LastIndex(line, `{"at":`))
		var entry deploy.LiveEntry
		if json.Unmarshal([]byte(line[begin:]), &entry) == nil && entry.What != "" {
			entries = append(entries, entry)
		}
	}
	return entries
}

// parseTry reads a try of a step: folder, meta, status and flags, a line each.
func parseTry(text string) (deploy.StepFacts, error) {
	lines := strings.Split(text, "\n")
	if len(lines) != 4 {
		return deploy.StepFacts{}, fmt.Errorf("a try of a step reads %.80q", text)
	}
	folder, name, _ := strings.Cut(lines[0], "/")
	kind, number, _ := strings.Cut(name, "-")
	try, err := strconv.Atoi(number)
	if err != nil || (kind != "do" && kind != "undo") {
		return deploy.StepFacts{}, fmt.Errorf("a try of a step is called %.80q", lines[0])
	}
	facts := deploy.StepFacts{
		Folder: folder, Undo: kind == "undo", Try: try, Status: strings.TrimSpace(lines[2]),
		Running: strings.Contains(lines[3], "running"), Void: strings.Contains(lines[3], "void"),
	}
	fingerprint, attempt, _ := strings.Cut(strings.TrimSpace(lines[1]), " ")
	if fingerprint != "-" { // which stands for none
		facts.Fingerprint = fingerprint
	}
	facts.Attempt, _ = strconv.Atoi(attempt) // 0 where the record was cut off: then nothing else of it counts either
	return facts, nil
}
