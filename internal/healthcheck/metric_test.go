package healthcheck_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/healthcheck"
	"github.com/slipway/slipway/internal/secret"
	"github.com/slipway/slipway/internal/sshtest/loopback"
)

// value answers as Prometheus does to an instant query.
func value(value string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		_, _ = fmt.Fprintf(w, `{"status":"success","data":{"result":[{"value":[1.5,%s]}]}}`, value)
	}
}

func endless(w http.ResponseWriter) { _, _ = io.WriteString(w, strings.Repeat(" ", 1<<20)+"1") }

func noSeries(w http.ResponseWriter) {
	_, _ = io.WriteString(w, `{"status":"success","data":{"result":[]}}`)
}

// below is a metric that must be below 0.01. It is asked often.
func below(address string, long time.Duration, change ...func(*deploy.Metric)) healthcheck.Check {
	limit := 0.01
	m := &deploy.Metric{Path: "data.result[0].value[1]", Below: &limit, For: long, Every: 10 * time.Millisecond}
	for _, change := range change {
		change(m)
	}
	return check(deploy.Check{Runner: true, HTTP: &deploy.HTTPCheck{URL: address + "/?query=s3cr3t"}, Metric: m})
}

func missingPasses(m *deploy.Metric) { m.MissingPasses = true }

func TestMetric(t *testing.T) {
	t.Parallel()
	address, asked := site(t, value(`"NaN"`), noSeries, value(`"0.5"`), value(`"0.002"`))
	patient := below(address, 0)
	patient.Within = 20 * time.Second
	if err := newHost().Pass(t.Context(), patient); err != nil || asked.Load() != 4 {
		t.Errorf("%v after %d", err, asked.Load())
	}
	for name, test := range map[string]struct {
		answer            func(http.ResponseWriter)
		cause, hint, tail string
		fault             deploy.Fault
	}{
		"too high":  {value(`"0.5"`), "s, value 0.5, wanted below 0.01", "its graph", `/ 200 "{\"status\":\"success\",`, deploy.FaultContent},
		"a text":    {value(`"up"`), "s, value up, wanted below 0.01", "no number", `/ 200 "{`, deploy.FaultContent},
		"no series": {noSeries, "s, no value: `data.result[0].value[1]` is not in the answer", "or vector(0)", `/ 200 "{`, ""},
		"a page":    {serves(current), "s, the answer is no JSON: ", "log in", `/ 200 "shop `, ""},
		"refused":   {status(401), "s, last answer 401, wanted 200 to 299", "which may name a secret", "/ 401", ""},
		"silent":    {dies, "s, no answer: ", "is the address reached", "", ""},
		"long":      {endless, "s, the answer is too long", "ask for one value", "", ""},
	} {
		address, _ := site(t, test.answer)
		err := newHost().Pass(t.Context(), below(address, 0))
		if err == nil {
			t.Errorf("%s: passed", name)
			continue
		}
		want(t, err, test.cause, test.hint)
		if tail := strings.Join(err.Tail, "\n"); !strings.Contains(tail, test.tail) || strings.Contains(tail, "s3cr3t") {
			t.Errorf("%s: tail %q", name, tail)
		}
		if err.Fault != test.fault {
			t.Errorf("%s: fault %q", name, err.Fault)
		}
	}
}

// heard is a host that keeps what is said of it.
func heard() (h *healthcheck.Host, said func() string) {
	h = newHost()
	var mu sync.Mutex
	var lines []string
	keep := func(what string) func(string) {
		return func(line string) {
			mu.Lock()
			defer mu.Unlock()
			lines = append(lines, what+line)
		}
	}
	h.Tell, h.Warn = keep(""), keep("WARNING ")
	return h, func() string {
		mu.Lock()
		defer mu.Unlock()
		return strings.Join(lines, "\n")
	}
}

// With missing: pass, no value passes at once, and that nobody answers once the time is over. A mistake in the question never does.
func TestMissingPasses(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		answer func(http.ResponseWriter)
		passes bool
		warns  string
	}{
		"no series":        {noSeries, true, "WARNING Health: there was no value at any time, and `missing: pass` lets that pass: is `json` the right place of the answer? (`data.result[0].value[1]` is not in the answer)"},
		"NaN":              {value(`"NaN"`), true, "WARNING Health: there was no value at any time"},
		"a value":          {value(`"0"`), true, ""},
		"nobody":           {dies, true, "WARNING Health: nobody answered"},
		"unavailable":      {status(503), true, "WARNING Health: nobody answered"},
		"a wrong query":    {status(400), false, ""},
		"a wrong token":    {status(401), false, ""},
		"a page to log in": {serves(current), false, ""},
		"too high":         {value(`"0.5"`), false, ""},
		"an object":        {value(`{}`), false, ""},
	} {
		address, _ := site(t, test.answer)
		h, said := heard()
		err := h.Pass(t.Context(), below(address, 0, missingPasses))
		if (err == nil) != test.passes || !strings.HasPrefix(said(), test.warns) || test.warns == "" && said() != "" {
			t.Errorf("%s: %v, %q", name, err, said())
		}
	}
}

func TestWatch(t *testing.T) {
	t.Parallel()
	repeat := func(n int, answer func(http.ResponseWriter), then ...func(http.ResponseWriter)) []func(http.ResponseWriter) {
		return append(slices.Repeat([]func(http.ResponseWriter){answer}, n), then...)
	}
	low, high := value(`"0.002"`), value(`"0.5"`)
	for name, test := range map[string]struct {
		answers     []func(http.ResponseWriter)
		change      func(*deploy.Metric)
		long        time.Duration
		cause, hint string // "" where it holds
		ends        string // the value
		said        string // something that was told
	}{
		"holds":                      {repeat(1, low), nil, 100 * time.Millisecond, "", "", "0.002", "Health 0.002, wanted below 0.01"},
		"rises":                      {repeat(3, low, high), nil, time.Minute, "held for 0s, value 0.5, wanted below 0.01", "", "", ""},
		"twice nobody":               {repeat(2, status(503), low), nil, 50 * time.Millisecond, "", "", "0.002", "Health: last answer 503, wanted 200 to 299, 2 of 3 times"},
		"nobody":                     {repeat(1, low, dies), nil, time.Minute, "held for 0s, then not known 3 times, no answer: the connection was closed", "is the address reached", "", "1 of 3 times"},
		"no value":                   {repeat(1, low, noSeries), nil, time.Minute, "held for 0s, then not known 3 times, no value: ", "or vector(0)", "", ""},
		"no value passes":            {repeat(1, low, noSeries), missingPasses, 100 * time.Millisecond, "", "", "", ""},
		"never a value":              {repeat(1, noSeries), missingPasses, 100 * time.Millisecond, "", "", "", "WARNING Health: there was no value at any time"},
		"nobody, which passes":       {repeat(1, low, dies), missingPasses, 100 * time.Millisecond, "", "", "0.002", "WARNING Health: nobody answered"},
		"rises where missing passes": {repeat(5, dies, high), missingPasses, time.Minute, "held for 0s, value 0.5", "", "", ""},
		"a mistake never passes":     {repeat(1, low, status(400)), missingPasses, time.Minute, "held for 0s, then not known 3 times, last answer 400", "the query is refused", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address, _ := site(t, test.answers...)
			change := test.change
			if change == nil {
				change = func(*deploy.Metric) {}
			}
			h, said := heard()
			ended, err := h.Watch(t.Context(), []healthcheck.Check{below(address, test.long, change)})
			switch {
			case test.cause != "":
				if err != nil {
					err.Cause = errors.New(strings.ReplaceAll(err.Cause.Error(), err.Own[len(err.Own)-1], "0s")) // a slow machine
				}
				want(t, err, test.cause, test.hint)
			case err != nil:
				t.Error(err)
			case ended[0] != healthcheck.Watched{Name: "Health", Value: test.ends}:
				t.Errorf("%+v", ended)
			}
			if !strings.Contains(said(), test.said) || test.said == "" && strings.Contains(said(), "WARNING") {
				t.Errorf("said %q", said())
			}
		})
	}
}

// It is asked at the end, and until there is an answer: what nobody knows is not verified.
func TestWatchEndsWithAValue(t *testing.T) {
	t.Parallel()
	address, asked := site(t, append(slices.Repeat([]func(http.ResponseWriter){dies}, 6), value(`"0"`))...) // each try asks three times
	c := below(address, 10*time.Millisecond)
	ended, err := newHost().Watch(t.Context(), []healthcheck.Check{c})
	if err != nil || ended[0].Value != "0" || asked.Load() != 7 {
		t.Errorf("%+v, %v, %d", ended, err, asked.Load())
	}
}

// One that fails ends the others, which are watched at the same time.
func TestWatchSeveral(t *testing.T) {
	t.Parallel()
	low, _ := site(t, value(`"0"`))
	rises, _ := site(t, value(`"0"`), value(`1`))
	other := below(rises, time.Hour)
	other.Name = "Other"
	began := time.Now()
	_, err := newHost().Watch(t.Context(), []healthcheck.Check{below(low, time.Hour), other})
	if err == nil || err.Check != "Other" || time.Since(began) > time.Minute {
		t.Errorf("%v", err)
	}
}

func TestWatchIsCancelled(t *testing.T) {
	t.Parallel()
	address, asked := site(t, value(`"0"`))
	ctx, cancel := context.WithCancelCause(t.Context())
	stop := errors.New("stop")
	go func() {
		for tick := time.NewTicker(time.Millisecond); asked.Load() < 3; {
			<-tick.C
		}
		cancel(stop)
	}()
	if _, err := newHost().Watch(ctx, []healthcheck.Check{below(address, time.Hour)}); err == nil || !errors.Is(err, stop) {
		t.Errorf("%v", err)
	}
}

// Asked through a host, a link that dropped is no missing value.
func TestWatchThroughAHost(t *testing.T) {
	t.Parallel()
	address, _ := site(t, value(`"0"`))
	h := newHost()
	dialled, reached := 0, 0
	h.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		if dialled++; dialled > 1 && dialled < 8 {
			address = loopback.Free(t).String()
		}
		return (&net.Dialer{}).DialContext(ctx, network, address)
	}
	h.Reach = func(context.Context) (bool, error) { reached++; return true, nil }
	c := below(address, 100*time.Millisecond)
	c.Runner = false
	if _, err := h.Watch(t.Context(), []healthcheck.Check{c}); err != nil || reached < 6 {
		t.Errorf("%v, %d", err, reached)
	}
	h.Reach = func(context.Context) (bool, error) { return false, errors.New("it stays away") }
	dialled = 1
	if _, err := h.Watch(t.Context(), []healthcheck.Check{c}); err == nil || !strings.Contains(err.Error(), "it stays away") {
		t.Errorf("%v", err)
	}
}

// A value may hold what nobody may see.
func TestMetricIsRedacted(t *testing.T) {
	t.Parallel()
	address, _ := site(t, value(`"hunter2hunter2"`))
	h, said := heard()
	h.Redactor = secret.NewRedactor(secret.New("hunter2hunter2"))
	err := h.Pass(t.Context(), below(address, 0))
	if err == nil || strings.Contains(err.Error()+strings.Join(err.Tail, ""), "hunter2") {
		t.Errorf("%v %q", err, err.Tail)
	}
	c := below(address, 50*time.Millisecond)
	c.Metric.Below, c.Metric.Equals = nil, "hunter2hunter2"
	if _, err := h.Watch(t.Context(), []healthcheck.Check{c}); err != nil || said() == "" || strings.Contains(said(), "hunter2") {
		t.Errorf("%v, %q", err, said())
	}
}
