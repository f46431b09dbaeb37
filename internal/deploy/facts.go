package deploy

import (
	"slices"
	"time"
)

// CurrentKind is what `current` is on a host before a deployment.
type CurrentKind string

// The kinds of current.
const (
	CurrentNone      CurrentKind = "none"
	CurrentRelease   CurrentKind = "release"   // a link to a release of Slipway's
	CurrentForeign   CurrentKind = "foreign"   // a link that another tool made: adopted
	CurrentLost      CurrentKind = "lost"      // a link that leads to no folder: nothing is live
	CurrentDirectory CurrentKind = "directory" // a real directory: refused
	CurrentFile      CurrentKind = "file"      // a file, a FIFO or the like: refused
)

// Facts is what preflight learned of one host. Asked once, before anything is changed.
type Facts struct {
	Host          string
	User          string            // who we are there
	Tools         map[string]string // tool -> flavour or path: tar -> "gnu"|"busybox"|"other"; absent when missing
	Patches       bool              // its zstd decodes against files that the host has
	Lacking       []string          // programs that steps need, were asked for, and are missing
	FreeBytes     int64             // at the deploy path for this user; -1 unknown
	FreeInodes    int64             // -1 unknown
	Left          Room              // what deleted releases and dead uploads still take; zero where it was not measured
	ReadOnly      bool              // the file system of the deploy path is mounted read-only
	NoExec        bool              // it is mounted noexec: nothing that lies there can be executed
	LayoutFormat  int               // of .slipway/format; 0 is a host that Slipway never saw
	ID            string            // .slipway/id: says that two addresses are one deploy path, or that one host was made from an image of the other
	Machine       string            // machine ID, boot ID, host name and host key: tells those two apart; "" unknown
	Folder        string            // device and inode of the deploy path: tells a path from its copy on the same machine; "" unknown
	Exposed       bool              // others than its owner have rights on .slipway, or its owner lacks some
	Owner         Owner             // whose the deploy path is; zero before its first deployment
	Current       CurrentKind
	CurrentTarget string    // the link's text
	CurrentID     ReleaseID // set when Current is CurrentRelease
	Previous      string    // text of the link previous, which is for people; "" is none
	Releases      []ReleaseFacts
	History       []HistoryEntry // oldest first, the last 200
	LiveSecrets   SecretSums     // secret files of the live release, where they were asked for
	MissingShared []string       // shared files of the deploy file that are not there
	SharedFolders []string       // shared files of the deploy file in whose place there is a folder
	Unwritable    []string       // folders that a deployment must write to and this user may not; parents that do not exist count
	ClockSkew     time.Duration  // host's clock less the runner's
	Lock          LockState
	Hold          *Hold          // nil when deploys are not on hold
	Claim         Claim          // of the deployment that asks, that of the newest attempt; zero where its jobs have not named a release here
	Own           *JournalFacts  // of the deployment that asks; nil when it has no journal here yet
	Unfinished    []JournalFacts // of other deployments that touched the live site and did not end
}

// Room is room on a file system. Below zero it is not known.
type Room struct{ Bytes, Inodes int64 }

// Free is the room at the deploy path.
func (f Facts) Free() Room { return Room{f.FreeBytes, f.FreeInodes} }

// ReleaseFacts is what a host knows of one release in its releases folder.
type ReleaseFacts struct {
	ID       ReleaseID
	Staged   bool   // complete and verified against the artifact's manifest
	Verified bool   // passed its health checks once
	Bad      bool   // failed them; never a target to unwind or roll back to
	Waiting  bool   // a shard prepared it, and the rest of its deployment has not taken it into service
	Failed   bool   // its deployment failed before it was live; kept a while for looking at
	Adopted  string // name of its folder where another tool made it: it is a link to that; else ""
	Live     bool   // current leads to the folder of an adopted one
	Content  Digest // of the artifact that it was unpacked of; "" of another tool's, or where it is not known
	Size     Room   // what it takes; zero where it was not measured
}

// Good reports whether a release may be gone back to.
func (r ReleaseFacts) Good() bool { return r.Verified && !r.Bad }

// Release finds what is known of a release.
func (f Facts) Release(id ReleaseID) (ReleaseFacts, bool) {
	for _, r := range f.Releases {
		if r.ID == id {
			return r, true
		}
	}
	return ReleaseFacts{}, false
}

// WentLive is the newest line of the history by which a release was activated.
func (f Facts) WentLive(id ReleaseID) (HistoryEntry, bool) {
	for _, entry := range slices.Backward(f.History) {
		if entry.Release == id && entry.Outcome == "activated" {
			return entry, true
		}
	}
	return HistoryEntry{}, false
}

// HistoryEntry is a line of history.jsonl: one change of current.
type HistoryEntry struct {
	At         time.Time    `json:"at"`
	Release    ReleaseID    `json:"release"`
	Before     ReleaseID    `json:"before,omitempty"`
	Deployment DeploymentID `json:"deployment"`
	Command    string       `json:"command"` // deploy, rollback
	Actor      string       `json:"actor,omitempty"`
	RunURL     string       `json:"run_url,omitempty"`
	Order      Order        `json:"order,omitempty"`    // the newest CI run's that is behind what is live
	Outcome    string       `json:"outcome"`            // activated, unwound
	Revision   string       `json:"revision,omitempty"` // full commit that Release was built of; "" where that is not known
	Provenance Provenance   `json:"provenance,omitzero"`
	Override   Override     `json:"override,omitzero"` // by the actor
}
