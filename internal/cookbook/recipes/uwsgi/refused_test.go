//go:build cookbook

package uwsgi_test

import (
	"testing"

	"github.com/slipway/slipway/internal/cookbook/shelltest"
)

// TestUWSGIRefuses: another file than the one that uWSGI looks at, and workers that stay in the folder of before.
func TestUWSGIRefuses(t *testing.T) {
	t.Parallel()
	u := newUWSGI(t)
	u.reload(t, shelltest.Shells[1], "file", "another", "wait", "1").Expect(t, "another file", true, "is "+u.Dir+"/another what its `touch-reload` names?")
	u.Now = "release-b"
	u.reload(t, shelltest.Shells[0]).Expect(t, "an old folder", true, "the new workers run in "+u.Dir+"/releases/release-a, not in the new release")
}
