package hold_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/release/hold"
)

// Whatever is in the file, there is a hold; what Set wrote is read as it was.
func FuzzParse(f *testing.F) {
	f.Add(`{"reason":"release freeze","actor":"anna","at":"2026-11-21T07:30:00Z"}`, "why")
	f.Add("by hand\n", "")
	f.Add("{}", "\x00")
	f.Fuzz(func(t *testing.T, text, reason string) {
		if hold.Parse(text) == nil {
			t.Errorf("%q is no hold", text)
		}
		want := deploy.Hold{Reason: reason, Actor: text, At: time.Unix(1763710200, 0).UTC()}
		written, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		var plain deploy.Hold // as JSON has it: what is no UTF-8 is replaced
		if err := json.Unmarshal(written, &plain); err != nil {
			t.Fatal(err)
		}
		if got := hold.Parse(string(written)); reason != "" && *got != plain {
			t.Errorf("%+v became %+v", plain, got)
		}
	})
}
