//go:build cookbook

package maintenance_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"testing"

	"github.com/slipway/slipway/internal/cookbook/recipetest"
	"github.com/slipway/slipway/internal/cookbook/shelltest"
)

// TestStubborn: a site that does not look for the file is not closed by it, which is said, and the file is gone again.
func TestStubborn(t *testing.T) {
	t.Parallel()
	shelltest.Each(t, func(t *testing.T, shell []string) {
		shared := t.TempDir()
		site := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
		defer site.Close()
		on := recipetest.Rendered(t, "maintenance/on", map[string]string{"url": site.URL})
		shelltest.Run(t, shell, shared, on, "SLIPWAY_SHARED_PATH="+shared).Expect(t, "on", true, "answers as ever although "+shared+"/maintenance.html is there")
		if left, err := os.ReadDir(shared); err != nil || len(left) != 0 {
			t.Errorf("it leaves %v, %v", left, err)
		}
	})
}
