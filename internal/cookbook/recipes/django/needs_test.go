package django_test

import (
	"os/exec"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/cookbook/recipetest"
	"github.com/slipway/slipway/internal/needtest"
)

// needsDjango skips a test where Debian's Django is missing.
func needsDjango(t *testing.T) {
	t.Helper()
	needtest.Programs(t, recipetest.Python)
	if exec.CommandContext(t.Context(), recipetest.Python, "-c", "import django").Run() != nil {
		needtest.Skip(t, "Django is missing (Debian's python3-django)")
	}
}

// hourAgo is longer ago than any run goes on.
func hourAgo() time.Time { return time.Now().Add(-2 * time.Hour) }
