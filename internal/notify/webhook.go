package notify

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strconv"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/secret"
)

// Of lists in the JSON of a webhook, how many entries stand there: the counts beside them are whole.
const mostListed = 50

// mostText is how many characters a text of that JSON has.
const mostText = 2000

// document is the JSON of a webhook. docs/notify.md describes it; fields are only ever added.
type document struct {
	Format      int               `json:"format"`
	ID          string            `json:"id"`
	Occasions   []deploy.Occasion `json:"occasions"`
	Text        string            `json:"text"`
	Live        string            `json:"live"`
	Next        string            `json:"next"`
	Time        time.Time         `json:"time"`
	App         string            `json:"app"`
	Environment string            `json:"environment"`
	URL         string            `json:"url"`
	Command     string            `json:"command"`
	Deployment  string            `json:"deployment"`
	Attempt     int               `json:"attempt"`
	Release     string            `json:"release"`
	Previous    string            `json:"previous_release"`
	Revision    string            `json:"revision"`
	Actor       string            `json:"actor"`
	RunURL      string            `json:"run_url"`
	Outcome     string            `json:"outcome"` // "" at the start
	ExitCode    int               `json:"exit_code"`
	Seconds     float64           `json:"duration_seconds"`
	FailedPhase string            `json:"failed_phase"`
	FailedStep  string            `json:"failed_step"`
	Hosts       int               `json:"hosts"`
	Activated   int               `json:"hosts_activated"`
	Failed      []string          `json:"hosts_failed"`
}

// webhook is the payload for any other receiver.
func webhook(m Message) any {
	short := func(text string) string { return fit(text, mostText, literally) }
	fact := func(name string) string {
		for _, f := range m.Facts {
			if f.Name == name {
				return short(f.Value)
			}
		}
		return ""
	}
	res := m.Result
	failed := res.FailedHosts()
	failed = failed[:min(len(failed), mostListed)]
	for i := range failed {
		failed[i] = short(failed[i])
	}
	return document{
		Format: 1, ID: m.ID, Occasions: m.Occasions, Text: short(m.Title), Live: fact("Live"), Next: fact("Next"), Time: m.At.UTC(),
		App: short(res.App), Environment: short(res.Environment), URL: short(res.URL), Command: res.Command, Deployment: string(res.Deployment),
		Attempt: res.Attempt, Release: string(res.Release), Previous: string(res.Previous()), Revision: short(res.Revision), Actor: short(res.Actor),
		RunURL: m.Link, Outcome: string(res.Outcome), ExitCode: res.ExitCode, Seconds: res.Duration.Seconds(),
		FailedPhase: string(res.Failed), FailedStep: short(res.Step), Hosts: len(res.Header.Hosts),
		Activated: len(res.HostsWith(deploy.HostActivated)), Failed: failed,
	}
}

// sign adds the headers by which a receiver knows who sent a body, and when (Standard Webhooks 1.0.0, "Verifying webhook authenticity").
func sign(header http.Header, id string, at time.Time, body []byte, key secret.Secret) {
	timestamp := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, []byte(key.Reveal()))
	mac.Write([]byte(id + "." + timestamp + "."))
	mac.Write(body)
	header.Set("webhook-id", id)
	header.Set("webhook-timestamp", timestamp)
	header.Set("webhook-signature", "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
}
