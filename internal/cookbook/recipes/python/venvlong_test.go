//go:build long

package python_test

import (
	"testing"

	"slipway/internal/cookbook/shelltest"
)

func TestVenvEachShell(t *testing.T) {
	t.Parallel()
	python := copyingPython(t)
	shelltest.Each(t, func(t *testing.T, shell []string) { testVenv(t, func() []string { return shell }, python) })
}
