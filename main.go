// Slipway launches what CI built: one tarball becomes the running release on every host.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"slipway/internal/app"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := app.Main(ctx, app.FromOS())
	stop()
	os.Exit(code)
}
