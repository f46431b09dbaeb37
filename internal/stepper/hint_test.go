package stepper

import (
	"context"
	"strings"
	"testing"

	"github.com/slipway/slipway/internal/deploy"
)

// What a person is told of a step that ran when its deployment was over.
func TestHintOver(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		cause error
		step  deploy.Step
		want  string
	}{
		{context.Canceled, deploy.Step{}, ""},
		{deploy.ErrTimeout, deploy.Step{}, "it was ended"},
		{deploy.ErrTimeout, deploy.Step{FinishFirst: true}, "it is left to finish"},
	} {
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(test.cause)
		if got := hintOver(ctx, test.step); !strings.Contains(got, test.want) || (got == "") != (test.want == "") {
			t.Errorf("%v: %q", test.cause, got)
		}
	}
}
