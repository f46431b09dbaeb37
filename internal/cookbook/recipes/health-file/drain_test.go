package healthfile_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/slipway/slipway/internal/cookbook/recipetest"
	"github.com/slipway/slipway/internal/cookbook/shelltest"
	"github.com/slipway/slipway/internal/needtest"
)

func TestMain(m *testing.M) { needtest.RunWaiting(m) }

// TestDrainHealthFile: the health check fails while the file is away, and the drain waits for connections.
func TestDrainHealthFile(t *testing.T) {
	t.Parallel()
	shelltest.Each(t, func(t *testing.T, shell []string) {
		dir := t.TempDir()
		file := filepath.Join(dir, "ready")
		health := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			if _, err := os.Stat(file); err != nil {
				w.WriteHeader(http.StatusServiceUnavailable)
			}
		}))
		t.Cleanup(health.Close)
		app := recipetest.NewBackend(t, "one")
		_, port := app.Address()
		with := map[string]string{"url": health.URL, "port": port, "interval": "0"}
		do := func(script string, wait int) shelltest.Outcome {
			return shelltest.Run(t, shell, dir, script, append(recipetest.Target("web1", app, wait), "SLIPWAY_SHARED_PATH="+dir)...)
		}
		drain, undrain := recipetest.Rendered(t, "health-file/drain", with), recipetest.Undoing(t, "health-file/drain", with)

		do(undrain, 5).Expect(t, "undrain what is not drained", false, "")
		do(drain, 20).Expect(t, "drain", false, "slipway-note: no connections left\n")
		if _, err := os.Stat(file); err == nil {
			t.Error("the file is there after the drain")
		}
		do(drain, 20).Expect(t, "drain again", false, "")
		do(undrain, 5).Expect(t, "undrain", false, "")
		client := app.Client()
		begun := make(chan error, 1)
		go func() {
			answer, err := client.Get(app.URL + "/slow/one")
			if err == nil {
				answer.Body.Close()
			}
			begun <- err
		}()
		<-app.Began
		do(drain, 1).Expect(t, "a short wait", false, "slipway-note: after 1s 1 connection(s) are left")
		app.End <- struct{}{}
		if err := <-begun; err != nil {
			t.Error(err)
		}
		health.Close()
		do(undrain, 1).Expect(t, "nobody answers", true, "does not answer with a success")
	})
}
