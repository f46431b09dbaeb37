package rollout_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/needtest"
)

// A site is a process of its own that a restart starts on a host: this test binary, called with these arguments.
const siteCommand = "slipway-test-site"

func TestMain(m *testing.M) {
	if len(os.Args) == 5 && os.Args[1] == siteCommand {
		os.Exit(runSite(os.Args[2], os.Args[3], os.Args[4]))
	}
	needtest.RunWaiting(m)
}

// runSite answers with a release in a header. One that was told to die does so after a few answers.
func runSite(address, release, dies string) int {
	answers := 0
	server := &http.Server{Addr: address, ReadHeaderTimeout: time.Second}
	server.Handler = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if answers++; dies == "dies" && answers > 3 {
			os.Exit(1)
		}
		w.Header().Set("X-Release", release)
		_, _ = fmt.Fprintln(w, "ok")
	})
	if err := server.ListenAndServe(); err != nil {
		_, _ = fmt.Fprintln(os.Stderr, err)
	}
	return 1
}

// supervised is a restart that starts a site as a supervisor would: in the background, and again when it died. A release with
// the file `dies` dies.
func supervised(t *testing.T, address string) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	pid := filepath.Join(t.TempDir(), "pid")
	t.Cleanup(func() { stopSite(t, pid) })
	return fmt.Sprintf(`
if test -e %[1]s; then
  kill -- "-$(cat %[1]s)" || true
fi
lives=lives
test ! -e dies || lives=dies
nohup setsid sh -c 'echo $$ > %[1]s; while :; do %[2]s %[3]s %[4]s "$1" "$2"; sleep 0.2; done' site "$SLIPWAY_RELEASE" "$lives" >/dev/null 2>&1 &
`, pid, self, siteCommand, address)
}
