package rollout_test

import (
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/sshtest"
)

// collect is a step that makes static files once, each time others.
func collect(f *fleet, more string) deploy.Step {
	s := script(deploy.Prepare, "Collect", `mkdir -p static/css; date +%s%N > static/css/main.css; head -c 300000 /dev/urandom > static/big
ln -s css/main.css static/link; echo made >> "$SLIPWAY_SHARED_PATH/run/made"; `+more)
	s.Once, s.Idempotent, s.Produces = true, false, []string{"static"}
	f.cfg.SharedDirs = []string{"run"}
	return s
}

// spans are the hosts' parts in a step of prepare: "web1 succeeded", "web2 succeeded from web1", "... kept 1".
func spans(r deploy.Result, step string) []string {
	var list []string
	for _, done := range r.Steps {
		if done.Step != step {
			continue
		}
		for _, s := range done.Spans {
			text := s.Host + " " + string(s.Outcome)
			if s.From != "" {
				text += " from " + s.From
			}
			if s.Kept > 0 {
				text += " kept"
			}
			list = append(list, text)
		}
	}
	return list
}

func (f *fleet) wantSpans(r deploy.Result, step string, want ...string) {
	f.t.Helper()
	if diff := cmp.Diff(want, spans(r, step)); diff != "" {
		f.t.Error(diff)
	}
}

// wantAlike fails unless every host's release has what the first one's has.
func (f *fleet) wantAlike(names ...string) {
	f.t.Helper()
	for _, name := range names {
		first := ""
		for i, host := range f.cfg.Hosts {
			text := f.read(host.Name, "current/"+name)
			if i == 0 {
				first = text
			}
			if text == "" || text != first {
				f.t.Errorf("%s: %s has %d bytes, the first host's has %d", host.Name, name, len(text), len(first))
			}
		}
	}
}

func (f *fleet) made() string {
	var all []string
	for _, host := range f.cfg.Hosts {
		if text := f.read(host.Name, "shared/run/made"); text != "" {
			all = append(all, host.Name+" "+strings.ReplaceAll(strings.TrimSpace(text), "\n", " "))
		}
	}
	return strings.Join(all, ", ")
}

func TestProducedFilesAreBrought(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 4)
	f.places = 2
	f.cfg.Prepare = number(collect(f, ""), script(deploy.Prepare, "Use", `test -s static/css/main.css; test -s static/link; cp static/big used`))
	result, _ := f.deploy(t.Context(), good)
	wantEnd(t, result, deploy.ExitDone, deploy.OutcomeActivated)
	f.wantAlike("static/css/main.css", "static/link", "static/big", "used")
	if made := f.made(); made != "web1 made" {
		t.Errorf("made on the hosts: %s", made)
	}
	f.wantSpans(result, "Collect", "web1 succeeded", "web2 succeeded from web1", "web3 succeeded from web1", "web4 succeeded from web1")

	// A re-run finds all of it done; a host that comes new gets it.
	f.cfg.Hosts[3].DeployPath += "-new"
	again, _ := f.again(2).deploy(t.Context(), good)
	wantEnd(t, again, deploy.ExitDone, deploy.OutcomeActivated)
	f.wantAlike("static/css/main.css", "static/link", "static/big", "used")
	f.wantSpans(again, "Collect", "web1 succeeded kept", "web2 succeeded from web1 kept", "web3 succeeded from web1 kept", "web4 succeeded from web1")
	if made := f.made(); made != "web1 made" {
		t.Errorf("made on the hosts: %s", made)
	}
}

func TestProducedFilesAreMissing(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 2)
	f.cfg.Prepare = number(collect(f, "rm -r static; mkdir stattic"), script(deploy.Prepare, "Later", "touch later"))
	for attempt := 1; attempt <= 2; attempt++ { // the recorded success must not pass for all of it
		result, _ := f.again(attempt).deploy(t.Context(), good)
		wantEnd(t, result, deploy.ExitFailed, deploy.OutcomeFailed)
		f.wantCurrent("")
		f.wantSpans(result, "Collect", "web1 failed", "web2 skipped from web1")
		if text := result.Errors[0].Error(); len(result.Errors) != 1 || result.Errors[0].Host != "web1" || !strings.Contains(text, "it did not make: static") {
			t.Errorf("errors: %v", result.Errors)
		}
	}
}

// A host that was killed while it took it in gets it the next time, and nobody else does anything.
func TestProducedFilesAreBroughtAgain(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 3)
	f.cfg.Prepare = number(collect(f, ""), script(deploy.Prepare, "Later", "touch later"))
	f.during("web2", "Takes what another host", 1, func(op sshtest.Operation) error { op.Kill(); return nil })
	result, _ := f.deploy(t.Context(), good)
	wantEnd(t, result, deploy.ExitFailed, deploy.OutcomeFailed)
	f.wantSpans(result, "Collect", "web1 succeeded", "web2 failed from web1", "web3 succeeded from web1")
	if later := spans(result, "Later"); later != nil { // web3 may have gone on before web2 failed; the source waits for its receivers
		f.wantSpans(result, "Later", "web1 skipped", "web2 skipped", "web3 succeeded")
	}
	f.before.Store(nil)
	result, _ = f.again(2).deploy(t.Context(), good)
	wantEnd(t, result, deploy.ExitDone, deploy.OutcomeActivated)
	f.wantSpans(result, "Collect", "web1 succeeded kept", "web2 succeeded from web1", "web3 succeeded from web1 kept")
	f.wantAlike("static/css/main.css", "static/link", "static/big")
	if made := f.made(); made != "web1 made" {
		t.Errorf("made on the hosts: %s", made)
	}
}

// during does something, so many times, when a host has just taken a script with certain words.
func (f *fleet) during(host, words string, times int, do func(sshtest.Operation) error) {
	var left atomic.Int64
	left.Store(int64(times))
	before := func(name string, op sshtest.Operation) error {
		if name != host || op.Kind != sshtest.Taken || !strings.Contains(op.Detail, words) || left.Add(-1) < 0 {
			return nil
		}
		return do(op)
	}
	f.before.Store(&before)
}

// A runner without room says so.
func TestProducedFilesWithoutScratch(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 2)
	f.cfg.Prepare = number(collect(f, ""))
	f.scratch = "/dev/full"
	result, _ := f.deploy(t.Context(), good)
	wantEnd(t, result, deploy.ExitFailed, deploy.OutcomeFailed)
	f.wantCurrent("")
	if text := result.Errors[0].Error(); len(result.Errors) != 1 || !strings.Contains(text, "TMPDIR") {
		t.Errorf("errors: %v", result.Errors)
	}
}
