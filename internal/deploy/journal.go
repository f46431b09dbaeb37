package deploy

import (
	"slices"
	"strconv"
	"strings"
)

// JournalFacts is what a host's journal says of one deployment.
type JournalFacts struct {
	ID      DeploymentID
	Plan    []byte      // plan.json, as it is
	Outcome string      // how the last attempt ended; "" when it has not, or died
	Steps   []StepFacts // every try of every step
	Live    []LiveEntry // what was done to the live site, oldest first
}

// Touched reports whether the deployment touched the live site. What it did in migrate, and takes back, it did beside that.
func (j JournalFacts) Touched() bool {
	return slices.ContainsFunc(j.Live, func(entry LiveEntry) bool { return !entry.Undoes() })
}

// StepFacts is what a journal says of one try of a step.
type StepFacts struct {
	Folder      string // <phase>-<number>-<slug>
	Undo        bool
	Try         int    // from 1
	Fingerprint string // of the step as it was started
	Attempt     int    // of the CI run that started it
	Status      string // "exit 0", "signal TERM", "timeout"; "" when none was written yet
	Running     bool   // its process is alive
	Void        bool   // undone since, given up by a person, or kept from beginning
}

// Phase is the phase of the step.
func (s StepFacts) Phase() Phase {
	phase, _, _ := s.parts()
	return Phase(phase)
}

// Number is the step's number in its phase when it was started.
func (s StepFacts) Number() int {
	_, text, _ := s.parts()
	number, _ := strconv.Atoi(text)
	return number
}

// Slug is what is left of the step's name.
func (s StepFacts) Slug() string {
	_, _, slug := s.parts()
	return slug
}

// Of reports whether it is a try of a step, wherever that stands in its phase now.
func (s StepFacts) Of(step Step) bool { return s.Phase() == step.Phase && s.Slug() == step.Slug() }

func (s StepFacts) parts() (phase, number, slug string) {
	phase, rest, _ := strings.Cut(s.Folder, "-")
	number, slug, _ = strings.Cut(rest, "-")
	return phase, number, slug
}

// Succeeded reports whether the try is recorded as done, and was not undone.
func (s StepFacts) Succeeded() bool { return s.Status == "exit 0" && !s.Void }

// Unknown tells that nobody saw the try end, and that it is over. It may not even have begun.
func (s StepFacts) Unknown() bool { return s.Status == "" && !s.Running && !s.Void }

// LiveEntry is a line of activation.jsonl: an intent before, or an outcome after, something that changes the live site.
type LiveEntry struct {
	What    LiveAct     `json:"what"`
	State   RecordState `json:"state"`
	Release ReleaseID   `json:"release,omitempty"`
	Target  string      `json:"target,omitempty"` // of a switch: the link's new text
	Before  string      `json:"before,omitempty"` // of a switch: its text before
	Toggle  *Toggle     `json:"toggle,omitempty"` // of ToggleOn and ToggleOff, and of LiveUndo
	Undos   *Undos      `json:"undos,omitempty"`  // of the intent to LiveUndos
	Keeper  string      `json:"keeper,omitempty"` // of the intent to LiveUndo: the host that keeps the whole
	Hosts   []string    `json:"hosts,omitempty"`  // of LiveUndos that is ok: where something is taken back
}

// Undoes reports whether it is about migrate, and about nothing that is live.
func (e LiveEntry) Undoes() bool { return e.What == LiveUndo || e.What == LiveUndos }

// LiveAct is what a LiveEntry is about.
type LiveAct string

// The acts that change the live site.
const (
	LiveSwitch  LiveAct = "switch"
	LiveUnlink  LiveAct = "unlink"
	LiveRestart LiveAct = "restart"
	LiveVerify  LiveAct = "verify"
	LiveStop    LiveAct = "stop"
	LiveFleet   LiveAct = "fleet" // all hosts together are watched; written on each of them, and what one has counts for all
	ToggleOn    LiveAct = "on"
	ToggleOff   LiveAct = "off"
	LiveUndo    LiveAct = "undo"  // what a step of migrate did is taken back
	LiveUndos   LiveAct = "undos" // every host writes down what is to be taken back there
)

// RecordState is how far an act is: intended, or how it ended.
type RecordState string

// The states of a record.
const (
	RecordIntent RecordState = "intent"
	RecordOK     RecordState = "ok"
	RecordFailed RecordState = "failed"
)
