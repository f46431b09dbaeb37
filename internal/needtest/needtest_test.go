package needtest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/slipway/slipway/internal/needtest"
)

// ended notes how a test would have ended.
type ended struct{ how string }

func (e *ended) Skip(args ...any)  { e.how = "skip: " + fmt.Sprint(args...) }
func (e *ended) Fatal(args ...any) { e.how = "fail: " + fmt.Sprint(args...) }

func TestAMissingProgram(t *testing.T) {
	for set, want := range map[string]string{"": "skip: no-such-program is missing", "1": "fail: no-such-program is missing, and"} {
		t.Setenv(needtest.Variable, set)
		var e ended
		if path := needtest.Program(&e, "no-such-program"); path != "" || !strings.HasPrefix(e.how, want) {
			t.Errorf("with %s=%q: %q, %q", needtest.Variable, set, path, e.how)
		}
	}
}

func TestAProgramThatIsThere(t *testing.T) {
	t.Parallel()
	var e ended
	needtest.Programs(&e, "sh", "cat")
	if path := needtest.Program(&e, "sh"); !strings.HasSuffix(path, "/sh") || e.how != "" {
		t.Errorf("%q, %q", path, e.how)
	}
}
