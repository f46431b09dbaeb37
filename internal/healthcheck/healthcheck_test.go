package healthcheck_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/healthcheck"
	"github.com/slipway/slipway/internal/sshtest/loopback"
	"github.com/slipway/slipway/internal/transport"
)

const (
	current  = deploy.ReleaseID("20261121-073000-1a2b3c4-9f3c51")
	previous = deploy.ReleaseID("20261119-101500-77aa001-02be44")
)

var healthy = func(context.Context) (bool, error) { return false, nil }

// newHost is a host whose programs are in this process.
func newHost() *healthcheck.Host {
	return &healthcheck.Host{
		Name: "web1", Phase: deploy.Activate, Release: current, Others: []deploy.ReleaseID{previous, current},
		Dial: (&net.Dialer{}).DialContext, Reach: healthy,
	}
}

// check is asked often, and not for long.
func check(c deploy.Check) healthcheck.Check {
	c.Name, c.Interval, c.Successes = "Health", 10*time.Millisecond, max(1, c.Successes)
	if c.Within == 0 {
		c.Within = 100 * time.Millisecond
	}
	return healthcheck.Check{Check: c, Number: 1}
}

// site answers its requests one after another with these; the last one stays. "" closes the connection.
func site(t *testing.T, answers ...func(http.ResponseWriter)) (address string, asked *atomic.Int64) {
	t.Helper()
	asked = &atomic.Int64{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		answers[min(int(asked.Add(1)), len(answers))-1](w)
	}))
	t.Cleanup(server.Close)
	return server.URL, asked
}

func status(code int) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) { w.WriteHeader(code) }
}

func serves(id deploy.ReleaseID) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		w.Header().Set("X-Release", string(id))
		_, _ = fmt.Fprintf(w, "shop %s\n", id)
	}
}

func dies(http.ResponseWriter) { panic(http.ErrAbortHandler) }

// want fails unless an error's cause and hint have these texts.
func want(t *testing.T, err *deploy.Error, cause, hint string) {
	t.Helper()
	if err == nil {
		t.Fatalf("it passed; wanted %q", cause)
	}
	if !strings.Contains(err.Cause.Error(), cause) || !strings.Contains(err.Hint, hint) || hint == "" && err.Hint != "" {
		t.Errorf("got    %q, hint %q\nwanted %q, hint %q", err.Cause, err.Hint, cause, hint)
	}
}

func TestSuccessesInARow(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		answers []func(http.ResponseWriter)
		asked   int64
	}{
		"at once":         {[]func(http.ResponseWriter){status(200)}, 3},
		"after a failure": {[]func(http.ResponseWriter){status(200), status(200), status(500), status(200)}, 6},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address, asked := site(t, test.answers...)
			c := check(deploy.Check{HTTP: &deploy.HTTPCheck{URL: address}, Successes: 3, Within: time.Minute})
			if err := newHost().Pass(t.Context(), c); err != nil {
				t.Error(err)
			}
			if asked.Load() != test.asked {
				t.Errorf("asked %d times, wanted %d", asked.Load(), test.asked)
			}
		})
	}
}

func TestNotOftenEnough(t *testing.T) {
	t.Parallel()
	address, _ := site(t, status(200))
	c := check(deploy.Check{HTTP: &deploy.HTTPCheck{URL: address}, Successes: 1000})
	want(t, newHost().Pass(t.Context(), c), "not 1000 successes in a row", "")
}

func TestWrongAnswers(t *testing.T) {
	t.Parallel()
	release := []string{"X-Release: " + string(current)}
	redirect := func(w http.ResponseWriter) {
		w.Header().Set("Location", "https://example.com/")
		w.WriteHeader(http.StatusMovedPermanently)
	}
	for name, test := range map[string]struct {
		answer      func(http.ResponseWriter)
		check       deploy.HTTPCheck
		change      func(*healthcheck.Host)
		cause, hint string
		fault       deploy.Fault
	}{
		"status":       {status(500), deploy.HTTPCheck{}, nil, "last answer 500, wanted 200 to 299", "", deploy.FaultContent},
		"old header":   {serves(previous), deploy.HTTPCheck{Header: release}, nil, "old release still answers: got X-Release: " + string(previous), "old workers", ""},
		"old body":     {serves(previous), deploy.HTTPCheck{Body: "shop " + string(current)}, nil, "old release still answers", "old workers", ""},
		"old revision": {serves("77aa001"), deploy.HTTPCheck{Body: "shop 1a2b3c4"}, nil, "old release still answers", "old workers", ""},
		"on the way back": {
			serves(previous),
			deploy.HTTPCheck{Header: release},
			func(h *healthcheck.Host) { h.Back = true },
			"another release still answers", "old workers", "",
		},
		"a release that nobody knows": {
			serves(previous),
			deploy.HTTPCheck{Header: release},
			func(h *healthcheck.Host) { h.Others = nil },
			"last answer X-Release: " + string(previous), "", deploy.FaultContent,
		},
		"no header": {status(200), deploy.HTTPCheck{Header: release}, nil, "last answer 200 without X-Release", "does not say yet which release it is", deploy.FaultContent},
		"host name": {status(400), deploy.HTTPCheck{}, nil, "last answer 400", "ALLOWED_HOSTS", deploy.FaultContent},
		"host name given": {
			status(400), deploy.HTTPCheck{Headers: map[string]string{"Host": "example.com"}}, nil, "last answer 400", "", deploy.FaultContent,
		},
		"redirect":       {redirect, deploy.HTTPCheck{}, nil, "last answer 301", "redirects are not followed", deploy.FaultContent},
		"other redirect": {redirect, deploy.HTTPCheck{Status: []int{302}}, nil, "last answer 301", "", deploy.FaultContent},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address, asked := site(t, test.answer)
			test.check.URL = address + "/?token=s3cr3t"
			h := newHost()
			if test.change != nil {
				test.change(h)
			}
			err := h.Pass(t.Context(), check(deploy.Check{HTTP: &test.check}))
			want(t, err, test.cause, test.hint)
			if err.Fault != test.fault {
				t.Errorf("fault %q, wanted %q", err.Fault, test.fault)
			}
			if len(err.Tail) != 1 || !strings.HasPrefix(err.Tail[0], "GET "+address+"/ ") {
				t.Errorf("tail %q", err.Tail)
			}
			if int64(err.Times) != asked.Load() || err.Times < 1 {
				t.Errorf("failed %d times, asked %d times", err.Times, asked.Load())
			}
			if err.Host != "web1" || err.Step != "verify Health" || err.Check != "Health" {
				t.Errorf("%+v", err)
			}
		})
	}
}

// Two hosts on which nothing answers say so in the same words, whatever their ports.
func TestNobodyListens(t *testing.T) {
	t.Parallel()
	var texts []string
	for range 2 {
		c := check(deploy.Check{HTTP: &deploy.HTTPCheck{URL: "http://" + loopback.Free(t).String()}})
		err := newHost().Pass(t.Context(), c)
		want(t, err, "0s, no answer: ", "did the program start")
		texts = append(texts, err.Alike(err.Error()))
	}
	if texts[0] != texts[1] {
		t.Errorf("%q\n%q", texts[0], texts[1])
	}
	c := check(deploy.Check{Runner: true, TCP: loopback.Free(t).String()})
	want(t, newHost().Pass(t.Context(), c), "no answer: ", "from where Slipway runs")
}

func TestPortThatClosesAtOnce(t *testing.T) {
	t.Parallel()
	closes := loopback.Serve(t, func(conn net.Conn) { _ = conn.Close() }).String()
	want(t, newHost().Pass(t.Context(), check(deploy.Check{TCP: closes})), "closes them at once", "did the program start")
}

// What the host's sshd forbids does not change by asking again.
func TestForwardingRefused(t *testing.T) {
	t.Parallel()
	h := newHost()
	asked := 0
	h.Dial = func(context.Context, string, string) (net.Conn, error) {
		asked++
		return nil, transport.ErrForwardingRefused
	}
	want(t, h.Pass(t.Context(), check(deploy.Check{TCP: "127.0.0.1:1", Within: time.Minute})), transport.ErrForwardingRefused.Error(), "AllowTcpForwarding")
	if asked != 1 {
		t.Errorf("asked %d times", asked)
	}
}

func TestScript(t *testing.T) {
	t.Parallel()
	h := newHost()
	var ran []deploy.Step
	h.Run = func(_ context.Context, s deploy.Step) deploy.Span {
		if ran = append(ran, s); len(ran) == 2 {
			return deploy.Span{Outcome: deploy.Succeeded}
		}
		failure := &deploy.Error{Host: "web1", Step: s.Name, Cause: errors.New("exit 3"), Hint: "see there", Tail: []string{"down"}, Fault: deploy.FaultHost}
		return deploy.Span{Outcome: deploy.Failed, Err: failure}
	}
	c := healthcheck.All([]deploy.Check{{}, {Name: "Ping", Run: &deploy.Step{Run: "ping"}, Within: time.Minute, Successes: 1}})[1]
	if err := h.Pass(t.Context(), c); err != nil {
		t.Error(err)
	}
	s := ran[0]
	if s.Name != "verify web1 Ping" || s.Phase != deploy.Activate || s.Number != 2 || s.Run != "ping" || s.Timeout < 50*time.Second {
		t.Errorf("%+v", s)
	}
	c.Within = time.Millisecond
	err := h.Pass(t.Context(), c)
	want(t, err, "0s, exit 3", "see there")
	if !slices.Equal(err.Tail, []string{"down"}) || err.Times != 0 || err.Fault != deploy.FaultHost {
		t.Errorf("%+v", err)
	}
	if got := ran[len(ran)-1].Timeout; got != 10*time.Second {
		t.Errorf("a script with no time left may take %s", got)
	}
}

// Time in which the link was down does not count, and is no failure of the site.
func TestLinkDown(t *testing.T) {
	t.Parallel()
	address, asked := site(t, dies, status(200))
	h := newHost()
	h.Reach = func(context.Context) (bool, error) { return asked.Load() == 1, nil }
	c := check(deploy.Check{HTTP: &deploy.HTTPCheck{URL: address}, Within: time.Nanosecond})
	if err := h.Pass(t.Context(), c); err != nil {
		t.Error(err)
	}
	h.Reach = func(context.Context) (bool, error) { return false, errors.New("cannot reach web1") }
	gone, _ := site(t, dies)
	c.HTTP = &deploy.HTTPCheck{URL: gone}
	want(t, h.Pass(t.Context(), c), "cannot reach web1", "did the program start")
	h.Reach = func(context.Context) (bool, error) {
		t.Error("a wrong answer came over a link that works")
		return false, nil
	}
	wrong, _ := site(t, status(500))
	c.HTTP = &deploy.HTTPCheck{URL: wrong}
	want(t, h.Pass(t.Context(), c), "last answer 500", "")
}

func TestCancelled(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancelCause(t.Context())
	cause := errors.New("a person cancelled")
	address, _ := site(t, func(w http.ResponseWriter) {
		cancel(cause)
		w.WriteHeader(http.StatusInternalServerError)
	})
	err := newHost().Pass(ctx, check(deploy.Check{HTTP: &deploy.HTTPCheck{URL: address}, Within: time.Minute}))
	if err == nil || !errors.Is(err, cause) {
		t.Error(err)
	}
}
