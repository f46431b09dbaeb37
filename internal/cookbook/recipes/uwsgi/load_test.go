//go:build long

package uwsgi_test

import (
	"testing"

	"github.com/slipway/slipway/internal/cookbook/recipetest"
	"github.com/slipway/slipway/internal/cookbook/shelltest"
)

// TestUWSGIUnderLoad reloads a uWSGI three times, while requests come all the time: none fails.
func TestUWSGIUnderLoad(t *testing.T) {
	t.Parallel()
	u := newUWSGI(t)
	l := recipetest.NewLoad(u.client, 2)
	for i, release := range []string{"release-b", "release-a", "release-b"} {
		u.reloadTo(t, shelltest.Shells[i%len(shelltest.Shells)], release, func() { l.More(t, 30) })
	}
	l.End(t)
}
