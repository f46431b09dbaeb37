package inspect

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/release/survey"
)

// Logs are what the steps of one deployment printed, as their hosts keep it.
type Logs struct {
	Head
	Deployment Deployment `json:"deployment"`
	Steps      []StepLog  `json:"steps"`   // by phase and step, then by host, then by try
	Unasked    []Unasked  `json:"unasked"` // hosts whose logs are missing here
}

// StepLog is the end of what one try of a step printed on one host.
type StepLog struct {
	Host    string       `json:"host"`
	Phase   deploy.Phase `json:"phase"`
	Step    string       `json:"step"`
	Undo    bool         `json:"undo,omitempty"`    // it took back what the step did
	Try     int          `json:"try"`               // from 1
	Attempt int          `json:"attempt,omitempty"` // of the run that started it
	Status  string       `json:"status"`            // "exit 1", "signal TERM", "timeout", "running", "outcome unknown"
	Void    bool         `json:"void,omitempty"`    // it counts for nothing: undone, or given up
	Begun   time.Time    `json:"begun,omitzero"`    // by the host's clock, less what that is off
	Seconds float64      `json:"seconds"`           // how long it took, in whole seconds; 0 is less than one, or not known
	Cut     bool         `json:"cut,omitempty"`     // it printed more before these lines: the host has it
	Lines   []string     `json:"lines"`

	number int // of the step in its phase
}

// Query says which logs are wanted.
type Query struct {
	Deployment string // its ID, or the ID of its release; "" is the newest that has any
	Step       string // name of a step; "" is every step
	Host       string // name of a host; "" is every host
}

// Wanted are the tries of one deployment whose logs are wanted.
type Wanted struct {
	Deployment Deployment
	Tries      []HostTries // in the deploy file's order of hosts

	plans Plans
}

// HostTries are tries on one host.
type HostTries struct {
	Host  string
	Tries []deploy.StepFacts
}

// Find finds the deployment and the tries that a query names. Its error is a *deploy.Error with the names that there are.
func Find(h History, answers []Answer, plans Plans, q Query) (Wanted, error) {
	at := newest(h, answers, plans, q)
	if q.Deployment != "" {
		at = slices.IndexFunc(h.Deployments, func(d Deployment) bool {
			return string(d.ID) == q.Deployment || string(d.Release) == q.Deployment
		})
	}
	if at < 0 && q.Deployment == "" {
		return Wanted{}, &deploy.Error{Cause: fmt.Errorf("no host has a log of any step"), Hint: "the hosts keep those of the newest 50 deployments or more"}
	}
	if at < 0 {
		return Wanted{}, &deploy.Error{
			Cause: fmt.Errorf("no deployment and no release is called %s", q.Deployment), Hint: "the newest: " + newestOf(h.Deployments),
		}
	}
	w := Wanted{Deployment: h.Deployments[at], plans: plans}
	var known []string
	for _, a := range answers {
		tries := HostTries{Host: a.Host.Name}
		for _, try := range stepsOf(a, w.Deployment.ID) {
			name := stepName(try, plans[w.Deployment.ID])
			if !slices.Contains(known, name) {
				known = append(known, name)
			}
			if q.fits(a.Host.Name, try, name) {
				tries.Tries = append(tries.Tries, try)
			}
		}
		if len(tries.Tries) > 0 {
			w.Tries = append(w.Tries, tries)
		}
	}
	if len(w.Tries) == 0 {
		on := ""
		if q.Host != "" {
			on = " on " + q.Host
		}
		return w, &deploy.Error{
			Cause: fmt.Errorf("deployment %s left no such log%s", w.Deployment.ID, on), Hint: "steps that left one: " + cmp.Or(strings.Join(known, ", "), "none"),
		}
	}
	return w, nil
}

// newest is the newest deployment that left a log that is asked for, else the newest that left any; -1 where none did.
func newest(h History, answers []Answer, plans Plans, q Query) int {
	at := -1
	for _, wanted := range []Query{q, {}} {
		at = slices.IndexFunc(h.Deployments, func(d Deployment) bool {
			return slices.ContainsFunc(answers, func(a Answer) bool {
				return slices.ContainsFunc(stepsOf(a, d.ID), func(try deploy.StepFacts) bool {
					return wanted.fits(a.Host.Name, try, stepName(try, plans[d.ID]))
				})
			})
		})
		if at >= 0 {
			break
		}
	}
	return at
}

// fits reports whether a step's try on a host is asked for.
func (q Query) fits(host string, try deploy.StepFacts, name string) bool {
	return (q.Host == "" || q.Host == host) && (q.Step == "" || strings.EqualFold(q.Step, name) || try.Slug() == (deploy.Step{Name: q.Step}).Slug())
}

func stepsOf(a Answer, id deploy.DeploymentID) []deploy.StepFacts {
	for _, j := range a.Past.Journals {
		if j.ID == id {
			return j.Steps
		}
	}
	return nil
}

// newestOf names the newest deployments.
func newestOf(list []Deployment) string {
	const most = 5
	var names []string
	for _, d := range list[:min(len(list), most)] {
		names = append(names, string(d.ID))
	}
	return cmp.Or(strings.Join(names, ", "), "none")
}

// The most bytes of all logs together, and of one.
const (
	mostBytes  = 32 << 20
	mostOfOne  = 256 << 10
	leastOfOne = 4 << 10
)

// BytesEach is how many bytes of each log are read.
func (w Wanted) BytesEach() int {
	n := 1
	for _, host := range w.Tries {
		n += len(host.Tries)
	}
	return min(max(mostBytes/n, leastOfOne), mostOfOne)
}

// Log is what a host gave of one try. skew is what its clock is off, lines the most that are kept of it.
func (w Wanted) Log(host string, try deploy.StepFacts, log survey.Log, skew time.Duration, lines int) StepLog {
	s := StepLog{
		Host: host, Phase: try.Phase(), Step: stepName(try, w.plans[w.Deployment.ID]), Undo: try.Undo, Try: try.Try, Attempt: try.Attempt,
		Status: try.Status, Void: try.Void, Cut: log.Cut, Lines: []string{}, number: try.Number(),
	}
	switch {
	case try.Running:
		s.Status = "running"
	case try.Unknown():
		s.Status = "outcome unknown"
	}
	if !log.Begun.IsZero() {
		s.Begun = log.Begun.Add(-skew)
		if !log.Ended.IsZero() {
			s.Seconds = max(0, log.Ended.Sub(log.Begun).Seconds())
		}
	}
	text := log.Text
	if log.Cut { // the first line may have lost its beginning
		_, text, _ = bytes.Cut(text, []byte("\n"))
	}
	for line := range bytes.Lines(text) {
		s.Lines = append(s.Lines, string(bytes.TrimRight(line, "\n")))
	}
	if more := len(s.Lines) - lines; more > 0 {
		s.Lines, s.Cut = s.Lines[more:], true
	}
	return s
}

// phases is the order in which logs are shown.
var phases = []deploy.Phase{deploy.Prepare, deploy.Ensure, deploy.Migrate, deploy.Activate, deploy.Finish, deploy.OnFailure}

// Sort puts logs in order: by phase and number of the step. Hosts and tries of one step stay in the order in which they are.
func Sort(logs []StepLog) {
	slices.SortStableFunc(logs, func(a, b StepLog) int {
		return cmp.Or(
			cmp.Compare(slices.Index(phases, a.Phase), slices.Index(phases, b.Phase)), cmp.Compare(a.number, b.number), cmp.Compare(a.Step, b.Step),
		)
	})
}
