package rollout_test

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/secret"
)

// service is what steps of the runner call: it answers the nth call by the nth of its answers, and all others by the last.
type service struct {
	*httptest.Server
	mu     sync.Mutex
	bodies []string
}

func serve(t *testing.T, answers ...http.HandlerFunc) *service {
	t.Helper()
	s := &service{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		s.mu.Lock()
		s.bodies = append(s.bodies, string(body))
		n := len(s.bodies)
		s.mu.Unlock()
		answers[min(n, len(answers))-1](w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *service) calls() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.bodies...)
}

func answer(status int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, "because\n")
	}
}

// hangUp takes a call and breaks the connection: nobody knows what came of it.
func hangUp(w http.ResponseWriter, _ *http.Request) {
	if conn, _, err := w.(http.Hijacker).Hijack(); err == nil {
		_ = conn.Close()
	}
}

// purge is a step of finish that calls the service from the runner.
func (s *service) purge() deploy.Step {
	return deploy.Step{
		Name: "Purge CDN", Phase: deploy.Finish, Number: 1, Runner: true, Timeout: 5 * time.Second, Secrets: []string{"TOKEN"}, Uses: "http/call",
		Requests: []deploy.Request{{
			Method: "POST", URL: s.URL + "/purge?token=${TOKEN}", Headers: []string{"Authorization: Bearer ${TOKEN}"},
			JSON: map[string]any{"release": "${SLIPWAY_RELEASE}", "by": "${SUBJECT}"},
		}},
		Vars: map[string]string{"SUBJECT": `Fix "quotes"`},
	}
}

func newCalling(t *testing.T, hosts int) *fleet {
	t.Helper()
	f := newFleet(t, hosts)
	f.cfg.Secrets = map[string]secret.Secret{"TOKEN": secret.New("s3cr3t-t0ken")}
	f.opts.Redactor = secret.NewRedactor(f.cfg.Secrets["TOKEN"])
	return f
}

// tries are the statuses of a step's tries in the journal of a host.
func (f *fleet) statuses(host string) []string {
	f.t.Helper()
	found, err := filepath.Glob(filepath.Join(f.path(host), ".slipway/deployments/*/steps/*-purge-cdn/do-*"))
	if err != nil {
		f.t.Fatal(err)
	}
	list := []string{}
	for _, try := range found {
		status, err := os.ReadFile(filepath.Join(try, "status"))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			f.t.Fatal(err)
		}
		list = append(list, strings.TrimSpace(string(status)))
	}
	return list
}

func (f *fleet) wantStatuses(host string, want ...string) {
	f.t.Helper()
	if got := f.statuses(host); strings.Join(got, ",") != strings.Join(want, ",") || len(got) != len(want) {
		f.t.Errorf("%s has tries that ended %q, wanted %q", host, got, want)
	}
}

// wantNoSecret looks for the secret on all hosts.
func (f *fleet) wantNoSecret() {
	f.t.Helper()
	for _, host := range f.cfg.Hosts {
		err := filepath.WalkDir(host.DeployPath, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || !entry.Type().IsRegular() {
				return err
			}
			if text, err := os.ReadFile(path); err != nil || strings.Contains(string(text), "s3cr3t") {
				f.t.Errorf("%s holds the secret, or cannot be read: %v", path, err)
			}
			return nil
		})
		if err != nil {
			f.t.Error(err)
		}
	}
}

// A step of the runner is sent once for all hosts, and not again by a re-run.
func TestStepFromRunner(t *testing.T) {
	t.Parallel()
	f, s := newCalling(t, 2), serve(t, answer(202))
	f.cfg.Finish = number(s.purge())
	result, log := f.deploy(t.Context(), good)
	wantEnd(t, result, deploy.ExitDone, deploy.OutcomeActivated)
	want := `{"by":"Fix \"quotes\"","release":"` + string(result.Release) + `"}`
	if calls := s.calls(); len(calls) != 1 || calls[0] != want {
		t.Fatalf("calls %q, wanted %s", calls, want)
	}
	done := result.Steps[len(result.Steps)-2]
	if done.Step != "Purge CDN" || len(done.Spans) != 1 || done.Spans[0].Host != "runner" || done.Spans[0].Note.Short != "202" || done.Command != "http/call" {
		t.Errorf("%+v", done)
	}
	if lines := log.outputs("Purge CDN", "runner"); len(lines) != 1 || lines[0] != "POST 127.0.0.1: 202" {
		t.Errorf("it said %q", lines)
	}
	f.wantStatuses("web1", "exit 0")
	f.wantStatuses("web2")
	f.wantNoSecret()

	again, _ := f.again(2).deploy(t.Context(), good)
	wantEnd(t, again, deploy.ExitDone, deploy.OutcomeUnchanged)
	if len(s.calls()) != 1 || len(kept(again, "Purge CDN")) != 1 {
		t.Errorf("calls after a re-run: %q", s.calls())
	}
	// Another deployment is another call, and so is a step that was changed.
	f.cfg.Finish[0].Vars = map[string]string{"SUBJECT": "other"}
	changed, _ := f.again(3).deploy(t.Context(), good)
	wantEnd(t, changed, deploy.ExitDone, deploy.OutcomeActivated)
	second, _ := f.deploy(t.Context(), next)
	wantEnd(t, second, deploy.ExitDone, deploy.OutcomeActivated)
	if len(s.calls()) != 3 {
		t.Errorf("calls: %q", s.calls())
	}
}

// A failure is a warning, unless the step is required; a re-run sends it again.
func TestStepFromRunnerFails(t *testing.T) {
	t.Parallel()
	for name, required := range map[string]bool{"required": true, "as usual": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, s := newCalling(t, 2), serve(t, answer(500), answer(200))
			step := s.purge()
			step.Required = required
			f.cfg.Finish = number(step)
			result, log := f.deploy(t.Context(), good)
			f.wantCurrent(result.Release)
			f.wantStatuses("web1", "exit 1")
			f.wantNoSecret()
			if lines := log.outputs("Purge CDN", "runner"); len(lines) != 2 || lines[1] != "because" {
				t.Errorf("it said %q", lines)
			}
			if required {
				wantEnd(t, result, deploy.ExitFinish, deploy.OutcomeActivated)
				if len(result.Errors) != 1 || result.Step != "Purge CDN" || result.Errors[0].Host != "runner" || len(result.Warnings) > 0 {
					t.Errorf("%v, warnings %q", result.Errors, result.Warnings)
				}
			} else {
				wantEnd(t, result, deploy.ExitDone, deploy.OutcomeActivated)
				if len(result.Failures()) > 0 || len(result.Warnings) != 1 || !strings.Contains(result.Warnings[0], "runner: Purge CDN: the answer was 500 Internal Server Error") {
					t.Errorf("%v, warnings %q", result.Failures(), result.Warnings)
				}
			}
			again, _ := f.again(2).deploy(t.Context(), good)
			wantEnd(t, again, deploy.ExitDone, deploy.OutcomeActivated)
			f.wantStatuses("web1", "exit 1", "exit 0")
			if len(s.calls()) != 2 || len(again.Warnings) > 0 {
				t.Errorf("calls %q, warnings %q", s.calls(), again.Warnings)
			}
		})
	}
}

// What may have arrived is sent again only where it bears that; a person can say what came of it.
func TestStepFromRunnerOfUnknownOutcome(t *testing.T) {
	t.Parallel()
	f, s := newCalling(t, 2), serve(t, hangUp, answer(200))
	f.cfg.Finish = number(s.purge())
	first, _ := f.deploy(t.Context(), good)
	wantEnd(t, first, deploy.ExitDone, deploy.OutcomeActivated)
	if len(first.Warnings) != 1 || !strings.Contains(first.Warnings[0], "it may have arrived") {
		t.Errorf("warnings %q", first.Warnings)
	}
	f.wantStatuses("web1", "")
	again, _ := f.again(2).deploy(t.Context(), good)
	wantEnd(t, again, deploy.ExitDone, deploy.OutcomeActivated)
	if len(s.calls()) != 1 || len(again.Warnings) != 1 || !strings.Contains(again.Warnings[0], `--host web1 --step "Purge CDN"`) {
		t.Errorf("calls %q, warnings %q", s.calls(), again.Warnings)
	}
	f.cfg.Finish[0].Required = true
	required, _ := f.again(3).deploy(t.Context(), good)
	wantEnd(t, required, deploy.ExitFinish, deploy.OutcomeActivated)
	f.cfg.Finish[0].Idempotent = true
	bears, _ := f.again(4).deploy(t.Context(), good)
	wantEnd(t, bears, deploy.ExitDone, deploy.OutcomeActivated)
	if len(s.calls()) != 2 {
		t.Errorf("calls %q", s.calls())
	}
	f.wantStatuses("web1", "", "exit 0")
	last, _ := f.again(5).deploy(t.Context(), good)
	wantEnd(t, last, deploy.ExitDone, deploy.OutcomeUnchanged)
}

// A run that is cancelled while the answer is awaited leaves the outcome unknown, and its re-run does not send it again.
func TestStepFromRunnerIsCancelled(t *testing.T) {
	t.Parallel()
	f := newCalling(t, 1)
	ctx, cancel := context.WithCancel(t.Context())
	s := serve(t, func(_ http.ResponseWriter, r *http.Request) { cancel(); <-r.Context().Done() }, answer(200))
	f.cfg.Finish = number(s.purge())
	first, _ := f.deploy(ctx, good)
	f.wantCurrent(first.Release)
	f.wantStatuses("web1", "")
	again, _ := f.again(2).deploy(t.Context(), good)
	wantEnd(t, again, deploy.ExitDone, deploy.OutcomeActivated)
	if len(s.calls()) != 1 || len(again.Warnings) != 1 {
		t.Errorf("calls %q, warnings %q", s.calls(), again.Warnings)
	}
}

// Where the first host takes no record, the next one does; where none does, nothing is sent.
func TestStepFromRunnerIsRecordedFirst(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		refuse string
		calls  int
	}{"one host": {"web1", 1}, "all hosts": {"web", 0}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, s := newCalling(t, 2), serve(t, answer(200))
			f.cfg.Finish = number(s.purge())
			// A file stands where the folder of the phase's step is to be made.
			f.cfg.Activation[""].Restart[0].Run += `
				case $SLIPWAY_HOST in ` + c.refuse + `*) true >"$SLIPWAY_DEPLOY_PATH/.slipway/deployments/$SLIPWAY_DEPLOYMENT/steps/finish-1-purge-cdn" ;; esac`
			result, _ := f.deploy(t.Context(), good)
			wantEnd(t, result, deploy.ExitDone, deploy.OutcomeActivated)
			if len(s.calls()) != c.calls || len(result.Warnings) != 1-c.calls {
				t.Fatalf("calls %q, warnings %q", s.calls(), result.Warnings)
			}
			if c.calls == 1 {
				f.wantStatuses("web2", "exit 0")
				again, _ := f.again(2).deploy(t.Context(), good)
				wantEnd(t, again, deploy.ExitDone, deploy.OutcomeUnchanged)
			}
		})
	}
}

// Steps of on_failure learn what failed, and are sent in each attempt.
func TestOnFailureFromRunner(t *testing.T) {
	t.Parallel()
	f, s := newCalling(t, 2), serve(t, answer(200))
	f.cfg.Migrate = number(script(deploy.Migrate, "Migrate", "exit 1"))
	step := s.purge()
	step.Phase, step.Always, step.Idempotent = deploy.OnFailure, true, true
	step.Requests[0].JSON = map[string]any{"failed": "${SLIPWAY_FAILED_PHASE}/${SLIPWAY_FAILED_STEP} on ${SLIPWAY_FAILED_HOST}"}
	f.cfg.OnFailure = number(step)
	for attempt := 1; attempt <= 2; attempt++ {
		result, _ := f.again(attempt).deploy(t.Context(), good)
		wantEnd(t, result, deploy.ExitMigrate, deploy.OutcomeFailed)
		if calls := s.calls(); len(calls) != attempt || calls[attempt-1] != `{"failed":"migrate/Migrate on web1 web2"}` {
			t.Errorf("calls %q", calls)
		}
	}
}
