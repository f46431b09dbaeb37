//go:build e2e

package e2e

import (
	"context"
	"maps"
	"os"
	"slices"
	"testing"
)

// cookbookSystems are the systems of examples/ that are run with the software that they name, by the names that SLIPWAY_E2E_COOKBOOK takes.
var cookbookSystems = map[string]func(context.Context, *testing.T){
	"django-supervised": testSupervised,
	"from-capistrano":   fromCapistrano.test,
	"from-deployer":     fromDeployer.test,
	"old-server":        testOldServer,
	"preset":            testPreset,
	"one-host":          testOneHost,
	"twenty-apps":       testTwentyApps,
}

// everyRun are those of them that each run of the end-to-end tests has; `make e2e-cookbook` has all.
var everyRun = []string{"one-host"}

// testCookbook deploys them.
func testCookbook(ctx context.Context, t *testing.T) {
	chosen := everyRun
	switch only := os.Getenv("SLIPWAY_E2E_COOKBOOK"); {
	case only == "all":
		chosen = slices.Sorted(maps.Keys(cookbookSystems))
	case only != "":
		chosen = []string{only}
	}
	for _, name := range chosen {
		test, known := cookbookSystems[name]
		if !known {
			t.Errorf("there is no system %q; there are %q", name, slices.Sorted(maps.Keys(cookbookSystems)))
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(ctx, t)
		})
	}
}
