package healthcheck

import (
	"strings"
	"testing"

	"github.com/slipway/slipway/internal/secret"
)

// An answer is shown in part: wherever the cut falls, no part of a secret is.
func TestEveryCutOfAnAnswer(t *testing.T) {
	t.Parallel()
	const value = "t0p-secret-token-of-30-letters"
	h := &Host{Redactor: secret.NewRedactor(secret.New(value))}
	for before := range shownBody + 2 {
		got := beginning(h, strings.Repeat(".", before)+value+strings.Repeat(".", 300))
		if strings.Contains(got, "t0p") || len(got) > shownBody || before < shownBody-2 && !strings.Contains(got, secret.Redacted) {
			t.Errorf("%d bytes before it: %q", before, got)
		}
	}
	if got := beginning(&Host{}, "plain"); got != "plain" {
		t.Errorf("without secrets: %q", got)
	}
}
