package rollout

import (
	"testing"

	"slipway/internal/deploy"
)

// What a person is told to do follows whose fault it was.
func TestNext(t *testing.T) {
	t.Parallel()
	host, content, unknown := &deploy.Error{Fault: deploy.FaultHost}, &deploy.Error{Fault: deploy.FaultContent}, &deploy.Error{}
	for _, test := range []struct {
		name   string
		errs   deploy.Errors
		others bool
		want   string
	}{
		{"a full disk", deploy.Errors{host, host}, false, nextHost},
		{"a wrong answer, others passed", deploy.Errors{content}, true, nextContent},
		{"one of several", deploy.Errors{unknown}, true, nextHost},
		{"all of them", deploy.Errors{unknown, unknown}, false, nextUnknown},
		{"each its own", deploy.Errors{content, host}, true, nextUnknown},
	} {
		if got := next(test.errs, test.others); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}
