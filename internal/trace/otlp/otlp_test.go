package otlp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/secret"
	"github.com/slipway/slipway/internal/trace"
)

// collector is a strict receiver: it takes what the specification says, and nothing else.
type collector struct {
	*httptest.Server
	mu       sync.Mutex
	spans    map[string]received
	requests int
	wrong    []string
}

type received struct {
	TraceID, SpanID, ParentSpanID, Name string
	Kind                                int
	StartTimeUnixNano, EndTimeUnixNano  string
	Attributes                          []struct {
		Key   string
		Value map[string]any
	}
	Links  []struct{ TraceID, SpanID string }
	Status struct {
		Code    int
		Message string
	}
}

var (
	traceID = regexp.MustCompile(`^[0-9a-f]{32}$`)
	spanID  = regexp.MustCompile(`^[0-9a-f]{16}$`)
	moment  = regexp.MustCompile(`^[1-9][0-9]{18}$`)
)

func newCollector(t *testing.T, answer func(request int) int) *collector {
	t.Helper()
	c := &collector{spans: map[string]received{}}
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.requests++
		if status := answer(c.requests); status != http.StatusOK {
			w.WriteHeader(status)
			return
		}
		c.take(r)
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"partialSuccess":{}}`))
	}))
	t.Cleanup(c.Close)
	return c
}

func always(int) int { return http.StatusOK }

func (c *collector) complain(format string, args ...any) {
	c.wrong = append(c.wrong, fmt.Sprintf(format, args...))
}

func (c *collector) take(r *http.Request) {
	if r.Method != http.MethodPost || r.URL.Path != "/base/v1/traces" || r.Header.Get("Content-Type") != "application/json" || r.Header.Get("api-key") != "correct-horse" {
		c.complain("%s %s %s", r.Method, r.URL.Path, r.Header)
	}
	var body struct {
		ResourceSpans []struct {
			Resource   struct{ Attributes []any }
			ScopeSpans []struct {
				Scope struct{ Name, Version string }
				Spans []received
			}
		}
	}
	decoder := json.NewDecoder(r.Body)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&body); err != nil {
		c.complain("%v", err)
	}
	for _, rs := range body.ResourceSpans {
		for _, ss := range rs.ScopeSpans {
			for _, s := range ss.Spans {
				c.judge(s)
				if _, twice := c.spans[s.SpanID]; twice {
					c.complain("%s came twice: %s", s.SpanID, s.Name)
				}
				c.spans[s.SpanID] = s
			}
		}
	}
}

func (c *collector) judge(s received) {
	switch {
	case !traceID.MatchString(s.TraceID), !spanID.MatchString(s.SpanID), s.ParentSpanID != "" && !spanID.MatchString(s.ParentSpanID):
		c.complain("IDs of %+v", s)
	case !moment.MatchString(s.StartTimeUnixNano) || !moment.MatchString(s.EndTimeUnixNano) || s.StartTimeUnixNano > s.EndTimeUnixNano:
		c.complain("times of %+v", s)
	case s.Kind < 1 || s.Kind > 5 || s.Status.Code < 0 || s.Status.Code > 2 || s.Name == "" || len([]rune(s.Name)) > 500:
		c.complain("%+v", s)
	}
	keys := map[string]bool{}
	for _, a := range s.Attributes {
		if len(a.Value) != 1 || keys[a.Key] {
			c.complain("attribute %+v of %s", a, s.Name)
		}
		keys[a.Key] = true
		for kind, v := range a.Value {
			text, isText := v.(string)
			_, err := strconv.ParseInt(text, 10, 64)
			if kind != "stringValue" && kind != "intValue" || !isText || kind == "intValue" && err != nil {
				c.complain("attribute %+v of %s", a, s.Name)
			}
		}
	}
}

// tree are the spans with their parents' names before them.
func (c *collector) tree(t *testing.T) map[string]received {
	t.Helper()
	named := map[string]received{}
	for _, s := range c.spans {
		name := s.Name
		for up := s; up.ParentSpanID != ""; {
			parent, there := c.spans[up.ParentSpanID]
			if !there {
				t.Errorf("the parent of %s is not there", up.Name)
				break
			}
			name, up = parent.Name+"/"+name, parent
		}
		if other, twice := named[name]; twice && other.SpanID != s.SpanID {
			name += " again"
		}
		named[name] = s
	}
	return named
}

var began = time.Unix(1795000000, 0)

// sample is a deployment in two batches, which failed on the second host and was brought back.
func sample() deploy.Result {
	at := func(phase deploy.Phase, host, step string, part deploy.Part, second int) deploy.Span {
		return deploy.Span{Phase: phase, Host: host, Step: step, Part: part, Start: began.Add(time.Duration(second) * time.Second), Duration: time.Second, Outcome: deploy.Succeeded}
	}
	failed := at(deploy.Activate, "web2", "verify Health", deploy.PartVerify, 6)
	failed.Outcome, failed.Status, failed.Err = deploy.Failed, "30s", &deploy.Error{Host: "web2", Cause: errors.New("answered c0rrect-h0rse")}
	kept := at(deploy.Prepare, "web1", "Build", "", 1)
	kept.Kept, kept.Duration = 1, 0
	never := deploy.Span{Phase: deploy.Prepare, Host: "lb1", Step: "Build", Outcome: deploy.NotRun}
	return deploy.Result{
		Header: deploy.Header{
			Version: "1.2.3", Command: "deploy", App: "shop", Environment: "production", Deployment: "412-deploy-abc", Attempt: 2, Actor: "anna",
			Revision: "1a2b3c4d5e6f", RunURL: "https://ci.example.com/412", RunID: "412",
		},
		Outcome: deploy.OutcomeUnwound, ExitCode: deploy.ExitUnwound, Failed: deploy.Activate, Step: "verify Health", Start: began, Duration: 10 * time.Second,
		Phases: []deploy.PhaseResult{
			{Phase: deploy.Preflight, Start: began, Duration: time.Second, OK: true},
			{Phase: deploy.Prepare, Start: began.Add(time.Second), Duration: time.Second, OK: true},
			{Phase: deploy.Activate, Start: began.Add(4 * time.Second), Duration: 3 * time.Second},
			{Phase: deploy.Unwind, Start: began.Add(8 * time.Second), Duration: time.Second, OK: true},
		},
		Steps: []deploy.StepDone{
			{Phase: deploy.Preflight, Spans: []deploy.Span{at(deploy.Preflight, "web1", "", "", 0), at(deploy.Preflight, "web2", "", "", 0)}},
			{Phase: deploy.Prepare, Step: "Build", Spans: []deploy.Span{kept, at(deploy.Prepare, "web2", "Build", "", 1), never}},
			{Phase: deploy.OnFailure, Step: "Thaw", Spans: []deploy.Span{at(deploy.OnFailure, "web1", "Thaw", "", 9)}},
		},
		Parts: []deploy.HostDone{
			{Phase: deploy.Activate, Host: "web1", Batch: 1, Spans: []deploy.Span{at(deploy.Activate, "web1", "switch", deploy.PartSwitch, 4), at(deploy.Activate, "web1", "verify Health", deploy.PartVerify, 5)}},
			{Phase: deploy.Activate, Host: "web2", Batch: 2, Spans: []deploy.Span{failed}},
			{Phase: deploy.Unwind, Host: "web1", Spans: []deploy.Span{at(deploy.Unwind, "web1", "switch", deploy.PartSwitch, 8)}},
			{Phase: deploy.Unwind, Host: "web2"},
		},
	}
}

func (c *collector) receiver() Receiver {
	hidden := secret.New("c0rrect-h0rse")
	return Receiver{URL: c.URL + "/base/v1/traces", Headers: map[string]secret.Secret{"api-key": secret.New("correct-horse")}, Redactor: secret.NewRedactor(hidden)}
}

// A deployment is one trace: the whole, its phases, batches, hosts and what was done on each; what was never begun is not in it.
func TestADeploymentIsOneTrace(t *testing.T) {
	t.Parallel()
	c := newCollector(t, always)
	if err := c.receiver().Send(t.Context(), sample()); err != nil {
		t.Fatal(err)
	}
	tree := c.tree(t)
	const root = "deploy production"
	want := []string{
		"", "/preflight", "/preflight/connect", "/preflight/connect again", "/prepare", "/prepare/Build", "/prepare/Build again", "/Thaw", "/activate",
		"/activate/batch 1", "/activate/batch 1/web1", "/activate/batch 1/web1/switch", "/activate/batch 1/web1/verify Health",
		"/activate/batch 2", "/activate/batch 2/web2", "/activate/batch 2/web2/verify Health", "/unwind", "/unwind/web1", "/unwind/web1/switch",
	}
	for _, name := range want {
		if _, there := tree[root+name]; !there {
			t.Errorf("%q is missing", root+name)
		}
	}
	if len(tree) != len(want) || len(c.wrong) > 0 {
		t.Errorf("%d spans, wanted %d; wrong: %q", len(tree), len(want), c.wrong)
	}
	first := trace.Trace{Deployment: "412-deploy-abc", Attempt: 1}
	whole := tree[root]
	if len(whole.Links) != 1 || whole.Links[0].SpanID != first.Root() || whole.TraceID != first.ID() || whole.Status.Code != 2 {
		t.Errorf("the root of a second attempt is %+v", whole)
	}
	if check := tree[root+"/activate/batch 2/web2/verify Health"]; check.Status.Code != 2 || check.Status.Message != "answered ***" {
		t.Errorf("a check that failed: %+v", check.Status)
	}
	// A step was told the span that it has.
	this := trace.Of(sample().Header)
	if _, there := c.spans[this.Step(deploy.Prepare, "web2", "Build")]; !there {
		t.Error("a step has another span than it was told")
	}
	if _, there := c.spans[this.Part(deploy.Activate, "web1", deploy.PartVerify, "")]; !there {
		t.Error("a check has another span than it was told")
	}
}

// A large trace goes in several requests, its parents first, and has a bound.
func TestALargeTrace(t *testing.T) {
	t.Parallel()
	c := newCollector(t, always)
	res := sample()
	for i := range 4000 {
		span := res.Steps[1].Spans[1]
		span.Host = fmt.Sprintf("web%d", i+10)
		if i == 0 {
			span.Note = deploy.NoteOf(strings.Repeat("漢", 5000))
		}
		res.Steps = append(res.Steps, deploy.StepDone{Phase: deploy.Prepare, Step: "Build", Spans: []deploy.Span{span, span, span}})
	}
	to := c.receiver()
	to.limit = time.Minute // the collector of this test is slow where the machine is
	if err := to.Send(t.Context(), res); err != nil {
		t.Fatal(err)
	}
	if len(c.spans) != mostSpans || c.requests != mostSpans/spansAtOnce || len(c.wrong) > 0 {
		t.Errorf("%d spans in %d requests; wrong: %.500q", len(c.spans), c.requests, c.wrong)
	}
	whole := c.spans[trace.Of(res.Header).Root()]
	if last := whole.Attributes[len(whole.Attributes)-1]; last.Key != "slipway.spans_left_out" {
		t.Errorf("the root says %+v, and not what is left out", last)
	}
	for _, s := range c.spans {
		if _, there := c.spans[s.ParentSpanID]; !there && s.ParentSpanID != "" {
			t.Fatalf("the parent of %s is not there", s.Name)
		}
	}
}

// A receiver that is busy is asked again, one that refuses is not, and one that never answers holds nobody up.
func TestFailures(t *testing.T) {
	t.Parallel()
	busy := newCollector(t, func(n int) int { return []int{503, 502, 200}[n-1] })
	if err := busy.receiver().Send(t.Context(), sample()); err != nil || busy.requests != 3 {
		t.Errorf("busy: %d requests, %v", busy.requests, err)
	}
	refuses := newCollector(t, func(int) int { return http.StatusUnauthorized })
	err := refuses.receiver().Send(t.Context(), sample())
	if want := strings.TrimPrefix(refuses.URL, "http://") + ": the answer was 401 Unauthorized"; err == nil || err.Error() != want || refuses.requests != 1 {
		t.Errorf("refused: %d requests, %v", refuses.requests, err)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	closed := newCollector(t, always)
	closed.Close()
	if err := closed.receiver().Send(gone, sample()); err == nil {
		t.Error("nobody was there, and nothing is said")
	}
}
