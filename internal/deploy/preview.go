package deploy

import (
	"slices"
	"time"
)

// Preview is what a deployment would do, as far as it is known before anything is done.
type Preview struct {
	Header
	Offline  bool   // no host was asked: Live, Upload and Files are empty
	From     string // where the artifact is from; "" where people know
	Live     []LiveRelease
	Upload   []string // hosts that the release would be sent to, in the plan's order
	Deltas   []Delta  // what some of these would be sent, because they have the rest
	Back     Back     // of a rollback
	Copy     []string // hosts that would copy it from another environment's release on the same machine
	CopyOf   string   // that environment
	Steps    []PreviewStep
	Batches  []PreviewBatch // in the order in which they would be activated
	Fleet    []string       // names of the checks after the last batch
	Watch    time.Duration  // how long metrics among them are watched; 0 is not at all
	Files    []FileChanges
	Secrets  []SecretChanges
	Refusals Errors   // why preflight would stop it
	Ahead    []string // what it would wait for, or do first: a lock, a dead deployment
	Warnings []string
	Told     []string // who would be told how it goes, and of what
}

// Delta is what hosts would be sent of a release, and reuse of another one.
type Delta struct {
	Hosts []string
	Traffic
}

// LiveRelease is what a host runs.
type LiveRelease struct {
	Host    string
	Release ReleaseID // "" is none, or another tool's
	Foreign string    // what another tool's current names; "" is none
}

// PreviewStep is a step of a phase, and who would run it.
type PreviewStep struct {
	Phase     Phase
	Name      string
	Uses      string   // the recipe; "" for a script
	Hosts     []string // in the plan's order
	Receivers []string // hosts that get what it makes
	Outlook   string   // what its recipe tells beforehand: "pending shop.0042"; "" where it tells nothing
	Undo      bool     // of migrate: taken back where the deployment fails
	Unknown   string   // why that is not known; "" where it is
}

// PreviewBatch is hosts that would be activated at the same time.
type PreviewBatch struct {
	Hosts  []string
	Canary bool
	Wait   time.Duration // before the next batch
}

// FileChanges is how the files of a release differ from what hosts run.
type FileChanges struct {
	Hosts   []string  // that run it
	Live    ReleaseID // "" where they run nothing
	Unknown string    // why it is not known what they have; "" where it is
	Added   []string  // paths, in order
	Changed []string
	Removed []string
	Diffs   []FileDiff // of texts that changed, up to a limit
}

// Count is how many files differ.
func (c FileChanges) Count() int { return len(c.Added) + len(c.Changed) + len(c.Removed) }

// FileDiff is how a text changed, in the unified format.
type FileDiff struct {
	Path string
	Text string
}

// Changes reports whether a host would run another release than it does, or have other secret files.
func (p Preview) Changes() bool {
	return p.Offline || slices.ContainsFunc(p.Secrets, SecretChanges.Changes) || slices.ContainsFunc(p.Live, func(l LiveRelease) bool { return l.Release != p.Release || l.Foreign != "" })
}
