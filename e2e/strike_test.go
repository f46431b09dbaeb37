//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"testing"
	"time"
)

// strike does something to a running deployment, and says what.
type strike func(ctx context.Context, t *testing.T, site *Site, use *Use) string

// killed ends the container as a runner that dies does.
func killed(ctx context.Context, t *testing.T, _ *Site, use *Use) string {
	t.Helper()
	run(ctx, t, "docker", "kill", use.Container)
	return "killed"
}

// cancelTime is how long the runner waits for a cancelled step before it kills it, less half a second.
const cancelTime = 7 * time.Second

// interrupted cancels the job, and waits for the end.
func interrupted(ctx context.Context, t *testing.T, _ *Site, use *Use) string {
	t.Helper()
	began := time.Now()
	if err := use.Interrupt(); err != nil {
		t.Fatal(err)
	}
	use.log.untilEnd(ctx)
	took := time.Since(began)
	if took > cancelTime {
		t.Errorf("it ended %.1f s after it was cancelled, want %s at most", took.Seconds(), cancelTime)
	}
	return fmt.Sprintf("ended %.1f s after SIGINT", took.Seconds())
}

// sessionsEnded ends every connection to the web hosts. New ones are accepted.
func sessionsEnded(ctx context.Context, t *testing.T, site *Site, _ *Use) string {
	t.Helper()
	const script = `grep -al '^sshd: deploy' /proc/[0-9]*/cmdline | cut -d / -f 3 | xargs kill -9; true`
	for _, host := range []string{"web1", "web2"} {
		run(ctx, t, "docker", "exec", site.Fleet.container(host), "sh", "-c", script)
	}
	return "connections of web1 and web2 ended"
}

// networkCut takes the action off the network for a while.
func networkCut(ctx context.Context, t *testing.T, site *Site, use *Use) string {
	t.Helper()
	run(ctx, t, "docker", "network", "disconnect", site.Fleet.Network, use.Container)
	select {
	case <-time.After(2 * time.Second):
	case <-ctx.Done():
	}
	run(ctx, t, "docker", "network", "connect", site.Fleet.Network, use.Container)
	return "network cut for 2 s"
}

// restarted has a host lose its power and boot again.
func restarted(host string) strike {
	return func(ctx context.Context, t *testing.T, site *Site, _ *Use) string {
		t.Helper()
		run(ctx, t, "docker", "restart", "--time", "0", site.Fleet.container(host))
		site.Fleet.watch(ctx, t, host)
		return host + " restarted"
	}
}
