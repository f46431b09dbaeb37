//go:build e2e

package e2e

import (
	"context"
	"testing"
	"time"
)

// testOneHost deploys to one host that has no balancer: the load goes to gunicorn itself, which hands its socket on.
func testOneHost(ctx context.Context, t *testing.T, numbers *numbers) {
	b := newBalanced(ctx, t, "one-host")
	b.boot(ctx, t, "web1", debianImage, "--ip", b.address("web1"))
	b.awaitHosts(ctx, t, "web1")
	site := newSite(ctx, t, b.Fleet, nil, "../../examples/django-fleet", "fleet", "one-host")
	site.dotenv = fleetDotenv
	if first := site.next(ctx, t).Use(ctx, t, "one-host-first"); first.Exit != 0 {
		t.Fatalf("the first deployment ends %d:\n%s", first.Exit, first.Raw)
	}
	action := site.next(ctx, t)
	under := startLoad(ctx, "http://"+b.address("web1")+":8001", true)
	under.settle(ctx)
	began := time.Now()
	outcome := action.Use(ctx, t, "one-host")
	took := time.Since(began)
	under.settle(ctx)
	numbers.add(t, "one-host", under.stop(t, site.Version-1, site.Version), took, outcome.Exit)
	if outcome.Exit != 0 {
		t.Errorf("it ends %d", outcome.Exit)
	}
	if got := b.served(ctx, "web1"); got != "2" {
		t.Errorf("it serves %q afterwards, want 2", got)
	}
	if t.Failed() {
		t.Logf("its log:\n%s", outcome.Raw)
	}
}
