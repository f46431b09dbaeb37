// Slipway launches what CI built: one tarball becomes the running release on every host.
package main

import (
	"context"
	"os"

	"github.com/slipway/slipway/internal/app"
)

func main() {
	ctx, stop := app.UntilSignal(context.Background())
	code := app.Main(ctx, app.FromOS())
	stop()
	os.Exit(code)
}
