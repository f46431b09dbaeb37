package survey_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/needtest"
	"github.com/slipway/slipway/internal/release"
	"github.com/slipway/slipway/internal/release/releasetest"
	"github.com/slipway/slipway/internal/release/survey"
)

// Whatever dead runs left counts as room that can be had: each kind of it.
func TestMeasureFindsWhatDeadRunsLeft(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		if tools, _, _ := strings.Cut(host.Path, ":"); host.Name == "dash" { // a host need not have it
			if err := os.Symlink(needtest.Program(t, "du"), filepath.Join(tools, "du")); err != nil {
				t.Fatal(err)
			}
		}
		var before int64
		for _, left := range []string{"releases/.pruned-a/f", "releases/.incoming-a/f", ".slipway/releases/a/incoming-b/f", ".slipway/pulled/0a"} {
			path := filepath.Join(host.Site.Root, left)
			if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, make([]byte, 64<<10), 0o600)); err != nil {
				t.Fatal(err)
			}
			var facts deploy.Facts
			if err := release.Run(t.Context(), host, survey.Measure(host.Site, &facts)); err != nil {
				t.Fatal(err)
			}
			if facts.Left.Bytes < before+64<<10 {
				t.Errorf("%d bytes are left with %s, %d without", facts.Left.Bytes, left, before)
			}
			before = facts.Left.Bytes
		}
	})
}
