package preview

import (
	"encoding/json"

	"github.com/slipway/slipway/internal/deploy"
)

// format is the version of the JSON. Fields may be added to it; what changes the meaning of one is a new version.
const format = 1

type document struct {
	Format      int       `json:"format"`
	Command     string    `json:"command"` // what would run: deploy or rollback
	App         string    `json:"app"`
	Environment string    `json:"environment,omitempty"`
	Release     string    `json:"release,omitempty"` // of a rollback: the one to go back to
	Revision    string    `json:"revision,omitempty"`
	Changes     bool      `json:"changes"`
	Offline     bool      `json:"offline"`
	From        string    `json:"from,omitempty"`    // where the artifact is from, for people
	Between     []string  `json:"between,omitempty"` // of a rollback: the releases that it takes back
	Commits     *commits  `json:"commits,omitempty"`
	Migrations  *applied  `json:"migrations,omitempty"`
	Instead     []string  `json:"instead,omitempty"` // of a rollback: where it may go as well
	Live        []live    `json:"live"`
	Upload      []string  `json:"upload"`
	UploadBytes int64     `json:"upload_bytes"` // to each of these hosts
	Deltas      []delta   `json:"deltas,omitempty"`
	Copy        []string  `json:"copy"`
	Steps       []step    `json:"steps"`
	Batches     []batch   `json:"batches"`
	FleetChecks []string  `json:"fleet_checks"`
	Watch       float64   `json:"watch_seconds,omitempty"`
	Files       []files   `json:"files"`
	Secrets     []secrets `json:"secrets"`
	Refusals    []refusal `json:"refusals"`
	First       []string  `json:"first"`
	Warnings    []string  `json:"warnings"`
	Tells       []string  `json:"tells,omitempty"` // who would be told how it goes
}

// delta is hosts of upload that are sent less, because they have the rest.
type delta struct {
	Hosts  []string `json:"hosts"`
	Sent   int64    `json:"sent_bytes"`
	Reused int64    `json:"reused_bytes"`
}

// commits is how many a rollback takes back, and how many come back where the two have diverged.
type commits struct {
	Gone    int    `json:"gone"`
	New     int    `json:"new"`
	Unknown string `json:"unknown,omitempty"` // why it is not known
}

// applied is what stays of the releases that a rollback takes back.
type applied struct {
	Applied []string `json:"applied"`
	Unknown []string `json:"unknown"`
}

type live struct {
	Host    string `json:"host"`
	Release string `json:"release,omitempty"`
	Foreign string `json:"foreign,omitempty"`
}

type step struct {
	Phase     string   `json:"phase"`
	Name      string   `json:"name"`
	Uses      string   `json:"uses,omitempty"`
	Hosts     []string `json:"hosts"`
	Receivers []string `json:"receivers,omitempty"`
	Outlook   string   `json:"outlook,omitempty"` // what its recipe tells beforehand
	Undo      bool     `json:"undo,omitempty"`    // of migrate: taken back where the deployment fails
	Unknown   string   `json:"unknown,omitempty"` // why that is not known
}

type batch struct {
	Hosts       []string `json:"hosts"`
	Canary      bool     `json:"canary,omitempty"`
	WaitSeconds float64  `json:"wait_seconds,omitempty"`
}

type files struct {
	Hosts   []string `json:"hosts"`
	Live    string   `json:"live,omitempty"`
	Unknown string   `json:"unknown,omitempty"`
	Added   []string `json:"added"`
	Changed []string `json:"changed"`
	Removed []string `json:"removed"`
	Diffs   []diff   `json:"diffs"`
}

// secrets are the paths of secret files; what they hold stands nowhere.
type secrets struct {
	Hosts     []string `json:"hosts"`
	Changed   []string `json:"changed"`
	Unchanged []string `json:"unchanged"`
	Removed   []string `json:"removed"`
	Unknown   []string `json:"unknown"`
}

type diff struct {
	Path string `json:"path"`
	Text string `json:"text"`
}

type refusal struct {
	Host  string `json:"host,omitempty"`
	Cause string `json:"cause"`
	Hint  string `json:"hint,omitempty"`
}

// JSON is the preview for machines, indented, with a line break at its end.
func JSON(p deploy.Preview) ([]byte, error) {
	doc := document{
		Format: format, Command: p.Command, App: p.App, Environment: p.Environment, Release: string(p.Release), Revision: p.Revision,
		Changes: p.Changes(), Offline: p.Offline, From: p.From, Live: []live{}, Upload: list(p.Upload), UploadBytes: p.ArtifactSize, Copy: list(p.Copy), Steps: []step{},
		Batches: []batch{}, FleetChecks: list(p.Fleet), Watch: p.Watch.Seconds(), Files: []files{}, Secrets: []secrets{}, Refusals: []refusal{}, First: list(p.Ahead), Warnings: list(p.Warnings), Tells: p.Told,
	}
	for _, id := range p.Back.Over {
		doc.Between = append(doc.Between, string(id))
	}
	if len(p.Back.Over) > 0 {
		doc.Commits = &commits{p.Back.Commits.Gone, p.Back.Commits.New, p.Back.Commits.Unknown}
		doc.Migrations = &applied{list(p.Back.Applied.What), list(p.Back.Applied.Unknown)}
	}
	for _, id := range p.Back.Instead {
		doc.Instead = append(doc.Instead, string(id))
	}
	for _, d := range p.Deltas {
		doc.Deltas = append(doc.Deltas, delta{list(d.Hosts), d.Sent, d.Reused})
	}
	for _, l := range p.Live {
		doc.Live = append(doc.Live, live{l.Host, string(l.Release), l.Foreign})
	}
	for _, s := range p.Steps {
		doc.Steps = append(doc.Steps, step{string(s.Phase), s.Name, s.Uses, list(s.Hosts), s.Receivers, s.Outlook, s.Undo, s.Unknown})
	}
	for _, b := range p.Batches {
		doc.Batches = append(doc.Batches, batch{list(b.Hosts), b.Canary, b.Wait.Seconds()})
	}
	for _, f := range p.Files {
		one := files{list(f.Hosts), string(f.Live), f.Unknown, list(f.Added), list(f.Changed), list(f.Removed), []diff{}}
		for _, d := range f.Diffs {
			one.Diffs = append(one.Diffs, diff(d))
		}
		doc.Files = append(doc.Files, one)
	}
	for _, c := range p.Secrets {
		doc.Secrets = append(doc.Secrets, secrets{list(c.Hosts), list(c.Changed), list(c.Unchanged), list(c.Removed), list(c.Unknown)})
	}
	for _, err := range p.Refusals {
		doc.Refusals = append(doc.Refusals, refusal{err.Host, err.Cause.Error(), err.Hint})
	}
	text, err := json.MarshalIndent(doc, "", "  ")
	return append(text, '\n'), err
}

// list is never null.
func list(texts []string) []string { return append([]string{}, texts...) }
