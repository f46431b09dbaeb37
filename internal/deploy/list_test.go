package deploy_test

import (
	"testing"

	"github.com/slipway/slipway/internal/deploy"
)

func TestList(t *testing.T) {
	t.Parallel()
	for want, names := range map[string][]string{
		"":                nil,
		"a":               {"a"},
		"a, b":            {"a", "b"},
		"a, b and 1 more": {"a", "b", "c"},
	} {
		if got := deploy.List(names, ", ", 2); got != want {
			t.Errorf("%q, wanted %q", got, want)
		}
	}
}
