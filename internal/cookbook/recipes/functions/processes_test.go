package functions_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/slipway/slipway/internal/cookbook/shelltest"
	"github.com/slipway/slipway/internal/needtest"
)

func TestMain(m *testing.M) { needtest.RunWaiting(m) }

// TestEnding: of what a program printed the end is shown, with a bound in lines and in bytes, and no line but the only one is torn.
func TestEnding(t *testing.T) {
	t.Parallel()
	functions, err := os.ReadFile("processes.sh")
	if err != nil {
		t.Fatal(err)
	}
	lines := func(from, to int) string {
		var b strings.Builder
		for n := from; n <= to; n++ {
			fmt.Fprintf(&b, "line %d\n", n)
		}
		return b.String()
	}
	long := strings.Repeat("x", 20000)
	shelltest.Each(t, func(t *testing.T, shell []string) {
		dir := t.TempDir()
		for name, test := range map[string]struct{ text, want string }{
			"nothing":            {"", ""},
			"a few":              {lines(1, 3), lines(1, 3)},
			"no end":             {lines(1, 3) + "last", lines(1, 3) + "last\n"},
			"many":               {lines(1, 1000), lines(941, 1000)},
			"a torn one":         {"secret " + long + "\nlast\n", "last\n"},
			"the only one":       {"secret" + long + " why\n", "why\n"},
			"none but one word":  {long + "\n", long[:16383] + "\n"},
			"sixty after a long": {long + "\n" + lines(1, 60), lines(1, 60)},
		} {
			shelltest.Write(t, dir, map[string]string{"log": test.text})
			if got := shelltest.Run(t, shell, dir, string(functions)+"\nending <log"); got.Exit != 0 || got.Out != test.want {
				t.Errorf("%s: exit %d, %q", name, got.Exit, got.Out)
			}
		}
	})
}
