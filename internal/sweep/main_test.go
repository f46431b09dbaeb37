//go:build linux

package sweep

import (
	"context"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	"testing"

	"github.com/slipway/slipway/internal/app"
)

// asRunner makes the test binary the program itself: the runner of a trial is this process, started again.
const asRunner = "SLIPWAY_SWEEP_RUNNER"

func TestMain(m *testing.M) {
	if os.Getenv(asRunner) == "" {
		debug.SetGCPercent(400) // the hosts' processes are to have the machine
		os.Exit(m.Run())
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := app.Main(ctx, app.FromOS())
	stop()
	os.Exit(code)
}
