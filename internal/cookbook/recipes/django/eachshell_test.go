//go:build cookbook

package django_test

import (
	"testing"

	"github.com/slipway/slipway/internal/cookbook/shelltest"
)

func TestDjangoEachShell(t *testing.T) {
	t.Parallel()
	shelltest.Each(t, func(t *testing.T, shell []string) { testDjango(t, func() []string { return shell }) })
}
