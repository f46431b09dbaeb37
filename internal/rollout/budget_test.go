package rollout

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/slipway/slipway/internal/deploy"
)

func failed(host, cause string) *deploy.Error {
	return &deploy.Error{Host: host, Cause: errors.New(cause)}
}

func TestFailureBudgetOfOne(t *testing.T) {
	t.Parallel()
	b := newFailureBudget(1, func(host string) bool { return host != "primary" })
	if b.covers("primary", failed("primary", "down")) {
		t.Error("it covers the primary")
	}
	if len(b.missing()) != 0 {
		t.Errorf("missing %v", b.missing())
	}
	if !b.covers("web2", failed("web2", "down")) || b.covers("web3", failed("web3", "down")) {
		t.Error("it covers one host")
	}
	if !b.covers("web2", failed("web2", "still down")) {
		t.Error("a host counts twice")
	}
	if got := b.failure("web2").Cause.Error(); got != "down" {
		t.Errorf("web2 failed with %q: wanted its first failure", got)
	}
	left := b.uncovered(deploy.Errors{failed("web4", "down"), failed("web2", "down"), failed("web5", "down")})
	if left.Error() != "web4: down\nweb5: down" {
		t.Errorf("uncovered: %v", left)
	}
	if !slices.Equal(b.missing(), []string{"web2"}) {
		t.Errorf("missing %v", b.missing())
	}
}

func TestNoFailureBudget(t *testing.T) {
	t.Parallel()
	b := newFailureBudget(0, func(string) bool { return true })
	if b.covers("web1", failed("web1", "down")) {
		t.Error("a budget of none covers a failure")
	}
}

// Once a failure is not covered, or the run is cancelled, no other host of the batch is switched.
func TestBatchAbort(t *testing.T) {
	t.Parallel()
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	for name, test := range map[string]struct {
		ctx     context.Context //nolint:containedctx // a case of the table
		size    int
		err     *deploy.Error
		aborted bool
	}{
		"success":           {t.Context(), 0, nil, false},
		"failure":           {t.Context(), 0, failed("web1", "down"), true},
		"covered":           {t.Context(), 1, failed("web1", "down"), false},
		"cancelled":         {cancelled, 1, failed("web1", "down"), true},
		"cancelled success": {cancelled, 1, nil, false},
	} {
		b := &batchAbort{budget: newFailureBudget(test.size, func(string) bool { return true })}
		if b.judge(test.ctx, "web1", test.err); b.aborted() != test.aborted {
			t.Errorf("%s: aborted %v", name, b.aborted())
		}
	}
}
