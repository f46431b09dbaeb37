package rollout

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/plan"
	"github.com/slipway/slipway/internal/toggle"
	"github.com/slipway/slipway/internal/transport"
)

// What a person is told to do follows whose fault it was.
func TestNext(t *testing.T) {
	t.Parallel()
	host, content, unknown := &deploy.Error{Fault: deploy.FaultHost}, &deploy.Error{Fault: deploy.FaultContent}, &deploy.Error{}
	for _, test := range []struct {
		name   string
		errs   deploy.Errors
		others bool
		want   deploy.Next
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

// What is to be done about hosts that are stuck: one that was only lost is the next deployment's to bring back.
func TestStuck(t *testing.T) {
	t.Parallel()
	r := toWeb1()
	lost := &deploy.Error{Host: "web2", Cause: transport.ErrUnreachable}
	failed := &deploy.Error{Host: "web1", Cause: errors.New("exit 1")}
	for _, test := range []struct {
		errs deploy.Errors
		want string
	}{
		{deploy.Errors{lost}, "once web2 can be reached again, deploy again"},
		{deploy.Errors{lost, failed}, "bring web1 back by hand"},
	} {
		if got := r.stuck(test.errs).String(); !strings.HasPrefix(got, test.want) {
			t.Errorf("%v: %q", test.errs, got)
		}
	}
}

func toWeb1() *run {
	return &run{schedule: &plan.Schedule{Plan: &plan.Plan{Targets: []deploy.Host{
		{Name: "web1", Address: deploy.Address{User: "deploy", Host: "10.0.0.1", Port: 22}},
	}}}}
}

func TestByHand(t *testing.T) {
	t.Parallel()
	r := toWeb1()
	for name, want := range map[string]string{
		"web1":           "bring web1 back by hand, see its error; then deploy again. To get there: `ssh deploy@10.0.0.1`",
		deploy.FleetName: "bring fleet back by hand, see its error; then deploy again",
	} {
		if got := r.byHand(name).String(); got != want {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// Where a host may have written down what is to be undone before its link was lost, nobody is told to undo it by hand.
func TestNextOfAnUndoThatAHostMayKeep(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		causes []error
		want   deploy.Next
	}{
		"refused":          {[]error{errors.New("no space")}, nextNotKept},
		"lost":             {[]error{fmt.Errorf("x: %w", transport.ErrLost)}, nextMaybeKept},
		"too late":         {[]error{context.DeadlineExceeded}, nextMaybeKept},
		"refused and lost": {[]error{errors.New("no space"), transport.ErrLost}, nextMaybeKept},
	} {
		var left deploy.Errors
		for _, cause := range c.causes {
			left = append(left, &deploy.Error{Host: "web1", Phase: deploy.Undo, Cause: fmt.Errorf("%w: %w", toggle.ErrNotKept, cause)})
		}
		if s := leftDone(&stop{}, left); s.next.Text != c.want.Text || s.exit != deploy.ExitPerson {
			t.Errorf("%s: %q", name, s.next.Text)
		}
	}
}
