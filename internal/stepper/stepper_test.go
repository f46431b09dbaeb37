package stepper

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/fleet"
	"github.com/slipway/slipway/internal/release/journal"
	"github.com/slipway/slipway/internal/release/survey"
	"github.com/slipway/slipway/internal/secret"
	"github.com/slipway/slipway/internal/sshtest"
	"github.com/slipway/slipway/internal/sshtest/hosttest"
	"github.com/slipway/slipway/internal/transport/pool"
	"github.com/slipway/slipway/internal/transport/ssh"
)

const (
	host       = "web1"
	deployment = deploy.DeploymentID("412-deploy-abc")
)

// machine is a host with a journal of the deployment, and a release in which steps run.
type machine struct {
	t     *testing.T
	root  string // the deploy path
	fleet *fleet.Fleet

	mu   sync.Mutex
	said []string
}

func newMachine(t *testing.T) *machine {
	t.Helper()
	t.Parallel()
	started := hosttest.Start(t, sshtest.Options{})
	dialer, err := ssh.NewDialer(ssh.Config{Key: started.Key, KnownHosts: started.KnownHosts})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = dialer.Close() })
	m := &machine{t: t, root: filepath.Join(started.Root, "site")}
	web := deploy.Host{Name: host, Address: started.Address, DeployPath: m.root}
	m.fleet = fleet.Gather(t.Context(), pool.New(dialer, 0), []deploy.Host{web}, survey.Question{Deployment: deployment}, nil)
	t.Cleanup(func() { _ = m.fleet.Close() })
	on := m.fleet.On(host)
	if err := errors.Join(os.MkdirAll(filepath.Join(m.root, "releases/r1"), 0o755), on.Do(t.Context(), journal.Open(on.Site(), deployment, []byte("{}"), deploy.Owner{}))); err != nil {
		t.Fatal(err)
	}
	return m
}

// attempt is the Stepper of another attempt, which knows what those before it left.
func (m *machine) attempt(number int) *Stepper {
	m.t.Helper()
	if err := m.fleet.AskAgain(m.t.Context(), host); err != nil {
		m.t.Fatal(err)
	}
	return New(Options{
		Deployment: deployment, Attempt: number, Fleet: m.fleet,
		Secrets: map[string]secret.Secret{"TOKEN": secret.New("t0ken"), "OTHER": secret.New("0ther")},
		Emit: func(event deploy.Event) {
			m.mu.Lock()
			defer m.mu.Unlock()
			m.said = append(m.said, event.(deploy.Output).Line)
		},
		Earlier:   func(string) []deploy.StepFacts { return m.fleet.On(host).Facts.Own.Steps },
		Lock:      func(string) int { return 0 },
		Leave:     func(string) {},
		Removable: func(string, deploy.Phase) string { return "" },
		Parting: func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
		},
	})
}

func scene() Scene {
	return Scene{Release: "r1", Vars: map[string]string{"WHO": "the host", "ALSO": "this"}}
}

// counting is a step that writes down that it runs.
func counting(phase deploy.Phase, then string) deploy.Step {
	return deploy.Step{Name: "Charge", Phase: phase, Number: 1, Shell: "sh -eu", Timeout: time.Minute, Fingerprint: "f", Run: "echo ran >> count\n" + then}
}

// ran is how often it did.
func (m *machine) ran() int {
	m.t.Helper()
	text, err := os.ReadFile(filepath.Join(m.root, "releases/r1/count"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		m.t.Fatal(err)
	}
	return strings.Count(string(text), "ran")
}

// touch makes a file in the release.
func (m *machine) touch(name string) {
	m.t.Helper()
	if err := os.WriteFile(filepath.Join(m.root, "releases/r1", name), nil, 0o600); err != nil {
		m.t.Fatal(err)
	}
}

// runs waits until it has run so many times.
func (m *machine) runs(times int) {
	m.t.Helper()
	for m.ran() < times {
		select {
		case <-time.After(5 * time.Millisecond):
		case <-m.t.Context().Done():
			m.t.Fatal("it does not begin")
		}
	}
}

// step runs a step in an attempt, and fails where that has nothing to do and begins all the same.
func (m *machine) step(attempt int, s deploy.Step) deploy.Span {
	m.t.Helper()
	begun := false
	span := m.attempt(attempt).Step(m.t.Context(), host, s, scene(), func() { begun = true })
	if begun != (span.Kept == 0) {
		m.t.Errorf("begun: %t, and kept of attempt %d", begun, span.Kept)
	}
	return span
}

// forget has the journal not know how the newest try ended, as if its wrapper had been killed.
func (m *machine) forget() {
	m.t.Helper()
	found, err := filepath.Glob(filepath.Join(m.root, ".slipway/deployments/*/steps/*-charge/do-*/status"))
	if err != nil || len(found) == 0 {
		m.t.Fatalf("%q, %v", found, err)
	}
	if err := os.Remove(found[len(found)-1]); err != nil {
		m.t.Fatal(err)
	}
}

// What nobody saw the end of is decided by its check, then by whether it may run again, else by a person.
func TestEndThatNobodySaw(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		phase    deploy.Phase
		change   func(*deploy.Step)
		runs     int
		decision string // that a person has to make, "" for none
	}{
		"its check finds it done":         {deploy.Migrate, func(s *deploy.Step) { s.Check = "true" }, 1, ""},
		"and it may run again":            {deploy.Migrate, func(s *deploy.Step) { s.Check, s.Idempotent = "true", true }, 1, ""},
		"its check finds it not done":     {deploy.Migrate, func(s *deploy.Step) { s.Check = "exit 1" }, 2, ""},
		"its check is killed":             {deploy.Migrate, func(s *deploy.Step) { s.Check = "kill -TERM $$" }, 1, "done"},
		"its check takes too long":        {deploy.Migrate, func(s *deploy.Step) { s.Check, s.Timeout = "exec sleep 60", time.Second }, 1, "rerun"},
		"it may run again":                {deploy.Migrate, func(s *deploy.Step) { s.Idempotent = true }, 2, ""},
		"it restarts":                     {deploy.Activate, nil, 2, ""},
		"nothing can tell: a person does": {deploy.Migrate, nil, 1, "done"},
		"nothing can tell in prepare":     {deploy.Prepare, nil, 1, "rerun"},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMachine(t)
			s := counting(test.phase, "")
			if test.change != nil {
				test.change(&s)
			}
			if span := m.step(1, s); span.Outcome != deploy.Succeeded || m.ran() != 1 {
				t.Fatalf("%+v", span)
			}
			m.forget()
			span := m.step(2, s)
			if span.Joined != 1 || m.ran() != test.runs {
				t.Errorf("it ran %d times, wanted %d: %+v", m.ran(), test.runs, span)
			}
			if test.decision == "" {
				if span.Outcome != deploy.Succeeded {
					t.Errorf("%s: %v", span.Outcome, span.Err)
				}
			} else {
				var decide *Undecided
				if span.Outcome != deploy.Unknown || !errors.As(span.Err, &decide) || !strings.Contains(span.Err.Hint, `slipway resolve --deployment 412-deploy-abc --host web1 --step "Charge"`) {
					t.Errorf("%s: %v", span.Outcome, span.Err)
				}
				if _, err := Decide(t.Context(), m.fleet, host, deployment, "charge", test.decision); err != nil {
					t.Fatal(err)
				}
			}
			// From here on it is done, or run once more where a person said so.
			last := m.step(3, s)
			kept := 1
			if test.runs == 2 {
				kept = 2
			}
			if test.decision == "rerun" {
				test.runs, kept = test.runs+1, 0
			}
			if last.Outcome != deploy.Succeeded || last.Kept != kept || m.ran() != test.runs {
				t.Errorf("then it ran %d times, wanted %d: %+v", m.ran(), test.runs, last)
			}
		})
	}
}

// A person can decide only about what nobody saw end.
func TestDecideRefuses(t *testing.T) {
	m := newMachine(t)
	decide := func(id deploy.DeploymentID, name string) string {
		m.attempt(2)
		_, err := Decide(t.Context(), m.fleet, host, id, name, "done")
		return fmt.Sprint(err)
	}
	if said := decide(deployment, "Charge"); !strings.Contains(said, "started no such step here") {
		t.Error(said)
	}
	m.step(1, counting(deploy.Migrate, "exit 3"))
	if said := decide(deployment, "Charge"); !strings.Contains(said, "its end was seen: exit 3") {
		t.Error(said)
	}
	running := make(chan deploy.Span)
	s := counting(deploy.Migrate, `until test -e stop; do sleep 0.05; done`)
	slow := m.attempt(2)
	go func() { running <- slow.Step(t.Context(), host, s, scene(), func() {}) }()
	m.runs(2)
	if said := decide(deployment, "Charge"); !strings.Contains(said, "it is still running") {
		t.Error(said)
	}
	m.touch("stop")
	if span := <-running; span.Outcome != deploy.Succeeded {
		t.Errorf("%+v", span)
	}
}

// A step that still runs is joined, under the number that it was started with.
func TestJoined(t *testing.T) {
	m := newMachine(t)
	s := counting(deploy.Migrate, `until test -e stop; do sleep 0.05; done; echo over`)
	first := m.attempt(1)
	ctx, lost := context.WithCancel(t.Context())
	s.FinishFirst = true
	ended := make(chan deploy.Span)
	go func() { ended <- first.Step(ctx, host, s, scene(), func() {}) }()
	m.runs(1)
	lost()
	if span := <-ended; span.Outcome != deploy.Unknown || span.Status != "end not seen" {
		t.Errorf("%+v", span)
	}
	s.Number = 4
	span := m.attempt(2).Step(t.Context(), host, s, scene(), func() { m.touch("stop") })
	if span.Outcome != deploy.Succeeded || span.Joined != 1 || m.ran() != 1 {
		t.Errorf("it ran %d times: %+v", m.ran(), span)
	}
	if !slices.Contains(m.said, "over") {
		t.Errorf("%q", m.said)
	}
}

// A cancelled step is ended, unless it is one to finish first.
func TestCancelledStepIsEnded(t *testing.T) {
	m := newMachine(t)
	s := counting(deploy.Prepare, `trap 'echo bye >> count; exit 1' TERM; sleep 60 & wait`)
	r := m.attempt(1)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan deploy.Span)
	go func() { ended <- r.Step(ctx, host, s, scene(), func() {}) }()
	m.runs(1)
	cancel()
	if span := <-ended; span.Outcome != deploy.Unknown {
		t.Errorf("%+v", span)
	}
	if text, _ := os.ReadFile(filepath.Join(m.root, "releases/r1/count")); string(text) != "ran\nbye\n" {
		t.Errorf("%q", text)
	}
}

// A failed step is tried again as often as it says, each time in a folder of its own.
func TestRetries(t *testing.T) {
	m := newMachine(t)
	s := counting(deploy.Prepare, `test "$(wc -l < count)" -ge 2`)
	s.Retries = 1
	if span := m.step(1, s); span.Outcome != deploy.Succeeded || m.ran() != 2 || span.Duration < retryPause {
		t.Errorf("it ran %d times: %+v", m.ran(), span)
	}
	if !slices.Contains(m.said, "exit 1; try 2 of 2 in 2s") {
		t.Errorf("%q", m.said)
	}
	if found, _ := filepath.Glob(filepath.Join(m.root, ".slipway/deployments/*/steps/prepare-1-charge/do-2/status")); len(found) != 1 {
		t.Error("the second try has no folder of its own")
	}
}

// What a failure says: status, the end of the output, and whose fault it was; a note is no output.
func TestFailure(t *testing.T) {
	m := newMachine(t)
	s := counting(deploy.Prepare, `echo "slipway-note: 2 things"; echo "$WHO, $ALSO, $TOKEN ${OTHER-none}"; i=0; while [ $i -lt 30 ]; do i=$((i+1)); echo "line $i"; done; echo no space left on device; exit 3`)
	s.Vars, s.Secrets, s.At = map[string]string{"WHO": "the step"}, []string{"TOKEN"}, deploy.Position{File: "slipway.yml", Line: 7}
	span := m.step(1, s)
	if span.Outcome != deploy.Failed || span.Status != "exit 3" || span.Note.Short != "2 things" || span.Err == nil {
		t.Fatalf("%+v", span)
	}
	err := span.Err
	if !err.Printed || err.Fault != deploy.FaultHost || !strings.Contains(err.Hint, "the disk is full") || err.At != s.At || err.Host != host || err.Step != "Charge" {
		t.Errorf("%+v", err)
	}
	if len(err.Tail) != tailLines || err.Tail[0] != "line 12" || err.Tail[tailLines-1] != "no space left on device" {
		t.Errorf("%q", err.Tail)
	}
	if len(m.said) != 32 || m.said[0] != "the step, this, t0ken none" {
		t.Errorf("%d lines: %q", len(m.said), m.said)
	}
}
