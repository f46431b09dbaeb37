package deploy_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/slipway/slipway/internal/deploy"
)

// Two hosts fail alike where their words differ in nothing but an address, a port or a moment of their own.
func TestAlike(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name       string
		one, other deploy.Error
		a, b       string
		alike      bool
	}{
		{
			"address",
			deploy.Error{Own: []string{"deploy@10.0.0.1"}},
			deploy.Error{Own: []string{"deploy@10.0.0.12"}},
			"cannot reach deploy@10.0.0.1: refused", "cannot reach deploy@10.0.0.12: refused", true,
		},
		{
			"port",
			deploy.Error{Own: []string{"127.0.0.1:8001"}},
			deploy.Error{Own: []string{"127.0.0.1:8002"}},
			"GET http://127.0.0.1:8001/ 500", "GET http://127.0.0.1:8002/ 500", true,
		},
		{"words", deploy.Error{Own: []string{"a"}}, deploy.Error{Own: []string{"b"}}, "a: bad", "b: mad", false},
		{"a piece of a word", deploy.Error{Own: []string{"e"}}, deploy.Error{Own: []string{"f"}}, "exit 1", "exit 1", true},
		{"its name", deploy.Error{Host: "web1"}, deploy.Error{Host: "web2"}, "look at web1: it is web1's", "look at web2: it is web2's", true},
		{"another's name", deploy.Error{Host: "web1"}, deploy.Error{Host: "web2"}, "look at web3", "look at web4", false},
		{"a place in memory", deploy.Error{}, deploy.Error{}, "object at 0x7f79f4997fd0: 0x7f", "object at 0x7f705ad59690: 0x7f", true},
		{"a short number", deploy.Error{}, deploy.Error{}, "error 0x7f", "error 0x80", false},
		{"another's own", deploy.Error{}, deploy.Error{Own: []string{"4s"}}, "down after 3s", "down after 4s", false},
	} {
		if got := test.one.Alike(test.a) == test.other.Alike(test.b); got != test.alike {
			t.Errorf("%s: alike %v", test.name, got)
		}
	}
}

func TestFault(t *testing.T) {
	t.Parallel()
	host, content, unknown := &deploy.Error{Fault: deploy.FaultHost}, &deploy.Error{Fault: deploy.FaultContent}, &deploy.Error{}
	for _, test := range []struct {
		errs deploy.Errors
		want deploy.Fault
	}{
		{nil, ""},
		{deploy.Errors{host, host}, deploy.FaultHost},
		{deploy.Errors{content}, deploy.FaultContent},
		{deploy.Errors{content, host}, ""},
		{deploy.Errors{host, unknown}, ""},
	} {
		if got := test.errs.Fault(); got != test.want {
			t.Errorf("%v: %q, want %q", test.errs, got, test.want)
		}
	}
}

// Errors that differ in nothing but their host's own are one group, in the order of the first.
func TestGrouped(t *testing.T) {
	t.Parallel()
	fail := func(host, text string) *deploy.Error { return &deploy.Error{Host: host, Cause: errors.New(text)} }
	list := []*deploy.Error{fail("web1", "web1 is full"), fail("web2", "no route"), fail("web3", "web3 is full")}
	groups := deploy.Grouped(list, func(e *deploy.Error) string { return e.Cause.Error() })
	if len(groups) != 2 || !slices.Equal(groups[0], []*deploy.Error{list[0], list[2]}) || !slices.Equal(groups[1], list[1:2]) {
		t.Errorf("%v", groups)
	}
}
