package content_test

import (
	"testing"

	"github.com/slipway/slipway/internal/artifact/content"
)

// Connections and a patch have the runner's memory together.
func TestPatchable(t *testing.T) {
	t.Parallel()
	for connections, want := range map[int][2]int64{0: {64, 64}, 50: {64, 64}, 100: {50, 60}, 200: {5, 10}, 1000: {0, 0}} {
		if got := content.Patchable(connections) >> 20; got < want[0] || got > want[1] {
			t.Errorf("%d connections leave %d MiB, wanted %v", connections, got, want)
		}
	}
}
