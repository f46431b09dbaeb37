//go:build long

package step_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/needtest"
	"github.com/slipway/slipway/internal/release/releasetest"
)

// Where sleep takes no fractions, what ignores TERM gets its ten seconds too, and not ten times as many: the lock would be taken over.
func TestTimeoutWithWholeSeconds(t *testing.T) {
	t.Parallel()
	host := releasetest.NewHost(t, "dash")
	sleep, said := filepath.Join(host.Path, "sleep"), filepath.Join(host.Home, "slept")
	if err := os.Remove(sleep); err != nil {
		t.Fatal(err)
	}
	script := "#!/bin/sh\ncase $1 in *.*) exit 1 ;; esac\necho \"$1\" >>" + said + "\nexec " + needtest.Program(t, "sleep") + " \"$1\"\n"
	if err := os.WriteFile(sleep, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	inst := instance(t, host, "trap '' TERM; while :; do :; done")
	inst.Step.Timeout = time.Second
	if status, _ := run(t, host, inst); !status.TimedOut {
		t.Error(status)
	}
	text, err := os.ReadFile(said)
	if slept := strings.Count(string(text), "\n"); err != nil || slept < 8 || slept > 30 {
		t.Errorf("slept %d times, %v", slept, err)
	}
}
