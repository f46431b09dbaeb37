//go:build cookbook

package healthfile_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/slipway/slipway/internal/cookbook/recipetest"
	"github.com/slipway/slipway/internal/cookbook/shelltest"
)

// TestStubborn: a check that does not ask for the file would go on sending requests.
func TestStubborn(t *testing.T) {
	t.Parallel()
	shelltest.Each(t, func(t *testing.T, shell []string) {
		dir := t.TempDir()
		health := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
		defer health.Close()
		drain := recipetest.Rendered(t, "health-file/drain", map[string]string{"url": health.URL, "interval": "0"})
		shelltest.Run(t, shell, dir, drain, "SLIPWAY_SHARED_PATH="+dir).Expect(t, "drain", true, "still answers although "+dir+"/ready is gone")
	})
}
