package sanitize_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway/slipway/internal/report/sanitize"
	"github.com/slipway/slipway/internal/secret"
)

// A secret that could be a word of Slipway's own is left in such words, and taken out of those of others, however deep they stand.
func TestValue(t *testing.T) {
	t.Parallel()
	type host struct {
		Name string
		Why  []string `words:"foreign"`
	}
	value := struct{ Hosts []host }{[]host{{Name: "deploy", Why: []string{"the tunnel said deploy"}}}}

	redactor := secret.NewRedactor(secret.New("deploy"))
	sanitize.Sanitizer{Redactor: redactor}.Value(&value)
	want := struct{ Hosts []host }{[]host{{Name: "deploy", Why: []string{"the tunnel said " + secret.Redacted}}}}
	if diff := cmp.Diff(want, value); diff != "" {
		t.Error(diff)
	}
}
