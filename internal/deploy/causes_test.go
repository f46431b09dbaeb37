package deploy

import (
	"errors"
	"fmt"
	"slices"
	"testing"
)

func TestCausesOf(t *testing.T) {
	t.Parallel()
	known, printed := Causes{"a / b", "c"}, "a\r\n\n  b\n"
	for name, test := range map[string]struct {
		cause error
		want  []string
	}{
		"none":                  {nil, nil},
		"one":                   {errors.New("disk full"), []string{"disk full"}},
		"a slash is no line":    {errors.New("GET / / 500"), []string{"GET / / 500"}},
		"several":               {errors.Join(errors.New("a"), errors.New("b")), []string{"a", "b"}},
		"several, within":       {fmt.Errorf("two: %w", errors.Join(errors.New("a"), errors.New("b"))), []string{"two: a", "b"}},
		"lines of another":      {errors.New(printed), []string{"a", "b"}},
		"lines that were found": {known, known},
	} {
		if got := CausesOf(test.cause); !slices.Equal(got, test.want) {
			t.Errorf("%s: %q", name, got)
		}
	}
}
