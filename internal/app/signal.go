package app

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// UntilSignal is a context that ends when somebody interrupts the program, or closes its terminal. A reader of its output that goes
// away ends nothing: `slipway deploy | head` deploys.
func UntilSignal(ctx context.Context) (context.Context, context.CancelFunc) {
	signal.Ignore(syscall.SIGPIPE)
	signals := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) { // nohup has it ignored
		signals = append(signals, syscall.SIGHUP)
	}
	return signal.NotifyContext(ctx, signals...)
}
