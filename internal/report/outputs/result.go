package outputs

import (
	"time"

	"github.com/slipway/slipway/internal/ci"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/report/layout"
	"github.com/slipway/slipway/internal/secret"
)

// The JSON of the result output. Fields are only ever added.
type resultDoc struct {
	Version     string `json:"version"`
	Command     string `json:"command"`
	App         string `json:"app"`
	Environment string `json:"environment"`
	URL         string `json:"url"`
	Release     string `json:"release"`
	Previous    string `json:"previous_release"`
	Deployment  string `json:"deployment"`
	Revision    string `json:"revision"`
	Workflow    string `json:"workflow_revision,omitempty"`

	Provenance deploy.Provenance `json:"provenance,omitzero"`
	Override   deploy.Override   `json:"override,omitzero"`

	Shipped *shippedDoc `json:"shipped,omitempty"`

	Artifact    string     `json:"artifact_sha256"`
	Content     string     `json:"content_sha256"`
	Actor       string     `json:"actor"`
	RunURL      string     `json:"run_url"`
	Attempt     int        `json:"attempt"`
	Outcome     string     `json:"outcome"`
	ExitCode    int        `json:"exit_code"`
	Start       time.Time  `json:"start"`
	Seconds     float64    `json:"duration_seconds"`
	FailedPhase string     `json:"failed_phase"`
	FailedStep  string     `json:"failed_step"`
	Next        string     `json:"next"`
	Warnings    []string   `json:"warnings"`
	Hosts       []hostDoc  `json:"hosts"`
	LeftOut     []string   `json:"left_out,omitempty"` // by limit
	Shard       string     `json:"shard,omitempty"`    // 2/5: hosts are those of the shard
	Others      int        `json:"others,omitempty"`   // how many hosts other shards prepare
	Phases      []phaseDoc `json:"phases"`
	Errors      []errorDoc `json:"errors"`
	Spans       []spanDoc  `json:"spans,omitempty"`
	Truncated   bool       `json:"truncated,omitempty"`
}

type hostDoc struct {
	Host    string   `json:"host"`
	Outcome string   `json:"outcome"`
	Before  string   `json:"before"`
	Now     string   `json:"now"`
	Unasked bool     `json:"unasked,omitempty"` // before and now are not known
	Roles   []string `json:"roles,omitempty"`
	Sent    int64    `json:"sent_bytes,omitempty"`   // of the release's members, over the connection
	Reused  int64    `json:"reused_bytes,omitempty"` // of files that were copied on the host
	Patched int      `json:"patched_files,omitempty"`
	Pulled  int64    `json:"pulled_bytes,omitempty"` // of the artifact, which the host fetched by itself
}

// shippedDoc is which merges went live.
type shippedDoc struct {
	From    string     `json:"from"`
	To      string     `json:"to"`
	First   bool       `json:"first,omitempty"` // no release was live before
	In      *mergesDoc `json:"in,omitempty"`
	Out     *mergesDoc `json:"taken_back,omitempty"`
	Unknown string     `json:"unknown,omitempty"`
}

type mergesDoc struct {
	Commits int           `json:"commits"`
	Pulls   []deploy.Pull `json:"pull_requests"`
	Alone   int           `json:"of_no_pull_request,omitempty"`
	Unread  int           `json:"not_looked_up,omitempty"`
	Unknown string        `json:"unknown,omitempty"`
}

type phaseDoc struct {
	Phase   string  `json:"phase"`
	OK      bool    `json:"ok"`
	Seconds float64 `json:"seconds"`
}

type errorDoc struct {
	Phase string   `json:"phase"`
	Step  string   `json:"step"`
	Host  string   `json:"host"`
	Error string   `json:"error"`
	Hint  string   `json:"hint"`
	Tail  []string `json:"tail,omitempty"`
	Log   []string `json:"log,omitempty"` // of the program
}

type spanDoc struct {
	Phase   string  `json:"phase"`
	Step    string  `json:"step"`
	Host    string  `json:"host"`
	Outcome string  `json:"outcome"`
	Status  string  `json:"status,omitempty"`
	Excused bool    `json:"excused,omitempty"` // that it went wrong is a warning alone
	Start   float64 `json:"start"`             // seconds after the deployment's start
	Seconds float64 `json:"seconds"`
}

// resultJSON is the result output: whole if it fits, else without the spans, then the tails, then errors and hosts, and at last the ends of long texts.
func resultJSON(res deploy.Result, redactor *secret.Redactor) string {
	doc := docOf(res)
	shorter := []func(){
		func() { doc.Spans, doc.Truncated = nil, true },
		func() {
			for i := range doc.Errors {
				doc.Errors[i].Tail, doc.Errors[i].Log = nil, nil
			}
		},
		doc.cutPulls,
		func() { doc.Errors = doc.Errors[:min(len(doc.Errors), 10)] },
		func() { doc.Hosts, doc.LeftOut = nil, nil },
		func() { doc.Errors, doc.Warnings, doc.Shipped = nil, nil, nil },
		doc.cutTexts,
		func() { doc.Phases = nil },
	}
	for {
		text := redactedJSON(doc, redactor)
		if len(text) <= ci.MaxOutput-len("result=") || len(shorter) == 0 {
			return text
		}
		shorter[0]()
		shorter = shorter[1:]
	}
}

// maxText is how much of one text a result has that is too large even without its lists, in columns.
const maxText = 200

// cutTexts shortens what an input, a name or a person made too long.
func (d *resultDoc) cutTexts() {
	for _, text := range []*string{
		&d.Version, &d.Command, &d.App, &d.Environment, &d.URL, &d.Release, &d.Previous, &d.Deployment, &d.Revision, &d.Workflow, &d.Artifact, &d.Content,
		&d.Actor, &d.RunURL, &d.Outcome, &d.FailedPhase, &d.FailedStep, &d.Next,
		&d.Provenance.URL, &d.Provenance.Workflow, &d.Provenance.Branch, &d.Provenance.Event, &d.Provenance.Commit,
		&d.Override.Reason, &d.Override.Against,
	} {
		*text = layout.Cut(*text, maxText)
	}
}

// cutPulls leaves only the numbers of pull requests.
func (d *resultDoc) cutPulls() {
	if d.Shipped == nil {
		return
	}
	for _, merges := range []*mergesDoc{d.Shipped.In, d.Shipped.Out} {
		if merges == nil {
			continue
		}
		for i, pull := range merges.Pulls {
			merges.Pulls[i] = deploy.Pull{Number: pull.Number}
		}
	}
}

// shippedOf is nil where nobody looked.
func shippedOf(of deploy.Shipped) *shippedDoc {
	if of.IsZero() {
		return nil
	}
	merges := func(m deploy.Merges) *mergesDoc {
		if m.Commits == 0 && len(m.Pulls) == 0 {
			return nil
		}
		return &mergesDoc{m.Commits, append([]deploy.Pull{}, m.Pulls...), m.Alone, m.Unread, m.Unknown}
	}
	return &shippedDoc{of.From, of.To, of.First, merges(of.In), merges(of.Out), of.Unknown}
}

func docOf(res deploy.Result) resultDoc {
	doc := resultDoc{
		Version: res.Version, Command: res.Command, App: res.App, Environment: res.Environment, URL: res.URL,
		Release: string(res.Release), Previous: string(res.Previous()), Deployment: string(res.Deployment), Revision: res.Revision, Workflow: res.WorkflowRevision, Provenance: res.Provenance, Override: res.Override,
		Artifact: string(res.ArtifactSHA), Content: string(res.ContentSHA), Actor: res.Actor, RunURL: res.RunURL,
		Attempt: res.Attempt, Outcome: string(res.Outcome), ExitCode: res.ExitCode, Start: res.Start.UTC(),
		Seconds: res.Duration.Seconds(), FailedPhase: string(res.Failed), FailedStep: res.Step, Next: res.Next.String(),
		Shipped:  shippedOf(res.Shipped),
		Warnings: append([]string{}, res.Warnings...), Hosts: []hostDoc{}, LeftOut: res.LeftOut, Shard: res.Shard.String(), Others: len(res.Others), Phases: []phaseDoc{}, Errors: []errorDoc{},
	}
	for _, h := range res.Hosts {
		doc.Hosts = append(doc.Hosts, hostDoc{h.Host, string(h.Outcome), string(h.Before), string(h.Now), h.Unreachable, h.Roles, h.Traffic.Sent, h.Traffic.Reused, h.Traffic.Patched, h.Traffic.Pulled})
	}
	for _, p := range res.Phases {
		doc.Phases = append(doc.Phases, phaseDoc{string(p.Phase), p.OK, p.Duration.Seconds()})
	}
	for _, e := range res.Failures() {
		d := errorDoc{Phase: string(e.Phase), Step: e.Step, Host: e.Host, Hint: e.Hint, Tail: e.Tail, Log: e.Log}
		if e.Cause != nil {
			d.Error = e.Cause.Error()
		}
		doc.Errors = append(doc.Errors, d)
	}
	for _, s := range res.Spans() {
		doc.Spans = append(doc.Spans, spanDoc{
			string(s.Phase), s.Step, s.Host, string(s.Outcome), s.Status, s.Excused,
			s.Start.Sub(res.Start).Seconds(), s.Duration.Seconds(),
		})
	}
	return doc
}
