package app

import (
	"context"
	"fmt"
	"runtime/debug"
	"strings"
)

type versionCmd struct{}

// Run prints the version.
func (versionCmd) Run(_ context.Context, a *app) error {
	_, err := fmt.Fprintf(a.env.Stdout, "slipway %s\n", version())
	return err
}

// buildVersion is set by the release build (-ldflags "-X github.com/slipway/slipway/internal/app.buildVersion=1.0.0").
var buildVersion string

// version is what was released, else what the Go toolchain knows of the build, else "dev".
func version() string {
	if buildVersion != "" {
		return buildVersion
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return strings.TrimPrefix(info.Main.Version, "v")
	}
	return "dev"
}
