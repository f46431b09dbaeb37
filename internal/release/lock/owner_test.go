package lock

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/deploy"
)

// Who owns a lock is told in words whatever its record says: of one line, and never empty.
func FuzzWho(f *testing.F) {
	f.Add(`{"deployment":"412-deploy-abc","attempt":2,"command":"deploy","actor":"anna","run_url":"https://ci/412","since":"2026-11-21T07:30:00Z"}`)
	f.Add("{}")
	f.Add(`{"since":"9999-12-31T23:59:59Z","attempt":-1}`)
	f.Fuzz(func(t *testing.T, text string) {
		var owner deploy.LockOwner
		if json.Unmarshal([]byte(text), &owner) != nil {
			return
		}
		who := Who(owner, time.Unix(1763710200, 0))
		if strings.TrimSpace(who) == "" {
			t.Errorf("%q is %q", text, who)
		}
	})
}
