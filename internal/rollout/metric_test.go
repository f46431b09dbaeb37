package rollout_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/secret"
)

// gauge is a server with one value, which answers as Prometheus does.
type gauge struct {
	*httptest.Server
	asked  atomic.Int64
	risen  atomic.Int64 // from which question on the value is too high; 0 is never
	header atomic.Pointer[string]
}

func newGauge(t *testing.T) *gauge {
	t.Helper()
	g := &gauge{}
	g.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := r.Header.Get("Authorization")
		g.header.Store(&header)
		if query := r.URL.Query().Get("query"); !strings.HasPrefix(query, `up{release="`) || strings.Contains(query, "$") {
			http.Error(w, query, http.StatusBadRequest)
			return
		}
		value, asked := "0.002", g.asked.Add(1)
		if risen := g.risen.Load(); risen > 0 && asked >= risen {
			value = "0.5"
		}
		_, _ = fmt.Fprintf(w, `{"data":{"result":[{"value":[1,%q]}]}}`, value)
	}))
	t.Cleanup(g.Close)
	return g
}

// rise has the value too high after so many more questions.
func (g *gauge) rise(after int64) { g.risen.Store(g.asked.Load() + after + 1) }

// watches makes the gauge the only check of the fleet: below 0.01 for so long.
func (f *fleet) watches(g *gauge, long time.Duration) *deploy.Check {
	limit := 0.01
	f.cfg.Fleet = []deploy.Check{{
		Name: "Errors", Runner: true, Within: time.Minute, Interval: 20 * time.Millisecond, Successes: 1,
		HTTP:   &deploy.HTTPCheck{URL: g.URL + "/?limit=1", Params: map[string]string{"query": "up{release=\"${SLIPWAY_RELEASE}\"}"}},
		Metric: &deploy.Metric{Path: "data.result[0].value[1]", Below: &limit, For: long, Every: 10 * time.Millisecond},
	}}
	return &f.cfg.Fleet[0]
}

// cancelWatch cancels the run once the gauge was asked so often; nothing is mended.
func (f *fleet) cancelWatch(g *gauge, after int64) deploy.Result {
	f.t.Helper()
	f.opts.UnwindOnCancel = false
	defer func() { f.opts.UnwindOnCancel = true }()
	ctx, cancel := context.WithCancel(f.t.Context())
	defer cancel()
	until := g.asked.Load() + after
	go func() {
		for tick := time.NewTicker(time.Millisecond); ctx.Err() == nil && g.asked.Load() < until; {
			<-tick.C
		}
		cancel()
	}()
	dead, _ := f.deploy(ctx, next)
	wantEnd(f.t, dead, deploy.ExitInterrupted, deploy.OutcomeCancelled)
	f.wantCurrent(dead.Release)
	return dead
}

// A release whose errors rise only after it was verified is brought back on every host.
func TestMetricBringsTheFleetBack(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 3)
	g := newGauge(t)
	f.watches(g, 100*time.Millisecond)
	first, log := f.deploy(t.Context(), good)
	wantEnd(t, first, deploy.ExitDone, deploy.OutcomeActivated)
	parts := first.Parts[len(first.Parts)-1]
	if parts.Host != "fleet" || partNames(parts) != "verify Errors watch" || parts.Spans[1].Note.String() != "Errors 0.002" || parts.Spans[1].Duration < 100*time.Millisecond {
		t.Errorf("%+v", parts)
	}
	if told := log.outputs("watch", "fleet"); len(told) != 1 || !strings.HasPrefix(told[0], "Errors 0.002, wanted below 0.01") {
		t.Errorf("told %q", told)
	}

	f.watches(g, time.Hour)
	g.rise(4)
	second, _ := f.deploy(t.Context(), next)
	wantEnd(t, second, deploy.ExitUnwound, deploy.OutcomeUnwound)
	f.wantCurrent(first.Release)
	failure := second.Errors[0]
	if failure.Host != "fleet" || failure.Step != "watch Errors" || !strings.Contains(failure.Cause.Error(), "value 0.5, wanted below 0.01") {
		t.Errorf("%+v", failure)
	}
	if diff := outcomes(second); !slices.Equal(diff, slices.Repeat([]deploy.HostOutcome{deploy.HostUnwound}, 3)) {
		t.Errorf("%v", diff)
	}

	// What the gauge shows now is of the release that failed: a rollback does not ask it.
	asked := g.asked.Load()
	f.cfg.Fleet = nil
	third, _ := f.deploy(t.Context(), next)
	wantEnd(t, third, deploy.ExitDone, deploy.OutcomeActivated)
	f.watches(g, time.Hour)
	back, _ := f.rollback(t.Context(), "previous")
	wantEnd(t, back, deploy.ExitDone, deploy.OutcomeActivated)
	f.wantCurrent(first.Release)
	if g.asked.Load() != asked {
		t.Error("a rollback asked the gauge")
	}
}

// Where the run dies while the fleet is watched, nobody knows whether the release is good: the post step and the next deployment
// bring the hosts back, a re-run watches from the beginning. Once it was watched, it stands.
func TestRunDiesWhileTheFleetIsWatched(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 2)
	g := newGauge(t)
	first, _ := f.deploy(t.Context(), good)
	f.watches(g, time.Hour)

	f.cancelWatch(g, 3)
	post, _ := f.post(t.Context())
	wantEnd(t, post, deploy.ExitDone, deploy.OutcomeReconciled)
	f.wantCurrent(first.Release)

	f.cancelWatch(g, 3)
	f.cfg.Prepare = number(script(deploy.Prepare, "Stop here", "exit 1"))
	stopped, _ := f.deploy(t.Context(), good)
	wantEnd(t, stopped, deploy.ExitFailed, deploy.OutcomeFailed)
	f.wantCurrent(first.Release)
	f.cfg.Prepare = nil

	dead := f.cancelWatch(g, 3)
	const long = 150 * time.Millisecond
	f.watches(g, long)
	again, _ := f.again(2).deploy(t.Context(), next)
	wantEnd(t, again, deploy.ExitDone, deploy.OutcomeUnchanged)
	f.wantCurrent(dead.Release)
	parts := again.Parts[len(again.Parts)-1]
	if len(parts.Spans) != 2 || parts.Spans[1].Duration < long {
		t.Errorf("%+v", parts)
	}
	journal := f.read("web1", filepath.Join(".slipway/deployments", string(again.Deployment), "activation.jsonl"))
	if strings.Count(journal, `"what":"fleet","state":"ok"`) != 1 {
		t.Errorf("the journal says %s", journal)
	}
}

// A run that dies once every host is verified, and before the first word of the watch is written down, leaves nothing that stands.
func TestRunDiesBeforeTheFleetIsWatched(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 2)
	g := newGauge(t)
	first, _ := f.deploy(t.Context(), good)
	f.watches(g, time.Hour)
	f.opts.UnwindOnCancel = false
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	f.heard = func(event deploy.Event) {
		if step, ok := event.(deploy.StepStarted); ok && slices.Contains(step.Hosts, deploy.FleetName) {
			cancel()
		}
	}
	dead, _ := f.deploy(ctx, next)
	f.heard = nil
	f.wantCurrent(dead.Release)
	if journal := f.read("web1", filepath.Join(".slipway/deployments", string(dead.Deployment), "activation.jsonl")); strings.Contains(journal, `"what":"fleet"`) {
		t.Fatalf("the journal says %s", journal)
	}
	f.post(t.Context())
	f.wantCurrent(first.Release)
}

// A run that dies after the watch leaves a release that stands.
func TestRunDiesAfterTheFleetWasWatched(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 2)
	g := newGauge(t)
	f.deploy(t.Context(), good)
	f.watches(g, 50*time.Millisecond)
	f.opts.UnwindOnCancel = false
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	f.heard = func(event deploy.Event) {
		if phase, ok := event.(deploy.PhaseStarted); ok && phase.Phase == deploy.Finish {
			cancel()
		}
	}
	f.cfg.Finish = number(script(deploy.Finish, "Wait", "sleep 60"))
	dead, _ := f.deploy(ctx, next)
	f.heard = nil
	f.post(t.Context())
	f.wantCurrent(dead.Release)
}

// A header gets the value of a secret when it is sent. No host keeps it.
func TestMetricWithASecret(t *testing.T) {
	t.Parallel()
	f := newCalling(t, 1)
	g := newGauge(t)
	f.watches(g, 50*time.Millisecond).HTTP.Sealed = map[string]string{"Authorization": "Bearer ${TOKEN}"}
	result, _ := f.deploy(t.Context(), good)
	wantEnd(t, result, deploy.ExitDone, deploy.OutcomeActivated)
	if sent := *g.header.Load(); sent != "Bearer s3cr3t-t0ken" {
		t.Errorf("sent %q", sent)
	}
	f.wantNoSecret()
	f.cfg.Secrets["TOKEN"] = secret.New("two\nlines")
	broken, _ := f.deploy(t.Context(), next)
	wantEnd(t, broken, deploy.ExitUnwound, deploy.OutcomeUnwound)
	if text := broken.Errors[0].Error(); !strings.Contains(text, "`Authorization` would have a line break") || strings.Contains(text, "two") {
		t.Error(text)
	}
}
