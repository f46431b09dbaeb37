package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"time"

	"slipway/internal/ci"
	"slipway/internal/deploy"
	"slipway/internal/secret"
)

// OutputDoc is what a person must know of an output of the action.
type OutputDoc struct{ Name, Help string }

// Outputs are the outputs of the action, set on failure too. It is the one source of action.yml's outputs and of their
// documentation.
func Outputs() []OutputDoc {
	return []OutputDoc{
		{"release", "ID of the release, like 20261121-073000-1a2b3c4-9f3c51."},
		{"previous_release", "What the hosts ran before; empty after a first deployment."},
		{"deployment", "ID of the deployment, the same in every attempt of a run."},
		{"revision", "Full commit that the artifact was built of."},
		{"artifact_sha256", "SHA-256 of the artifact's file."},
		{"url", "The environment's URL."},
		{"outcome", "activated, unchanged, failed, unwound, person or cancelled."},
		{"changed", "true when a host runs another release than before."},
		{"failed_phase", "The phase that failed; empty when none did."},
		{"failed_step", "The step that failed first; empty when none did."},
		{"hosts_activated", "JSON array of the hosts that run the release, verified."},
		{"hosts_failed", "JSON array of the hosts that failed a step."},
		{"exit_code", "0 done; see the exit codes in the documentation."},
		{"duration_seconds", "How long it took, in whole seconds."},
		{"result", "All of it as one JSON object, up to 64 KiB; long parts are left out first."},
	}
}

// output is one value; they are given in the order of Outputs.
type output struct{ name, value string }

func outputsOf(res deploy.Result, redactor *secret.Redactor) []output {
	return []output{
		{"release", string(res.Release)},
		{"previous_release", string(before(res))},
		{"deployment", string(res.Deployment)},
		{"revision", res.Revision},
		{"artifact_sha256", string(res.ArtifactSHA)},
		{"url", redactor.String(res.URL)},
		{"outcome", string(res.Outcome)},
		{"changed", strconv.FormatBool(changed(res))},
		{"failed_phase", string(res.Failed)},
		{"failed_step", redactor.String(res.Step)},
		{"hosts_activated", jsonText(redacted(redactor, res.HostsWith(deploy.HostActivated)))},
		{"hosts_failed", jsonText(redacted(redactor, failedHosts(res)))},
		{"exit_code", strconv.Itoa(res.ExitCode)},
		{"duration_seconds", strconv.Itoa(int(res.Duration.Round(time.Second).Seconds()))},
		{"result", resultJSON(res, redactor)},
	}
}

// before is what the fleet ran before: the first host's that ran anything.
func before(res deploy.Result) deploy.ReleaseID {
	for _, h := range res.Hosts {
		if h.Before != "" {
			return h.Before
		}
	}
	return ""
}

// anyUnasked tells whether what some host ran before is not known.
func anyUnasked(res deploy.Result) bool {
	return slices.ContainsFunc(res.Hosts, func(h deploy.HostResult) bool { return h.Unreachable })
}

func changed(res deploy.Result) bool {
	for _, h := range res.Hosts {
		if h.Now != h.Before {
			return true
		}
	}
	return false
}

// failedHosts are the hosts on which something failed, in the plan's order.
func failedHosts(res deploy.Result) []string {
	failed := map[string]bool{}
	for _, e := range errorsOf(res) {
		failed[e.Host] = true
	}
	hosts := []string{}
	for _, h := range res.Hosts {
		if failed[h.Host] || h.Outcome == deploy.HostFailed {
			hosts = append(hosts, h.Host)
		}
	}
	return hosts
}

// The JSON of the result output. Fields are only ever added.
type resultDoc struct {
	Version     string     `json:"version"`
	Command     string     `json:"command"`
	App         string     `json:"app"`
	Environment string     `json:"environment"`
	URL         string     `json:"url"`
	Release     string     `json:"release"`
	Previous    string     `json:"previous_release"`
	Deployment  string     `json:"deployment"`
	Revision    string     `json:"revision"`
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
}

type spanDoc struct {
	Phase   string  `json:"phase"`
	Step    string  `json:"step"`
	Host    string  `json:"host"`
	Outcome string  `json:"outcome"`
	Status  string  `json:"status,omitempty"`
	Start   float64 `json:"start"` // seconds after the deployment's start
	Seconds float64 `json:"seconds"`
}

// resultJSON is the result output: whole if it fits, else without the spans, then the tails, then the hosts' parts.
func resultJSON(res deploy.Result, redactor *secret.Redactor) string {
	doc := docOf(res)
	shorter := []func(){
		func() { doc.Spans, doc.Truncated = nil, true },
		func() {
			for i := range doc.Errors {
				doc.Errors[i].Tail = nil
			}
		},
		func() { doc.Errors = doc.Errors[:min(len(doc.Errors), 10)] },
		func() { doc.Hosts = nil },
		func() { doc.Errors, doc.Warnings = nil, nil },
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

func docOf(res deploy.Result) resultDoc {
	doc := resultDoc{
		Version: res.Version, Command: res.Command, App: res.App, Environment: res.Environment, URL: res.URL,
		Release: string(res.Release), Previous: string(before(res)), Deployment: string(res.Deployment), Revision: res.Revision,
		Artifact: string(res.ArtifactSHA), Content: string(res.ContentSHA), Actor: res.Actor, RunURL: res.RunURL,
		Attempt: res.Attempt, Outcome: string(res.Outcome), ExitCode: res.ExitCode, Start: res.Start.UTC(),
		Seconds: res.Duration.Seconds(), FailedPhase: string(res.Failed), FailedStep: res.Step, Next: res.Next,
		Warnings: append([]string{}, res.Warnings...), Hosts: []hostDoc{}, Phases: []phaseDoc{}, Errors: []errorDoc{},
	}
	for _, h := range res.Hosts {
		doc.Hosts = append(doc.Hosts, hostDoc{h.Host, string(h.Outcome), string(h.Before), string(h.Now), h.Unreachable, h.Roles})
	}
	for _, p := range res.Phases {
		doc.Phases = append(doc.Phases, phaseDoc{string(p.Phase), p.OK, p.Duration.Seconds()})
	}
	for _, e := range errorsOf(res) {
		d := errorDoc{Phase: string(e.Phase), Step: e.Step, Host: e.Host, Hint: e.Hint, Tail: e.Tail}
		if e.Cause != nil {
			d.Error = e.Cause.Error()
		}
		doc.Errors = append(doc.Errors, d)
	}
	for _, s := range allSpans(res) {
		doc.Spans = append(doc.Spans, spanDoc{
			string(s.Phase), s.Step, s.Host, string(s.Outcome), s.Status,
			s.Start.Sub(res.Start).Seconds(), s.Duration.Seconds(),
		})
	}
	return doc
}

// redactedJSON takes secrets out of the values, so that no secret, whatever its characters, breaks the JSON.
func redactedJSON(doc any, redactor *secret.Redactor) string {
	var tree any
	decoder := json.NewDecoder(bytes.NewReader([]byte(jsonText(doc))))
	decoder.UseNumber()
	if decoder.Decode(&tree) != nil { // cannot fail: it was encoded just now
		return "{}"
	}
	return jsonText(redacted(redactor, tree))
}

// redacted is a value without secrets in its strings.
func redacted(redactor *secret.Redactor, tree any) any {
	switch v := tree.(type) {
	case string:
		return redactor.String(v)
	case []string:
		out := make([]string, len(v))
		for i := range v {
			out[i] = redactor.String(v[i])
		}
		return out
	case []any:
		for i := range v {
			v[i] = redacted(redactor, v[i])
		}
	case map[string]any:
		for key := range v {
			v[key] = redacted(redactor, v[key])
		}
	}
	return tree
}

func jsonText(value any) string {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if encoder.Encode(value) != nil { // cannot fail: plain values only
		return "null"
	}
	return string(bytes.TrimSuffix(out.Bytes(), []byte("\n")))
}

// writeFiles gives outputs and summary to the CI; every one is tried, whatever fails.
func (r *Reporter) writeFiles(res deploy.Result, failures []failure) error {
	if r.options.Files == nil {
		return nil
	}
	var errs []error
	for _, o := range outputsOf(res, r.options.Redactor) {
		errs = append(errs, r.options.Files.SetOutput(o.name, o.value))
	}
	text := summary{res: res, failures: failures, run: r.options.Run, notes: r.notes}.markdown()
	return errors.Join(append(errs, r.options.Files.AppendSummary(text))...)
}
