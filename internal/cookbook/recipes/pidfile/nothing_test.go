//go:build cookbook

package pidfile_test

import (
	"testing"

	"github.com/slipway/slipway/internal/cookbook/shelltest"
)

func TestStartsNothing(t *testing.T) {
	t.Parallel()
	shelltest.Each(t, func(t *testing.T, shell []string) {
		newProgram(t, shell).restart(t, "start", "true", "log", "").Expect(t, "one that starts nothing", true, "`start` started nothing")
	})
}
