package healthcheck_test

import (
	"context"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/healthcheck"
)

func soak(long time.Duration) healthcheck.Soak {
	return healthcheck.Soak{Until: time.Now().Add(long), How: func() (string, []string) { return "was up after 1s and down again after 3s", []string{"1s", "3s"} }}
}

func TestSoak(t *testing.T) {
	t.Parallel()
	address, asked := site(t, status(200))
	steady := check(deploy.Check{HTTP: &deploy.HTTPCheck{URL: address}})
	if err := newHost().Soak(t.Context(), []healthcheck.Check{steady}, soak(100*time.Millisecond)); err != nil {
		t.Error(err)
	}
	if asked.Load() < 1 {
		t.Error("not asked")
	}
	for name, test := range map[string]struct {
		answer      func(http.ResponseWriter)
		cause, hint string
	}{
		"dies":  {dies, "was up after 1s and down again after 3s, no answer: ", "it came up and died"},
		"fails": {status(502), "was up after 1s and down again after 3s, last answer 502", ""},
	} {
		falls, _ := site(t, status(200), test.answer)
		checks := []healthcheck.Check{steady, check(deploy.Check{HTTP: &deploy.HTTPCheck{URL: falls}})}
		err := newHost().Soak(t.Context(), checks, soak(time.Minute))
		if err == nil {
			t.Fatal(name, "passed")
		}
		want(t, err, test.cause, test.hint)
		if text := err.Alike(err.Error()); strings.Contains(text, "3s") {
			t.Errorf("what differs by chance is not marked: %q", text)
		}
	}
}

// Each check is asked once more when the time is over, whatever its interval; scripts too, though seldom.
func TestSoakAsksAtTheEnd(t *testing.T) {
	t.Parallel()
	h := newHost()
	var ran atomic.Int32
	h.Run = func(context.Context, deploy.Step) deploy.Span {
		ran.Add(1)
		return deploy.Span{Outcome: deploy.Succeeded}
	}
	script := check(deploy.Check{Run: &deploy.Step{Run: "ping"}})
	if err := h.Soak(t.Context(), []healthcheck.Check{script}, soak(100*time.Millisecond)); err != nil {
		t.Error(err)
	}
	if ran.Load() != 1 {
		t.Errorf("ran %d times", ran.Load())
	}
	address, asked := site(t, status(200))
	seldom := check(deploy.Check{HTTP: &deploy.HTTPCheck{URL: address}})
	long := soak(100 * time.Millisecond)
	long.Interval = time.Hour
	if err := newHost().Soak(t.Context(), []healthcheck.Check{seldom}, long); err != nil {
		t.Error(err)
	}
	if asked.Load() != 1 {
		t.Errorf("asked %d times", asked.Load())
	}
}

// A link that drops is no site that went down.
func TestSoakOverADroppedLink(t *testing.T) {
	t.Parallel()
	address, asked := site(t, dies, status(200))
	h := newHost()
	h.Reach = func(context.Context) (bool, error) { return true, nil }
	if err := h.Soak(t.Context(), []healthcheck.Check{check(deploy.Check{HTTP: &deploy.HTTPCheck{URL: address}})}, soak(100*time.Millisecond)); err != nil {
		t.Error(err)
	}
	if asked.Load() < 2 {
		t.Errorf("asked %d times", asked.Load())
	}
}
