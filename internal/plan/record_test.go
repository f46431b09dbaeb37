package plan_test

import (
	"testing"

	"github.com/slipway/slipway/internal/plan"
)

// A plan that cannot be read is the zero record: of which nothing is adopted, and nothing is brought back.
func FuzzRead(f *testing.F) {
	f.Add([]byte(`{"format":1,"deployment":"412-deploy-abc","release":"20261121-073000-1a2b3c4-9f3c51","hosts":["web1"],"steps":[{"phase":"prepare","name":"Build","hosts":["web1"],"fingerprints":{"web1":"f"}}]}`))
	f.Add([]byte(`{"format":"x","release":"../.."}`))
	f.Add([]byte("{"))
	f.Fuzz(func(t *testing.T, text []byte) {
		record := plan.Read(text)
		if record.Release != "" && !record.Release.Valid() {
			t.Errorf("%q names the release %q", text, record.Release)
		}
	})
}
