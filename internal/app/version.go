package app

import "runtime/debug"

// buildVersion is set by the release build (-ldflags "-X slipway/internal/app.buildVersion=1.0.0").
var buildVersion string

// version is what was released, else what the Go toolchain knows of the build, else "dev".
func version() string {
	if buildVersion != "" {
		return buildVersion
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "dev"
}
