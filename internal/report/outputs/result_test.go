package outputs

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/ci"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/secret"
)

// Whatever is too long, the result is one JSON object that fits in an output and says how it ended.
func TestResultFits(t *testing.T) {
	t.Parallel()
	// A text that alone is too long for an output, and one that is too long together with the others.
	const alone, together = 70_000, 20_000
	long := func(many int) map[string]string {
		return map[string]string{
			"words": strings.Repeat("words ", many/6), "quotes": strings.Repeat(`"`, many), "control signs": strings.Repeat("\x01", many), "wide": strings.Repeat("日本", many/6),
			"no UTF-8": strings.Repeat("\xff", many), "secrets": strings.Repeat("hunter22-secret ", many/16), "HTML": strings.Repeat("<&>\u2028", many/8),
		}
	}
	fill := map[string]func(*deploy.Result, string){
		"next": func(r *deploy.Result, text string) { r.Next = deploy.Next{Text: text, Command: text} },
		"header": func(r *deploy.Result, text string) {
			r.App, r.Environment, r.URL, r.Actor, r.RunURL, r.Revision = text, text, text, text, text, text
		},
		"step":    func(r *deploy.Result, text string) { r.Step = text },
		"warning": func(r *deploy.Result, text string) { r.Warnings = []string{text} },
		"cause": func(r *deploy.Result, text string) {
			r.Errors = []*deploy.Error{{Host: "web1", Cause: errors.New(text), Hint: text, Tail: []string{text}, Log: []string{text}}}
		},
		"host": func(r *deploy.Result, text string) {
			r.Hosts = []deploy.HostResult{{Host: text, Roles: []string{text}, Foreign: text}}
		},
		"many hosts": func(r *deploy.Result, _ string) {
			for i := range 1000 {
				r.Hosts = append(r.Hosts, deploy.HostResult{Host: fmt.Sprintf("web%d.example.com", i), Outcome: deploy.HostFailed})
			}
		},
		"many spans": func(r *deploy.Result, text string) {
			spans := []deploy.Span{{Host: "web1", Step: text, Status: text, Start: r.Start, Duration: time.Second}}
			r.Steps = []deploy.StepDone{{Step: text, Spans: spans}}
		},
		"merges": func(r *deploy.Result, text string) {
			r.Shipped = deploy.Shipped{From: text, To: text, Unknown: text, In: deploy.Merges{Commits: 1, Pulls: []deploy.Pull{{Title: text, Author: text, URL: text}}, Unknown: text}}
		},
		"many merges": func(r *deploy.Result, _ string) {
			r.Shipped = deploy.Shipped{From: "1a2b3c4", Out: deploy.Merges{Commits: 1, Pulls: make([]deploy.Pull, 3000)}}
		},
		"many phases": func(r *deploy.Result, _ string) { r.Phases = make([]deploy.PhaseResult, 2000) },
	}
	redactor := secret.NewRedactor(secret.New("hunter22-secret"))
	start := time.Unix(1_800_000_000, 0)
	for name, fillIn := range fill { // one kind of text is enough to try each place alone
		res := deploy.Result{Outcome: deploy.OutcomePerson, ExitCode: deploy.ExitPerson, Start: start}
		fillIn(&res, long(alone)["words"])
		checkResult(t, name, resultJSON(res, redactor))
	}
	for kind, text := range long(together) {
		res := deploy.Result{Outcome: deploy.OutcomePerson, ExitCode: deploy.ExitPerson, Start: start}
		for _, fillIn := range fill {
			fillIn(&res, text)
		}
		checkResult(t, kind+" everywhere", resultJSON(res, redactor))
	}
}

func checkResult(t *testing.T, what, text string) {
	t.Helper()
	var doc struct {
		Outcome   string
		ExitCode  int `json:"exit_code"`
		Truncated bool
	}
	if err := json.Unmarshal([]byte(text), &doc); err != nil || doc.Outcome != string(deploy.OutcomePerson) || doc.ExitCode != deploy.ExitPerson || !doc.Truncated {
		t.Errorf("%s: %+v, %v", what, doc, err)
	}
	if len("result="+text) > ci.MaxOutput {
		t.Errorf("%s: %d bytes", what, len(text))
	}
	if strings.Contains(text, "hunter22") {
		t.Errorf("%s: the secret is in it", what)
	}
}

// What a host was sent stands beside it; what is nothing is left out.
func TestTraffic(t *testing.T) {
	t.Parallel()
	hosts := []deploy.HostResult{{Host: "web1", Traffic: deploy.Traffic{Sent: 12, Reused: 38, Patched: 7}}, {Host: "web2", Traffic: deploy.Traffic{Sent: 50}}}
	text := resultJSON(deploy.Result{Hosts: hosts}, nil)
	if !strings.Contains(text, `"patched_files":7`) || !strings.Contains(text, `"reused_bytes":38`) || strings.Count(text, "patched_files") != 1 {
		t.Errorf("it is %s", text)
	}
}
